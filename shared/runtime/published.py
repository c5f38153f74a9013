"""The public contract as files: OpenAPI of each service, AsyncAPI of the events, and the page that explains the events.

They are made from the code alone, nothing has to run, and the same code always makes the same bytes: the tests compare."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.contract.events import Event
from shared.runtime.asyncapi import asyncapi, data_schemas, example_of, published_events, summary_of
from shared.runtime.service import Service, published

ORIGIN = "http://127.0.0.1:8000"
"""Where the token issuer is said to be in the files; a running Havn names its own."""


def write_contract(folder: Path, services: Sequence[Service]) -> list[Path]:
    """Write `openapi/<service>.json`, `asyncapi.json` and `events.md` under `folder`; gives the paths."""
    written = []
    for name, text in contract_files(services).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def contract_files(services: Sequence[Service]) -> dict[str, str]:
    """The contract's files by name, below the folder they are written to."""
    files = {f"openapi/{service.name}.json": written(openapi_of(service)) for service in services}
    return files | {"asyncapi.json": written(asyncapi()), "events.md": events_page()}


def written(document: Mapping[str, Any]) -> str:
    """A document as text, the same in `docs/` and where it is served."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def openapi_of(service: Service) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service, without a database or a platform."""
    return published(service, origin=ORIGIN).openapi()


_INTRODUCTION = """\
# Events

Made by `havn contract` from `shared/contract/events/`; do not edit. The same for machines: `asyncapi.json`.

Events are CloudEvents 1.0 in structured mode (`content-type: application/cloudevents+json`), on one Kafka topic per service.
They carry ids, codes, dates and counts, never personal data: whoever may know more fetches it over HTTP, and is audited.
The message key and `subject` are the case (the referral, where there is no case yet). Messages with one key keep their
order, and `sequence` grows by one per subject and source. Each comes at least once; `id` says whether it came before.
`time` is when it became true: the time or day that was said of it (of an earlier day its beginning in Denmark), else when it
was recorded, which is `occurred_at` beside the fields below. Unknown fields are to be ignored: events
change by addition, and anything else is a new version of the type.
"""


def events_page() -> str:
    """docs/events.md: every event with when it is published, its fields, and an example; then the codes."""
    schemas = data_schemas()
    events = published_events()
    topics = [
        _topic(service, [event for event in events if event.service == service], schemas)
        for service in sorted({event.service for event in events})
    ]
    return "\n".join([_INTRODUCTION, *topics, _codes(schemas)])


def _topic(service: str, events: Sequence[type[Event]], schemas: Mapping[str, Any]) -> str:
    lines = [f"## havn.{service}", "", "| event | when | fields |", "|---|---|---|"]
    lines += [f"| `{event.name}` | {summary_of(event)} | {_fields(schemas[event.__name__])} |" for event in events]
    lines += ["", "<details><summary>An example of each</summary>", ""]
    for event in events:
        example = json.dumps(example_of(event, schemas), indent=2, ensure_ascii=False)
        lines += ["```json", example, "```", ""]
    return "\n".join([*lines, "</details>", ""])


def _fields(schema: Mapping[str, Any]) -> str:
    return ", ".join(
        f"`{name}` {_type(field)}" for name, field in schema["properties"].items() if name != "occurred_at"
    )


def _type(schema: Mapping[str, Any]) -> str:
    """A field's type in words."""
    if "anyOf" in schema:
        return " or ".join(_type(alternative) for alternative in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "pattern" in schema:
        examples = schema.get("examples")
        return f"code like `{examples[0]}`" if examples else "code"
    return {"date-time": "time", "null": "null"}.get(
        str(schema.get("format")), str(schema.get("format") or schema.get("type"))
    )


def _codes(schemas: Mapping[str, Any]) -> str:
    rows = [(name, schema["enum"]) for name, schema in schemas.items() if "enum" in schema]
    lines = ["## Codes", "", "| type | values |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {_quoted(values)} |" for name, values in rows), ""])


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
