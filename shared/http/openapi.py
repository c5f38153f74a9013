"""The OpenAPI document of a service: what FastAPI finds out, with our problem documents, and without what is not so."""

import re
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from shared.contract.codes import Purpose
from shared.http.idempotency import LONGEST_KEY
from shared.http.problems import PROBLEM_MEDIA_TYPE
from shared.kernel.strict_json import UNWANTED

REQUIRED = "x-required"
"""Marks a parameter that is missed with an answer of its own (400, 428) and is therefore optional to FastAPI."""

LONGEST_SUMMARY: Final = 119

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_DESCRIPTIONS = {
    400: "The request could not be read.",
    401: "No valid token, or one that is not sure enough.",
    403: "The token lacks a scope or role.",
    404: "Does not exist, or is not yours.",
    409: "The state does not allow it; the answer says what it does allow.",
    412: "Changed since you read it.",
    413: "Larger than 1 MiB.",
    415: "Not JSON in UTF-8.",
    422: "Not as this contract says; `errors` says where.",
    428: "If-Match is missing.",
    429: "Too many requests of your client, or too many different ids that are not yours; Retry-After says when to come back.",
    503: "The database is away; try again.",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in _DESCRIPTIONS.items()
}
"""The ways to fail that all operations have in common, for `FastAPI(responses=...)`."""

_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457. `type` ends in the error's name; further members belong to that error.",
    "required": ["type", "title", "status", "detail", "instance", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"loc": {"type": "array"}, "msg": {"type": "string"}}},
        },
    },
}


_REQUEST_HEADERS: Final = {
    "idempotency-key": "The same key with the same request takes effect once and gets the first answer again.",
    "if-match": "The ETag that you read: the change is refused (412) when somebody has changed it since.",
}
_ETAG: Final = {
    "description": "The version of what was read or changed, for If-Match.",
    "schema": {"type": "string"},
}
_REPLAYED: Final = {
    "description": "`true` where this is the first answer again, given for the same Idempotency-Key.",
    "schema": {"type": "string", "const": "true"},
}
_KEY: Final = {
    "name": "idempotency-key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}


_PURPOSE: Final = {
    "name": "purpose",
    "in": "query",
    "required": False,
    "description": "Why this is asked; every call takes it.",
    "schema": {"$ref": "#/components/schemas/Purpose"},
}
_PURPOSES: Final = {"type": "string", "enum": list(Purpose), "title": "Purpose"}


def summary_of(docstring: str | None) -> str | None:
    """Its first sentence, on one line and without the full stop; a long one as far as its first colon or semicolon."""
    sentence = re.split(r"(?<=\.)\s", " ".join((docstring or "").split()))[0].removesuffix(".")
    if len(sentence) > LONGEST_SUMMARY:
        sentence = re.split(r"[:;]\s", sentence)[0]
    return sentence or None


def subject_of(endpoint: Callable[..., Any]) -> str:
    """The package that an endpoint stands in: `consents` of `services.identification.consents.api`."""
    return endpoint.__module__.rpartition(".")[0].rpartition(".")[2]


def subjects_of(router: APIRouter) -> list[dict[str, str]]:
    """Every package that has endpoints here, in their order, with the first sentence of its docstring: OpenAPI's `tags`."""
    found: dict[str, dict[str, str]] = {}
    for context in iter_route_contexts(router.routes):
        if endpoint := context.endpoint:
            package = sys.modules[endpoint.__module__.rpartition(".")[0]]
            name = subject_of(endpoint)
            found[name] = {"name": name, "description": summary_of(package.__doc__) or ""}
    return list(found.values())


def headers_of(
    status: int, *, shows_version: bool, takes_expected_version: bool, remembers: bool, takes_key: bool
) -> dict[str, Any]:
    """For `openapi_extra`: the headers that FastAPI does not find in an endpoint's signature. Its answer of this status shows
    the version of what it is about, and is remembered under an Idempotency-Key; a refused If-Match (412) shows the version."""
    answers: dict[str, Any] = {}
    if shows_version:
        answers.setdefault(str(status), {"headers": {}})["headers"]["ETag"] = _ETAG
    if remembers:
        answers.setdefault(str(status), {"headers": {}})["headers"]["Idempotency-Replayed"] = _REPLAYED
    if takes_expected_version:
        answers["412"] = {"headers": {"ETag": _ETAG}}
    return ({"responses": answers} if answers else {}) | ({"parameters": [_KEY]} if takes_key else {})


def describe(app: FastAPI, *, origin: str) -> None:
    """Make `app.openapi()` the document that partners may rely on; `origin` is where the token issuer is found."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = made()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
        components["schemas"].setdefault("Purpose", _PURPOSES)
        components["securitySchemes"] = {
            "oidc": {"type": "openIdConnect", "openIdConnectUrl": f"{origin}/oidc/.well-known/openid-configuration"}
        }
        for _, _, operation in operations_of(document):
            if not any(each["name"] == "purpose" for each in operation.setdefault("parameters", [])):
                operation["parameters"].append(deepcopy(_PURPOSE))
            for parameter in operation.get("parameters", []):
                _correct(parameter)
                if parameter["in"] == "header" and parameter["name"] in _REQUEST_HEADERS:
                    parameter["description"] = _REQUEST_HEADERS[parameter["name"]]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                _forbid_control_characters(media["schema"], document, set())
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method in capitals and description of each operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method.upper(), operation


def _correct(parameter: dict[str, Any]) -> None:
    """A parameter is there or it is not: an address or a header holds no null, though Python's default is None."""
    schema = parameter["schema"]
    alternatives = [found for found in schema.get("anyOf", []) if found != {"type": "null"}]
    if len(alternatives) == 1:
        del schema["anyOf"]
        schema |= alternatives[0]
    if schema.pop(REQUIRED, False):
        parameter["required"] = True


def _forbid_control_characters(schema: Any, document: dict[str, Any], seen: set[str]) -> None:
    """Say of every free text of a request what our JSON reader holds it to."""
    if isinstance(schema, list):
        for part in schema:
            _forbid_control_characters(part, document, seen)
    if not isinstance(schema, dict):
        return
    if reference := schema.get("$ref"):
        if reference not in seen:
            seen.add(reference)
            _forbid_control_characters(document["components"]["schemas"][reference.rpartition("/")[2]], document, seen)
        return
    if schema.get("type") == "string" and not schema.keys() & {"pattern", "format", "enum", "const"}:
        schema["pattern"] = f"^[^{UNWANTED}]*$"
    for keyword in ("anyOf", "items"):
        _forbid_control_characters(schema.get(keyword), document, seen)
    _forbid_control_characters(list(schema.get("properties", {}).values()), document, seen)
