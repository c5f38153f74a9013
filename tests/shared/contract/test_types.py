"""Nothing unknown is accepted, and nothing is silently turned into something else."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contract.person import PersonDescription
from shared.contract.types import (
    Body,
    Country,
    Day,
    Flag,
    Language,
    Moment,
    Municipality,
    Organisation,
    Recipient,
    Whole,
)

REFUSED: list[tuple[Any, Any]] = [
    *(
        (Day, given)
        for given in (
            "2026-3-2",
            "2026-02-30",
            "02-03-2026",
            "2026-03-02T00:00:00Z",
            20260302,
            True,
            "1899-12-31",
            "2200-01-01",
            "2026-03-02 ",
            "",
        )
    ),
    *(
        (Moment, given)
        for given in (
            "2026-03-02T09:30:00",
            "2026-03-02",
            1772440200,
            "1772440200",
            "2026-03-02T25:00:00Z",
            "1899-12-31T00:00:00Z",
            "1899-12-31T22:59:59Z",
            "2199-12-31T23:30:00-01:00",
            "2026-03-02T09:30:00.1234567890Z",
            "2026-03-02T09:30:00.Z",
            None,
        )
    ),
    *((Flag, given) for given in (1, 0, "true", "yes", None)),
    *((Whole, given) for given in ("5", True, 5.5, None)),
    *((Country, given) for given in ("DK", "dnk", "DNKK", "D1K", 208, "XYZ", "DDR", "KOS", "XXD")),
    *((Language, given) for given in ("da", "DAN", "dan ", "qqq")),
    *((Organisation, given) for given in ("CMM", "-cmm", "cmm-", "a--b", "a b", "x" * 65, "")),
    *(
        (Recipient, given)
        for given in (
            "nobody",
            "hopnow",
            "kommune-9999",
            "kommune-0411",
            "politi-aarhus",
            "havn",
            "sygehus",
            "socialtilsyn-fyn",
            "sygehus-Vejle",
            "x" * 65,
        )
    ),
    *((Municipality, given) for given in ("751", "07511", "9999", "x751", 751)),
]
TAKEN: list[tuple[Any, Any]] = [
    (Day, "2026-03-02"),
    (Moment, "2026-03-02T09:30:00+01:00"),
    (Moment, "2026-03-02t09:30:00Z"),
    *((Moment, f"2026-03-02T09:30:00.{digits}+01:00") for digits in ("1", "123", "123456", "1234567", "123456789")),
    (Moment, "1900-01-01T00:00:00+01:00"),
    (Moment, "1899-12-31T23:00:00Z"),
    (Flag, True),
    (Whole, 0),
    (Whole, 120),
    *((Country, given) for given in ("DNK", "XKX", "SSD", "XXA", "XXB", "XXC", "XXX", "D", "RKS", "GBD", "UNK", "GRL")),
    *(
        (Recipient, given)
        for given in ("hopenow", "kommune-0751", "politi-nsk", "socialtilsyn-syd", "sygehus-vejle", "iom")
    ),
    *((Language, given) for given in ("dan", "tha", "per", "cmn", "rmy")),
    (Organisation, "politi-oestjylland"),
    (Municipality, "0751"),
]


@pytest.mark.parametrize(("kind", "given_value"), REFUSED, ids=lambda value: repr(value)[:30])
def test_what_is_not_written_as_the_contract_says_is_refused(kind: Any, given_value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given_value)


@pytest.mark.parametrize(("kind", "given_value"), TAKEN, ids=lambda value: repr(value)[:30])
def test_what_is_written_as_the_contract_says_is_taken(kind: Any, given_value: Any) -> None:
    TypeAdapter(kind).validate_python(given_value)


def test_a_field_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        PersonDescription.model_validate({"given_name": "Malee", "status": "assessed_trafficked"})


def test_a_body_cannot_be_changed_after_it_was_checked() -> None:
    class Stated(Body):
        age: Whole

    stated = Stated(age=24)
    with pytest.raises(ValidationError, match="frozen"):
        stated.age = 25


@given(st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_moment_is_answered_in_utc_and_is_the_same_moment(moment: datetime) -> None:
    adapter: TypeAdapter[datetime] = TypeAdapter(Moment)
    written = adapter.dump_python(moment, mode="json")
    assert written.endswith("Z")
    # As instants: Python holds no two zones' clocks equal in the hours that summer time skips or repeats.
    assert adapter.validate_python(written).timestamp() == moment.timestamp()


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_survives_json(day: date) -> None:
    adapter: TypeAdapter[date] = TypeAdapter(Day)
    assert adapter.validate_json(adapter.dump_json(day)) == day


def test_a_time_says_which_zone_it_means() -> None:
    assert TypeAdapter(Moment).validate_python("2026-03-02T09:30:00+01:00") == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["1850-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "2026-03-02T09:30:00", "02-03-2026"]
)
def test_a_time_that_is_refused_says_how_it_is_written_and_from_when_to_when(written: str) -> None:
    with pytest.raises(ValidationError, match=r"RFC 3339, with its zone, from 1900 to 2199"):
        TypeAdapter(Moment).validate_python(written)


def test_nothing_need_be_known_of_a_person() -> None:
    unknown = PersonDescription.model_validate({})
    assert unknown.given_name is None
    assert (unknown.gender, unknown.residence_basis) == ("unknown", "unknown")
