"""What is left of somebody: words planted through the API into whatever takes words, and a search of everything that is stored,
as it lies there and as it opens with every key that is still there."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.everything import SERVICES
from shared.data.vault import Vault
from tests.world import World


def encodings(word: str) -> dict[str, bytes]:
    """The word as software writes text: six encodings, of base64 and the escapes the kinds there are."""
    plain = word.encode()
    found = {
        "utf-8": plain,
        "utf-16-le": word.encode("utf-16-le"),
        "utf-16-be": word.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "percent": quote(word, safe="").encode(),
        "json": json.dumps(word)[1:-1].encode(),
    }
    for shift in range(3):
        first, end = -(-shift * 8 // 6), (shift + len(plain)) * 8 // 6
        found[f"base64, {shift}"] = base64.b64encode(bytes(shift) + plain)[first:end]
    return found


class Planted:
    """Words that stand nowhere else, each planted in one place."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def next(self) -> str:
        word = f"Kanarifugl æ{len(self.words):04}%"
        self.words.append(word)
        return word

    def in_place_of_texts(self, value: Any, schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
        """The body, with a word of its own in place of each free text about a person."""
        while "$ref" in schema:
            schema = components[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            kinds = {dict: "object", list: "array", str: "string"}
            fitting = [each for each in schema["anyOf"] if "$ref" in each or each.get("type") == kinds.get(type(value))]
            return self.in_place_of_texts(value, fitting[0], components) if fitting else value
        if isinstance(value, dict):
            fields = schema.get("properties", {})
            return {
                name: self._file()
                if name == "content" and isinstance(inner, str)
                else self.in_place_of_texts(inner, fields.get(name, {}), components)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.in_place_of_texts(inner, schema.get("items", {}), components) for inner in value]
        is_text = schema.get("x-personal") and schema.get("type") == "string" and "format" not in schema
        return self.next() if is_text else value

    def _file(self) -> str:
        return base64.b64encode(f"She wrote: {self.next()}".encode()).decode()

    def found_in(self, stored: Iterable[tuple[str, bytes]]) -> set[tuple[str, str, str]]:
        """Where which of the words stand, and how they are written there."""
        heap = list(stored)
        whole = b"\0".join(value for _, value in heap).lower()
        return {
            (word, encoding, next((place for place, value in heap if trace.lower() in value.lower()), "?"))
            for word in self.words
            for encoding, trace in encodings(word).items()
            if trace.lower() in whole
        }


async def lying_there(havn: World) -> list[tuple[str, bytes]]:
    """Every value of every column of every table of every service, with its place."""
    return [(place, value) async for place, _, value in _values(havn)]


async def opened(havn: World) -> list[tuple[str, bytes]]:
    """Whatever opens of what lies there, with any key that is there."""
    vault, found = Vault(havn.application.platform.ring), list[tuple[str, bytes]]()
    for service in [each.name for each in SERVICES]:
        keys = [
            _Stored(**dict(row))
            for row in await havn.sql(service, "SELECT owner_id, wrapped, wrapped_by FROM data_key")
        ]
        secrets = [AESGCM(vault.unwrap(key).secret) for key in keys]  # type: ignore[arg-type]
        async for place, row, value in _values(havn, service):
            _, table, column = place.split(".")
            ids = [each for each in row.values() if isinstance(each, UUID)]
            if isinstance(row[column], bytes) and table not in ("data_key", "idempotency"):
                found += [(place, plain) for plain in _opening(value, secrets, table, column, ids)]
    return found


class _Stored:
    def __init__(self, owner_id: UUID, wrapped: bytes, wrapped_by: str) -> None:
        self.owner_id, self.wrapped, self.wrapped_by = owner_id, wrapped, wrapped_by


def _opening(value: bytes, secrets: Iterable[AESGCM], table: str, column: str, ids: Iterable[UUID]) -> Iterator[bytes]:
    for secret in secrets:
        for row_id in ids:
            try:
                yield secret.decrypt(value[:12], value[12:], f"{table}|{column}|{row_id}".encode())
            except (InvalidTag, ValueError):
                continue


async def _values(havn: World, *services: str) -> Any:
    for service in services or [each.name for each in SERVICES]:
        for (table,) in await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            for row in await havn.sql(service, f'SELECT * FROM "{table}"'):
                for column, value in row.items():
                    written = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{service}.{table}.{column}", dict(row), written
