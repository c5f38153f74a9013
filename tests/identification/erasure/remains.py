"""What is left of somebody: words planted through the API into whatever takes words, and a search of everything that is stored,
as it lies there and as it opens with every key that is still there."""

import base64
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.everything import SERVICES
from shared.data.vault import Vault
from tests.shared.leaks import disguises, stored_values
from tests.world import World


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
            for encoding, trace in disguises(word).items()
            if trace.lower() in whole
        }


async def lying_there(havn: World) -> list[tuple[str, bytes]]:
    """Every value of every column of every table of every service, with its place."""
    return [found for service in SERVICES for found in await stored_values(havn, service.name)]


async def opened(havn: World) -> list[tuple[str, bytes]]:
    """Whatever opens of what lies there, with any key that is there."""
    vault, found = Vault(havn.application.platform.ring), list[tuple[str, bytes]]()
    for service in [each.name for each in SERVICES]:
        keys = await havn.sql(service, "SELECT owner_id, wrapped, wrapped_by FROM data_key")
        secrets = [AESGCM(vault.unwrap(*key).secret) for key in keys]
        async for table, row in _rows(havn, service):
            ids = [each for each in row.values() if isinstance(each, UUID)]
            for column, value in row.items():
                if isinstance(value, bytes) and table not in ("data_key", "idempotency"):
                    place = f"{service}.{table}.{column}"
                    found += [(place, plain) for plain in _opening(value, secrets, table, column, ids)]
    return found


def _opening(value: bytes, secrets: Iterable[AESGCM], table: str, column: str, ids: Iterable[UUID]) -> Iterator[bytes]:
    for secret in secrets:
        for row_id in ids:
            try:
                yield secret.decrypt(value[:12], value[12:], f"{table}|{column}|{row_id}".encode())
            except (InvalidTag, ValueError):
                continue


async def _rows(havn: World, service: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    for (table,) in await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for row in await havn.sql(service, f'SELECT * FROM "{table}"'):
            yield table, dict(row)
