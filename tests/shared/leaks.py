"""Looking for planted words wherever data comes to rest, in whatever clothes they wear."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

from tests.journeys.sc01 import PLANTED
from tests.world import World


def disguises(word: str) -> dict[str, bytes]:
    """The word's bytes in the encodings that software commonly puts text in."""
    plain = word.encode()
    found = {
        "utf-8": plain,
        "utf-16": word.encode("utf-16-le"),
        "utf-16 big-endian": word.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "reversed": plain[::-1],
        "percent": quote(word, safe="").encode(),
        "json": json.dumps(word)[1:-1].encode(),
    }
    for shift in range(3):
        # Of a word in the middle of something, the first and last character may tell of its neighbours as well.
        first, end = -(-shift * 8 // 6), (shift + len(plain)) * 8 // 6
        found[f"base64, {shift}"] = base64.b64encode(bytes(shift) + plain)[first:end]
    return found


def leaks(stored: bytes, words: Iterable[str] = PLANTED) -> list[str]:
    """What of the words is in these bytes, and how it is written."""
    folded = stored.lower()
    return [
        f"{word} ({encoding})"
        for word in words
        for encoding, trace in disguises(word).items()
        if trace in stored or (encoding == "utf-8" and trace.lower() in folded)
    ]


async def stored_values(havn: World, service: str) -> list[tuple[str, bytes]]:
    """Every value of every column of every table of the service, with its place."""
    tables = await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [
        (f"{service}.{table}.{column}", value if isinstance(value, bytes) else str(value).encode())
        for (table,) in tables
        for row in await havn.sql(service, f'SELECT * FROM "{table}"')
        for column, value in row.items()
    ]
