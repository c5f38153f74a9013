"""Answers are checked against their contract in development and in tests, and sent as they are given in production."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.everything import SERVICES
from shared.contract.as_given import AnswerConverted, AnswerIncomplete, Checks
from shared.contract.types import Answer, Moment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


class Part(Answer):
    number: int


class Whole(Answer):
    id: UUID
    colour: Colour | None
    at: Moment | None
    on: date | None
    share: float
    words: list[str]
    counts: dict[str, int]
    parts: list[Part]
    said: str = "nothing"


GIVEN: dict[str, Any] = {
    "parts": [Part(number=1), Part(number=2)],
    "id": UUID(int=1),
    "colour": Colour.RED,
    "at": NOON,
    "on": date(2026, 3, 2),
    "share": 0.5,
    "words": ["a"],
    "counts": {"b": 1},
}


@pytest.fixture
def unchecked() -> Iterator[None]:
    """As in production."""
    Checks.are_on = False
    yield
    Checks.are_on = True


def kinds(of: type[Answer]) -> Iterator[type[Answer]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_tests_check_every_answer() -> None:
    assert Checks.are_on


@pytest.mark.parametrize(
    "given",
    [
        {"id": "019cadab-2340-7d3e-9a52-3f6f0f0c8e21"},
        {"colour": "red"},
        {"at": NOON.isoformat()},
        {"on": "2026-03-02"},
        {"share": 1},
        {"words": ("a",)},
        {"words": {"a"}},
        {"counts": {"b": True}},
        {"parts": [SimpleNamespace(number=1)]},
        {"parts": [{"number": 1}]},
    ],
    ids=lambda given: f"{next(iter(given))} of {next(iter(given.values()))!r}",
)
def test_what_pydantic_would_convert_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises((AnswerConverted, ValidationError)):
        Whole(**(GIVEN | given))


def test_what_the_contract_does_not_take_is_refused() -> None:
    with pytest.raises(ValidationError):
        Whole(**(GIVEN | {"colour": "blue"}))


def test_unchecked_the_same_bytes_are_sent(unchecked: None) -> None:
    sent = Whole(**GIVEN, besides="no field of it")
    Checks.are_on = True
    checked = Whole(**GIVEN, besides="no field of it")
    assert sent.model_dump_json() == checked.model_dump_json()
    assert sent == checked
    assert list(dict(sent)) == list(Whole.model_fields)


def test_a_time_of_another_zone_is_sent_in_utc(unchecked: None) -> None:
    here = datetime.fromisoformat("2026-03-02T13:00:00+01:00")
    assert '"2026-03-02T12:00:00Z"' in Whole(**(GIVEN | {"at": here})).model_dump_json()


def test_unchecked_too_an_answer_says_all_that_it_has(unchecked: None) -> None:
    with pytest.raises(AnswerIncomplete, match="colour, at"):
        Whole(**{name: value for name, value in GIVEN.items() if name not in ("colour", "at")})


def test_unchecked_too_nothing_can_be_set_on_an_answer(unchecked: None) -> None:
    answer: Any = Whole(**GIVEN)
    with pytest.raises(ValidationError):
        answer.said = "something"


def test_an_answer_is_made_of_a_row_s_attributes() -> None:
    row = SimpleNamespace(**GIVEN, besides="no field of it")
    assert Whole.of_row(row) == Whole(**GIVEN)


def test_what_others_have_sent_is_validated_always(unchecked: None) -> None:
    assert Part.model_validate({"number": "1"}).number == 1
    with pytest.raises(ValidationError):
        Part.model_validate({"number": "one"})
    with pytest.raises(ValidationError):
        Part.model_validate_json('{"number": "one"}')


def test_no_answer_decides_anything() -> None:
    assert len(SERVICES) == 4  # by which all answers are known
    for kind in kinds(Answer):
        decides = kind.__pydantic_decorators__
        assert not decides.model_validators, kind.__name__
        assert not decides.field_validators, kind.__name__
