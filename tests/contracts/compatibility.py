"""Whether a changed contract still holds for those who rely on the old one. Pure: two documents in, the changes out.

Three directions, because the same change is harmless one way and breaks the other:
ASKED, what partners send us: we may come to accept more, never less.
ANSWERED, what we send back: we may come to say more, never less, nor something of another kind.
TOLD, events: as answered; and since the history is read again (replay), nothing that was valid may become invalid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]


class Direction(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `breaks` when somebody who relies on the old contract fails on the new one."""

    place: str
    what: str
    breaks: bool

    def __str__(self) -> str:
        return f"{'BREAKS' if self.breaks else 'adds'}  {self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Side:
    """A schema together with the document its references point into."""

    schema: Any
    document: Document

    def alternatives(self) -> dict[str, dict[str, Any]]:
        """What the value may be, by kind: references followed, `anyOf` and lists of types laid out."""
        flat: list[dict[str, Any]] = []
        waiting = [self.schema]
        while waiting:
            found = waiting.pop(0)
            while "$ref" in found:
                found = _referred(self.document, found["$ref"])
            parts = found.get("anyOf") or found.get("oneOf")
            if parts:
                waiting = [*parts, *waiting]
            elif isinstance(found.get("type"), list):
                waiting = [*({**found, "type": kind} for kind in found["type"]), *waiting]
            else:
                flat.append(found)
        counts = [_kind(found) for found in flat]
        return {
            _kind(found) if counts.count(_kind(found)) == 1 else f"{_kind(found)} {found.get('title', '')}": found
            for found in flat
        }


def openapi_changes(old: Document, new: Document) -> list[Change]:
    """The changes of a service's OpenAPI document."""
    before, after = _operations(old), _operations(new)
    changes = [Change(name, "operation removed", breaks=True) for name in before.keys() - after.keys()]
    changes += [Change(name, "operation added", breaks=False) for name in after.keys() - before.keys()]
    for name in before.keys() & after.keys():
        changes += _operation_changes(name, (before[name], old), (after[name], new))
    return sorted(changes, key=str)


def asyncapi_changes(old: Document, new: Document) -> list[Change]:
    """The changes of the events: by type, which is what a consumer looks at."""
    before, after = _messages(old), _messages(new)
    changes = [Change(name, "event removed or renamed", breaks=True) for name in before.keys() - after.keys()]
    changes += [Change(name, "event added", breaks=False) for name in after.keys() - before.keys()]
    for name in before.keys() & after.keys():
        (was, channel), (now, new_channel) = before[name], after[name]
        if channel != new_channel:
            changes.append(Change(name, f"moved from {channel} to {new_channel}", breaks=True))
        changes += schema_changes(
            name, Side(was["payload"], old), Side(now["payload"], new), direction=Direction.TOLD, seen=frozenset()
        )
    return sorted(changes, key=str)


def _messages(document: Document) -> dict[str, tuple[dict[str, Any], str]]:
    found = {}
    for channel in document["channels"].values():
        for reference in channel["messages"].values():
            message = _referred(document, reference["$ref"])
            found[message["name"]] = (message, channel["address"])
    return found


def _operations(document: Document) -> dict[str, dict[str, Any]]:
    methods = {"get", "put", "post", "patch", "delete"}
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in methods
    }


def _operation_changes(
    name: str, old: tuple[dict[str, Any], Document], new: tuple[dict[str, Any], Document]
) -> Iterator[Change]:
    yield from _policy_changes(name, old[0], new[0])
    yield from _parameter_changes(name, old, new)
    yield from _body_changes(name, old, new)
    before, after = old[0]["responses"], new[0]["responses"]
    for status in before.keys() - after.keys():
        yield Change(name, f"status {status} removed", breaks=True)
    for status in after.keys() - before.keys():
        yield Change(name, f"status {status} added", breaks=False)
    for status in before.keys() & after.keys():
        yield from _content_changes(
            f"{name} {status}", (before[status], old[1]), (after[status], new[1]), Direction.ANSWERED
        )


def _policy_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    if old.get("x-scope") != new.get("x-scope"):
        yield Change(name, f"scope {old.get('x-scope')} became {new.get('x-scope')}", breaks=True)
    before, after = set(old.get("x-roles", [])), set(new.get("x-roles", []))
    for role in before - after:
        yield Change(name, f"role {role} may no longer", breaks=True)
    for role in after - before:
        yield Change(name, f"role {role} may now", breaks=False)
    levels = ["low", "substantial", "high"]
    was, now = (levels.index(found.get("x-assurance", "low")) for found in (old, new))
    if was != now:
        yield Change(name, f"assurance {levels[was]} became {levels[now]}", breaks=now > was)


def _parameter_changes(
    name: str, old: tuple[dict[str, Any], Document], new: tuple[dict[str, Any], Document]
) -> Iterator[Change]:
    before, after = (
        {(found["in"], found["name"]): found for found in side[0].get("parameters", [])} for side in (old, new)
    )
    for key in before.keys() - after.keys():
        yield Change(name, f"{key[0]} parameter {key[1]} removed", breaks=True)
    for key in after.keys() - before.keys():
        is_required = after[key].get("required", False)
        yield Change(name, f"{key[0]} parameter {key[1]} added", breaks=is_required)
    for key in before.keys() & after.keys():
        place = f"{name} {key[0]} {key[1]}"
        yield from _requirement_changes(place, before[key].get("required", False), after[key].get("required", False))
        yield from schema_changes(
            place,
            Side(before[key]["schema"], old[1]),
            Side(after[key]["schema"], new[1]),
            direction=Direction.ASKED,
            seen=frozenset(),
        )


def _requirement_changes(place: str, was: bool, now: bool) -> Iterator[Change]:
    if was != now:
        yield Change(place, "became required" if now else "is no longer required", breaks=now)


def _body_changes(
    name: str, old: tuple[dict[str, Any], Document], new: tuple[dict[str, Any], Document]
) -> Iterator[Change]:
    before, after = old[0].get("requestBody"), new[0].get("requestBody")
    if before and after:
        yield from _requirement_changes(f"{name} body", before.get("required", False), after.get("required", False))
        yield from _content_changes(f"{name} body", (before, old[1]), (after, new[1]), Direction.ASKED)
    elif after:
        yield Change(name, "takes a body", breaks=after.get("required", False))
    elif before:
        yield Change(name, "takes no body any more", breaks=True)


def _content_changes(
    place: str, old: tuple[dict[str, Any], Document], new: tuple[dict[str, Any], Document], direction: Direction
) -> Iterator[Change]:
    before, after = old[0].get("content", {}), new[0].get("content", {})
    for media_type in before.keys() - after.keys():
        yield Change(place, f"{media_type} removed", breaks=True)
    for media_type in after.keys() - before.keys():
        yield Change(place, f"{media_type} added", breaks=False)
    for media_type in before.keys() & after.keys():
        yield from schema_changes(
            place,
            Side(before[media_type].get("schema", {}), old[1]),
            Side(after[media_type].get("schema", {}), new[1]),
            direction=direction,
            seen=frozenset(),
        )


def schema_changes(
    place: str, old: Side, new: Side, *, direction: Direction, seen: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    """The changes of a value, down to its last field; what refers to itself is followed once."""
    names = (str(old.schema.get("$ref")), str(new.schema.get("$ref")))
    if names != ("None", "None"):
        if names in seen:
            return
        seen |= {names}
    before, after = old.alternatives(), new.alternatives()
    for kind in before.keys() - after.keys():
        yield Change(place, f"is never {kind} any more", breaks=direction is not Direction.ANSWERED)
    for kind in after.keys() - before.keys():
        yield Change(place, f"may now be {kind}", breaks=direction is not Direction.ASKED)
    for kind in before.keys() & after.keys():
        was, now = Side(before[kind], old.document), Side(after[kind], new.document)
        yield from _enum_changes(place, was, now, direction)
        yield from _limit_changes(place, was, now, direction)
        yield from _field_changes(place, was, now, direction, seen)
        if "items" in was.schema and "items" in now.schema:
            items = (Side(was.schema["items"], old.document), Side(now.schema["items"], new.document))
            yield from schema_changes(f"{place}[]", *items, direction=direction, seen=seen)


def _enum_changes(place: str, old: Side, new: Side, direction: Direction) -> Iterator[Change]:
    before, after = _values(old.schema), _values(new.schema)
    if before is None or after is None:
        if before != after:
            is_narrower = before is None
            yield Change(
                place,
                "became a fixed list of values" if is_narrower else "is no fixed list of values any more",
                breaks=is_narrower if direction is Direction.ASKED else True,
            )
        return
    for value in sorted(before - after):
        yield Change(place, f"value {value} removed", breaks=direction is not Direction.ANSWERED)
    for value in sorted(after - before):
        yield Change(place, f"value {value} added", breaks=False)


_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")


def _limit_changes(place: str, old: Side, new: Side, direction: Direction) -> Iterator[Change]:
    for limit in (*_UPPER, *_LOWER, "pattern", "format"):
        was, now = old.schema.get(limit), new.schema.get(limit)
        if was == now:
            continue
        if limit in _UPPER:
            is_narrower = now is not None and (was is None or now < was)
        elif limit in _LOWER:
            is_narrower = now is not None and (was is None or now > was)
        else:
            is_narrower = now is not None
        # A format is part of what a reader parses: to lose it, or to get another, is another type.
        is_other_type = limit == "format" and was is not None and direction is not Direction.ASKED
        breaks = is_other_type or (is_narrower and direction is not Direction.ANSWERED)
        yield Change(place, f"{limit} {was} became {now}", breaks=breaks)


def _field_changes(
    place: str, old: Side, new: Side, direction: Direction, seen: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    had_to, has_to = set(old.schema.get("required", [])), set(new.schema.get("required", []))
    for field in before.keys() - after.keys():
        yield Change(f"{place}.{field}", "field removed", breaks=True)
    for field in after.keys() - before.keys():
        # Nobody sends a new field that we came to require; no old event has it when the history is read again.
        breaks = field in has_to and direction is not Direction.ANSWERED
        yield Change(f"{place}.{field}", f"{'required ' if field in has_to else ''}field added", breaks=breaks)
    for field in before.keys() & after.keys():
        inner = f"{place}.{field}"
        if field in has_to - had_to:
            yield Change(inner, "became required", breaks=direction is not Direction.ANSWERED)
        if field in had_to - has_to:
            yield Change(inner, "may now be missing", breaks=direction is not Direction.ASKED)
        sides = (Side(before[field], old.document), Side(after[field], new.document))
        yield from schema_changes(inner, *sides, direction=direction, seen=seen)
    if old.schema.get("additionalProperties", True) and new.schema.get("additionalProperties", True) is False:
        yield Change(place, "unknown fields are refused", breaks=direction is not Direction.ANSWERED)


def _values(schema: Mapping[str, Any]) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(value) for value in schema["enum"]} if "enum" in schema else None


def _kind(schema: Mapping[str, Any]) -> str:
    known = schema.get("type")
    if known is None and "const" in schema:
        return {str: "string", bool: "boolean", int: "integer"}.get(type(schema["const"]), "value")
    return str(known or "anything")


def _referred(document: Document, reference: str) -> dict[str, Any]:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    resolved: dict[str, Any] = found
    return resolved
