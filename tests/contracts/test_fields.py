"""Every field of every request of the four services: its times, null where it may be left out, and text that shows nothing.

Each is put into the example of its body, which the service's own model then reads, as of one instant."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ValidationError

from services.everything import SERVICES
from services.referrals.schemas import ReferralSubmission
from shared.contract.times import TOLERANCE, WHICH
from shared.contract.types import Body
from shared.kernel.clock import judged_at
from tests.contracts.operations import OPERATIONS

NOW = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
YEARS_AHEAD = "2199-12-31"
UNSEEN = "\u3164\u200b\u2800"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A field of a request; `path` leads through objects and the first items of lists."""

    model: type[Body]
    path: Path
    schema: dict[str, Any]
    is_required: bool

    def __str__(self) -> str:
        return f"{self.model.__name__}.{'.'.join(self.path)}"

    def alternatives(self) -> list[dict[str, Any]]:
        return [each for each in self.schema.get("anyOf", [self.schema]) if each != {"type": "null"}]

    def takes_null(self) -> bool:
        return {"type": "null"} in self.schema.get("anyOf", [])

    def of_format(self, *formats: str) -> dict[str, Any] | None:
        return next((each for each in self.alternatives() if each.get("format") in formats), None)


def bodies() -> list[type[Body]]:
    """The model of every request that has a body."""
    found: dict[str, type[Body]] = {}
    for service in SERVICES:
        for context in iter_route_contexts(service.router.routes):
            endpoint: Callable[..., Any] | None = context.endpoint
            hints = get_type_hints(endpoint, include_extras=True) if endpoint else {}
            hints.pop("return", None)
            # What is `Annotated` is put together of the query (`Depends`): no type, and none of it in a body.
            found |= {
                each.__name__: each for each in hints.values() if isinstance(each, type) and issubclass(each, Body)
            }
    return [found[name] for name in sorted(found)]


def places(model: type[Body]) -> Iterator[Place]:
    document = model.model_json_schema()

    def walk(schema: dict[str, Any], path: Path) -> Iterator[Place]:
        if "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]]
        for name, field in schema.get("properties", {}).items():
            yield Place(model, (*path, name), field, name in schema.get("required", ()))
            for alternative in field.get("anyOf", [field]):
                inner = alternative.get("items", alternative)
                yield from walk(inner, (*path, name))

    yield from walk(document, ())


def example(model: type[Body]) -> dict[str, Any]:
    given: dict[str, Any] = deepcopy(model.model_config["json_schema_extra"]["examples"][0])  # type: ignore[index, call-overload]
    return given


# What stands around a field that the example leaves out: as little as its own model asks for.
LEAST: dict[str, dict[str, Any]] = {
    "consents": {"recipient": "cmm", "purpose": "identification"},
    "contact_channels": {"channel": "phone"},
    "identifiers": {"type": "passport", "value": "C1234567"},
    "facts": {},
}


def with_value(place: Place, value: Any) -> dict[str, Any]:
    """The example with this in that place."""
    given = example(place.model)
    at: Any = given
    for name in place.path[:-1]:
        if not at.get(name):
            schema = next(each for each in places(place.model) if each.path[-1] == name)
            least = deepcopy(LEAST.get(name, {}))
            at[name] = [least] if any("items" in each for each in schema.alternatives()) else least
        at = at[name][0] if isinstance(at[name], list) else at[name]
    at[place.path[-1]] = value
    return given


def refused_at(place: Place, value: Any) -> bool:
    """Whether the model refuses this in that place. A rule between two fields of a body is another matter."""
    with judged_at(NOW):
        try:
            place.model.model_validate(with_value(place, value))
        except ValidationError as refused:
            names = [tuple(part for part in error["loc"] if isinstance(part, str)) for error in refused.errors()]
            return any(each[: len(place.path)] == place.path for each in names)
    return False


BODIES = bodies()
PLACES = [place for model in BODIES for place in places(model)]
TIMES = [place for place in PLACES if place.of_format("date", "date-time")]
OF_REFERRALS = {place for place in map(str, TIMES) if place.startswith(ReferralSubmission.__name__)}
PLANS = {
    "AccommodationNeeds",
    *("available_from", "available_until", "expires_at", "from_on", "to_on", "valid_from", "valid_until"),
    *("until", "ends_on", "starts_on", "planned_departure_on", "reassess_on", "residence_valid_until"),
}
"""The fields that plan; three more are named by their body below."""
PLANS_OF_A_BODY = {"ApprovalEnd.on", "RoutingQuestion.on", "SupportMeasureEnded.on"}


def at(place: Place, day: str, hour: str = "10:00:00+01:00") -> str:
    return f"{day}T{hour}" if place.of_format("date-time") else day


def test_every_body_of_the_documents_is_looked_at() -> None:
    described = {operation.body_schema["title"] for operation in OPERATIONS if operation.body_schema}
    assert {model.__name__ for model in BODIES} >= described
    assert len(TIMES) > 45


@pytest.mark.parametrize("place", TIMES, ids=str)
def test_every_time_says_what_has_happened_or_what_is_planned(place: Place) -> None:
    found = place.of_format("date", "date-time")
    is_plan = place.path[-1] in PLANS or str(place) in PLANS_OF_A_BODY
    assert found
    assert found[WHICH] == ("planned" if is_plan else "happened")


HAPPENED = [place for place in TIMES if (place.of_format("date", "date-time") or {})[WHICH] == "happened"]
PLANNED = [place for place in TIMES if place not in HAPPENED]
STRICT = [place for place in HAPPENED if str(place) not in OF_REFERRALS]
IN_REFERRALS = [place for place in HAPPENED if str(place) in OF_REFERRALS]


@pytest.mark.parametrize("place", TIMES, ids=str)
def test_no_time_lies_before_1900_and_none_after_2199(place: Place) -> None:
    if place.model is ReferralSubmission and len(place.path) > 1:
        return  # a referral is not lost over it; see below
    assert refused_at(place, at(place, "1850-01-01"))
    assert refused_at(place, at(place, "1899-12-31"))
    assert refused_at(place, at(place, "2200-01-01"))
    assert not refused_at(place, at(place, "1900-01-01"))


@pytest.mark.parametrize("place", STRICT, ids=str)
def test_what_has_happened_does_not_lie_ahead(place: Place) -> None:
    for day in ("2026-03-10", "2026-03-16", YEARS_AHEAD):
        assert refused_at(place, at(place, day))
    assert not refused_at(place, at(place, "2026-03-09"))


@pytest.mark.parametrize("place", [place for place in STRICT if place.of_format("date-time")], ids=str)
def test_the_clocks_of_who_reports_may_be_five_minutes_ahead(place: Place) -> None:
    assert not refused_at(place, (NOW + TOLERANCE).isoformat())
    assert refused_at(place, (NOW + TOLERANCE + timedelta(seconds=1)).isoformat())


@pytest.mark.parametrize("place", PLANNED, ids=str)
def test_plans_may_lie_ahead(place: Place) -> None:
    for day in ("2026-03-10", "2031-01-01", YEARS_AHEAD):
        assert not refused_at(place, at(place, day))


@pytest.mark.parametrize("place", IN_REFERRALS, ids=str)
def test_in_a_referral_a_time_a_day_ahead_counts_as_now_and_what_lies_further_is_refused(place: Place) -> None:
    with judged_at(NOW):
        if place.path[-1] == "birth_date":
            no_day = ["part_of_a_date", "least_age"]
            for day in ("1850-01-01", "2026-03-10", "2026-02-30", YEARS_AHEAD):
                taken = ReferralSubmission.model_validate(with_value(place, day))
                assert taken.subjects[0].birth_date is None
                assert [each.code for each in taken.warnings] == (no_day if day == "2026-02-30" else ["impossible"])
            return
        taken = ReferralSubmission.model_validate(with_value(place, (NOW + timedelta(hours=24)).isoformat()))
        assert getattr(taken, place.path[0]) == NOW
        assert "time_ahead" in [each.code for each in taken.warnings]
    assert refused_at(place, (NOW + timedelta(hours=24, seconds=1)).isoformat())
    assert refused_at(place, at(place, YEARS_AHEAD))


@pytest.mark.parametrize("place", [place for place in TIMES if place.of_format("date-time")], ids=str)
@pytest.mark.parametrize("digits", ["", ".1", ".123", ".123456", ".1234567", ".123456789"])
def test_every_time_takes_up_to_nine_fractional_digits(place: Place, digits: str) -> None:
    assert not refused_at(place, f"2026-03-02T09:30:00{digits}+01:00")


# ---------------------------------------------------------------- null, and nothing that can be seen


@pytest.mark.parametrize("place", [place for place in PLACES if not place.is_required], ids=str)
def test_null_is_taken_wherever_a_field_may_be_left_out_and_means_the_same(place: Place) -> None:
    without = with_value(place, None)
    at: Any = without
    for name in place.path[:-1]:
        at = at[name][0] if isinstance(at[name], list) else at[name]
    assert place.takes_null()
    with judged_at(NOW):
        read = [_read(place.model, body) for body in (without, _without(place, without))]
    assert read[0] == read[1]


def _without(place: Place, body: dict[str, Any]) -> dict[str, Any]:
    given = deepcopy(body)
    at: Any = given
    for name in place.path[:-1]:
        at = at[name][0] if isinstance(at[name], list) else at[name]
    del at[place.path[-1]]
    return given


def _read(model: type[BaseModel], body: dict[str, Any]) -> Any:
    """What is made of it: the same for two bodies that mean the same, refusals included."""
    try:
        read = model.model_validate(body)
    except ValidationError as refused:
        return [(error["loc"], error["msg"]) for error in refused.errors()]
    return read.model_dump(), read.model_fields_set


@pytest.mark.parametrize("place", [place for place in PLACES if place.is_required], ids=str)
def test_null_is_refused_where_a_field_must_be_sent(place: Place) -> None:
    # Of a referral such an identifier or consent is passed over, or read as one of another type, with a warning.
    is_of_an_item = place.model is ReferralSubmission and {"identifiers", "consents"} & set(place.path[:-1])
    assert is_of_an_item or refused_at(place, None)


def free_texts() -> Sequence[Place]:
    def is_free(schema: dict[str, Any]) -> bool:
        return schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const"}

    return [place for place in PLACES if any(map(is_free, place.alternatives()))]


@pytest.mark.parametrize("place", free_texts(), ids=str)
def test_text_that_shows_nothing_is_refused_and_in_a_referral_read_as_null(place: Place) -> None:
    if place.model is not ReferralSubmission or place.path[-1] == "recipient":
        assert refused_at(place, UNSEEN)
        return
    with judged_at(NOW):
        taken = ReferralSubmission.model_validate(with_value(place, UNSEEN))
    assert "blank" in [each.code for each in taken.warnings]
    assert UNSEEN not in taken.model_dump_json()
