"""The AsyncAPI 3.0 document of the events: what crosses the bus, in which envelope, under which key, with an example each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.contract.events import EVENTS, Event, cloud_event
from shared.contract.events.base import MEDIA_TYPE

_SCHEMAS = "#/components/schemas/"
_EXAMPLE_ID = UUID("019cadab-2340-7d3e-9a52-3f6f0f0c8e21")
_EXAMPLE_TIME = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
_EXAMPLES: Mapping[str, Any] = {
    "date": "2026-03-09",
    "date-time": "2026-03-02T08:30:00Z",
    "integer": 1,
    "boolean": False,
}


class ExampleMissing(Exception):
    """A field of an event has no example, and none can be made from its type."""


class _Untitled(GenerateJsonSchema):
    """Fields without titles: "Case Id" says no more than `case_id`."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def asyncapi() -> dict[str, Any]:
    """The document, the same for the same events, in any order of import."""
    events = published_events()
    data = data_schemas()
    services = sorted({event.service for event in events})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Havn events",
            "version": "1",
            "description": "Facts about cases and referrals, without personal data: ids, codes, dates, counts. Who may know "
            "more fetches it over HTTP. Each event comes at least once; `id` says whether it came before. "
            "Events change by addition; anything else is a new version of the type.",
        },
        "defaultContentType": MEDIA_TYPE,
        "channels": {name: _channel(name, events) for name in services},
        "operations": {
            f"{name}.tell": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"The {name} service tells what has become true.",
            }
            for name in services
        },
        "components": {
            "messages": {event.__name__: _message(event, data) for event in events},
            "schemas": data | {f"{event.__name__}Envelope": _envelope(event) for event in events},
        },
    }


def published_events() -> list[type[Event]]:
    """Every event of the contract, by service and in the order of `shared/contract/events/`."""
    # By module: a test may define events of its own, which are nobody's contract.
    ours = [event for event in EVENTS.values() if event.__module__.startswith("shared.contract.events.")]
    return sorted(ours, key=lambda event: event.service)


def data_schemas() -> dict[str, Any]:
    """JSON Schemas of the events' data and of the codes in them, by name."""
    _, made = models_json_schema(
        [(event, "serialization") for event in published_events()],
        ref_template=_SCHEMAS + "{model}",
        schema_generator=_Untitled,
    )
    schemas: dict[str, Any] = made["$defs"]
    return dict(sorted(schemas.items()))


def example_of(event: type[Event], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudEvent as the relay sends it, made from the event's schema. Raises ExampleMissing."""
    properties = schemas[event.__name__]["properties"]
    data = {field: _example(field, schema, schemas) for field, schema in properties.items()}
    return cloud_event(
        service=event.service,
        event_id=_EXAMPLE_ID,
        type_=event.type,
        key=event.model_validate(data).key,
        sequence=1,
        occurred_at=_EXAMPLE_TIME,
        payload=data,
    )


def _example(field: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_SCHEMAS)]
    if "anyOf" in schema:
        return _example(field, schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [_example(field.removesuffix("s"), schema["items"], schemas)]
    if schema.get("format") == "uuid":
        return str(uuid5(NAMESPACE_URL, field))
    for found in (schema.get("examples"), schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if found:
            return found[0]
    kind = str(schema.get("format") or schema.get("type"))
    if kind not in _EXAMPLES:
        raise ExampleMissing(f"The event field {field} needs an example: add Field(examples=[...]) to its type.")
    return _EXAMPLES[kind]


def _channel(service: str, events: list[type[Event]]) -> dict[str, Any]:
    return {
        "address": f"havn.{service}",
        "description": f"What the {service} service tells. Messages with the same key keep their order.",
        "messages": {
            event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}
            for event in events
            if event.service == service
        },
        "bindings": {"kafka": {"topic": f"havn.{service}", "bindingVersion": "0.5.0"}},
    }


def _message(event: type[Event], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.name,
        "summary": summary_of(event),
        "contentType": MEDIA_TYPE,
        "headers": {
            "type": "object",
            "required": ["content-type"],
            "properties": {
                "content-type": {"const": MEDIA_TYPE},
                "traceparent": {"type": "string", "description": "W3C Trace Context of what made the event true."},
            },
        },
        "payload": {"$ref": f"{_SCHEMAS}{event.__name__}Envelope"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The envelope's `subject`."},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"payload": example_of(event, schemas)}],
    }


def summary_of(event: type[Event]) -> str:
    """When the event is published, in one line."""
    return " ".join((event.__doc__ or "").split())


def _envelope(event: type[Event]) -> dict[str, Any]:
    """CloudEvents 1.0, structured mode."""
    properties: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "UUIDv7; the same however often the event is sent."},
        "source": {"const": f"/{event.service}"},
        "type": {"const": event.type},
        "subject": {"type": "string", "description": "Also the message key; order is kept per subject."},
        "time": {"type": "string", "format": "date-time", "description": "When it became true, UTC."},
        "datacontenttype": {"const": "application/json"},
        "sequence": {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "Grows by one per subject and source; a gap means that something is still to come.",
        },
        "data": {"$ref": f"{_SCHEMAS}{event.__name__}"},
    }
    return {"type": "object", "required": list(properties), "properties": properties}
