"""No event can carry personal data: a class that could is refused when it is made, and by the type checker before."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints, create_model

from shared.contract.events import EVENTS, CaseEvent, Event, EventCarriesPersonalData, PeriodExtended, cloud_event
from shared.contract.personal import Personal, PersonalDate, PersonalName
from tests.shared.lone_service import NOON, extended, message_of


class Nested(BaseModel):
    case_id: UUID


CARRIERS = {
    "a name": PersonalName,
    "a name, maybe": PersonalName | None,
    "names": tuple[PersonalName, ...],
    "a personal date": PersonalDate,
    "a personal number": Personal[int],
    "text": str,
    "text, maybe": str | None,
    "texts": tuple[str, ...],
    "text of a length": Annotated[str, StringConstraints(max_length=20)],
    "text of any kind": Annotated[str, StringConstraints(pattern=r".*")],
    "text like a name": Annotated[str, StringConstraints(pattern=r"^[A-Za-z ]+$")],
    "bytes": bytes,
    "a float": float,
    "anything": Any,
    "a list": list[UUID],
    "a dict": dict[str, UUID],
    "a document": Nested,
    "documents": tuple[Nested, ...],
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_an_event_that_could_carry_a_person_cannot_be_defined(carrier: Any) -> None:
    with pytest.raises(EventCarriesPersonalData, match=r"CaseTold\.told could carry personal data"):
        create_model("CaseTold", __base__=CaseEvent, told=(carrier, ...))


class Colour(StrEnum):
    BLUE = "blue"


PLAIN = [
    UUID,
    Colour,
    date,
    int,
    bool,
    UUID | None,
    tuple[Colour, ...],
    Annotated[str, StringConstraints(pattern="^[0-9]{4}$")],
]


@pytest.mark.parametrize("plain", PLAIN, ids=str)
def test_ids_codes_dates_and_counts_may_be_told(plain: Any) -> None:
    create_model("CaseCounted", __base__=CaseEvent, told=(plain, ...))


def test_every_event_of_the_contract_holds_only_such_fields() -> None:
    assert len(EVENTS) >= 20
    for type_, event in EVENTS.items():
        assert re.fullmatch(r"dk\.havn\.(accommodation|identification|referrals|stats)\.[a-z-]+\.v\d+", type_)
        assert event.__doc__
        schema = event.model_json_schema()
        assert "x-personal" not in str(schema)
        assert [text for text in _texts(schema) if not {"format", "enum", "const", "pattern"} & text.keys()] == []


def _texts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every place of a JSON Schema that takes a text."""
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield schema
        for inner in schema.values():
            yield from _texts(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _texts(inner)


def test_every_event_keeps_the_order_of_one_case_or_referral() -> None:
    case_id = uuid4()
    assert extended(case_id).key == str(case_id)
    with pytest.raises(TypeError):
        _ = Event(occurred_at=NOON).key


@given(
    case_id=st.uuids(),
    number=st.integers(min_value=0, max_value=2**100),
    ends_on=st.dates(date(1900, 1, 1), date(2199, 1, 1)),
)
def test_an_event_comes_out_of_the_bus_as_it_went_in(case_id: UUID, number: int, ends_on: date) -> None:
    told = extended(case_id, number).model_copy(update={"ends_on": ends_on})
    envelope = json.loads(message_of(told, 1).value)
    assert EVENTS[envelope["type"]].model_validate(envelope["data"]) == told


def test_an_event_from_a_later_havn_is_read_without_what_we_do_not_know() -> None:
    later = extended(uuid4()).model_dump(mode="json") | {"reason": "new"}
    assert PeriodExtended.model_validate(later).model_dump(mode="json") == {
        name: value for name, value in later.items() if name != "reason"
    }


def test_an_event_says_by_a_field_of_its_own_when_it_became_true() -> None:
    told = {event: event.true_since for event in EVENTS.values() if event.true_since}
    assert len(told) > 20
    for event, field in told.items():
        assert event.model_fields[str(field)].annotation in (date, datetime, date | None), event


@pytest.mark.parametrize(
    ("type_", "payload", "expected"),
    [
        ("interview-held", {"held_at": "2026-03-05T09:00:00+01:00"}, "2026-03-05T08:00:00Z"),
        ("interview-held", {"held_at": "2026-03-09T12:04:00Z"}, "2026-03-09T12:00:00Z"),  # by a clock that is fast
        ("interview-held", {}, "2026-03-09T12:00:00Z"),  # to who may not know that
        ("decision-made", {"decided_on": "2026-03-09"}, "2026-03-09T12:00:00Z"),
        ("decision-made", {"decided_on": "2026-03-08"}, "2026-03-07T23:00:00Z"),
        ("legal-status-changed", {"valid_from": "2026-04-01"}, "2026-03-09T12:00:00Z"),
        ("period-granted", {"starts_on": "2026-03-08"}, "2026-03-09T12:00:00Z"),
    ],
)
def test_the_time_of_an_event_is_when_it_became_true_and_never_later_than_it_was_recorded(
    type_: str, payload: dict[str, str], expected: str
) -> None:
    envelope = cloud_event(
        service="identification",
        event_id=uuid4(),
        type_=f"dk.havn.identification.{type_}.v1",
        key="k",
        sequence=1,
        occurred_at=datetime(2026, 3, 9, 12, tzinfo=UTC),
        payload=payload,
    )
    assert envelope["time"] == expected


def test_the_envelope_is_the_contracts_cloud_event() -> None:
    event = extended(UUID(int=7))
    envelope = cloud_event(
        service="identification",
        event_id=UUID(int=9),
        type_=event.type,
        key=event.key,
        sequence=3,
        occurred_at=NOON,
        payload={},
    )
    assert envelope == {
        "specversion": "1.0",
        "id": str(UUID(int=9)),
        "source": "/identification",
        "type": "dk.havn.identification.period-extended.v1",
        "subject": str(UUID(int=7)),
        "time": "2026-03-02T12:00:00Z",
        "datacontenttype": "application/json",
        "sequence": "3",
        "data": {},
    }
