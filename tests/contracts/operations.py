"""Every operation that the four services publish, with its policy and a request that its schema lets through."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.everything import SERVICES
from shared.contract.directory import organisations
from shared.contract.organisations import OrganisationKind, Scope, kind_of
from shared.http.openapi import operations_of
from shared.identity.actor import Assurance, Role

_PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi"
DOCUMENTS: dict[str, Any] = {
    service.name: json.loads((_PUBLISHED / f"{service.name}.json").read_text(encoding="utf-8")) for service in SERVICES
}
"""As they lie in `docs/`: making them takes seconds in each process, and `test_golden` holds them to the code."""
SUPERVISION = next(entry.id for entry in organisations() if kind_of(entry.id) is OrganisationKind.SUPERVISION)
_TEXTS = ("THA", "tha", "cmm", "0751", "x")
_DAYS = dict.fromkeys(("valid_until", "until", "available_until", "to_on", "to"), "2026-12-31")


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation as its OpenAPI document tells of it."""

    service: str
    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        return str(self.described["operationId"])

    @property
    def scope(self) -> Scope:
        return Scope(self.described["x-scope"])

    @property
    def roles(self) -> list[Role]:
        return [Role(role) for role in self.described["x-roles"]]

    @property
    def assurance(self) -> Assurance:
        return Assurance(self.described["x-assurance"])

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the ids in its path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def address(self, ids: Mapping[str, str]) -> str:
        """The path with these ids; others are ids of nothing."""
        return re.sub(r"{(\w+)}", lambda found: ids.get(found[1]) or str(uuid4()), self.path)

    def parameters(self, place: str) -> dict[str, str]:
        """What its required parameters in `query` or `header` need to be let through."""
        return {
            found["name"]: str(self._sample(found["name"], found["schema"]))
            for found in self.described.get("parameters", [])
            if found["in"] == place and found.get("required")
        }

    @property
    def body_schema(self) -> Mapping[str, Any] | None:
        """The schema of its body; None where it takes none."""
        content = self.described.get("requestBody", {}).get("content", {})
        return self._resolved(content["application/json"]["schema"]) if content else None

    @property
    def body(self) -> Any:
        """The smallest body that its schema lets through; None where it takes none."""
        return None if self.body_schema is None else self._sample("body", self.body_schema)

    @property
    def answer_fields(self) -> set[str]:
        """The names of what its 200 carries at the top."""
        content = self.described["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        return set(self._resolved(schema).get("properties", {}))

    def takes(self, parameter: str) -> bool:
        """Whether it says that it takes this query parameter."""
        return any(found["name"] == parameter and found["in"] == "query" for found in self.described["parameters"])

    def declares(self, header: str) -> bool:
        """Whether it says that it takes this header."""
        return any(found["name"] == header for found in self._headers())

    def requires(self, header: str) -> bool:
        """Whether it says that it is refused without this header."""
        return any(found["name"] == header and found.get("required") for found in self._headers())

    def headers_of(self, status: int) -> set[str]:
        """The headers that it says its answers of this status may carry."""
        return set(self.described["responses"][str(status)].get("headers", {}))

    def _headers(self) -> list[Mapping[str, Any]]:
        return [found for found in self.described.get("parameters", []) if found["in"] == "header"]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = DOCUMENTS[self.service]["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _sample(self, name: str, schema: Mapping[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            return self._sample(name, schema["anyOf"][0])
        for known in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
            if known:
                return known[0]
        kind = schema.get("type")
        if kind == "object":
            fields = schema.get("properties", {})
            given = schema.get("required") or list(fields)[: schema.get("minProperties", 0)]
            return {field: self._sample(field, fields[field]) for field in given}
        if kind == "array":
            return [self._sample(name, schema["items"])] * schema.get("minItems", 0)
        if kind == "string":
            return _text(name, schema)
        return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": False}[str(kind)]


def _text(name: str, schema: Mapping[str, Any]) -> str:
    by_format = {
        "uuid": str(uuid4()),
        "date": _DAYS.get(name, "2026-03-09"),
        "date-time": "2026-03-10T12:00:00+01:00" if name == "expires_at" else "2026-03-09T12:00:00+01:00",
        "uri": "https://hooks.example.org/havn",
    }
    if "format" in schema:
        return by_format[schema["format"]]
    if examples := schema.get("examples"):
        return str(examples[0])
    if name == "supervision":
        return SUPERVISION
    return next(text for text in _TEXTS if re.fullmatch(schema.get("pattern", ".*"), text))


OPERATIONS: Sequence[Operation] = [
    Operation(service, method, path, described)
    for service, document in DOCUMENTS.items()
    for path, method, described in operations_of(document)
]
