"""Personal data as a type: it is carried, sealed and answered, and never printed by accident."""

import io
import logging
import re
import secrets
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.contract.person import Identifier, PersonDescription
from shared.contract.personal import Personal, PersonalCode, PersonalName, PersonalText
from shared.data.vault import DataKey
from shared.kernel.text import AS_STORED, is_blank
from shared.observability.logs import _plain

NAME = "Malee Sukhumwong"
PERSON = PersonDescription.model_validate({"given_name": NAME, "identifiers": [{"type": "cpr", "value": "7105981234"}]})

WAYS_TO_PRINT = {
    "repr": repr,
    "str": str,
    "f-string": lambda value: f"{value} {value!r} {value!s} {value!a}",
    "format": "{}".format,
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031
    "in a list": lambda value: f"{[value]} { {'of': value} } {(value,)}",
    "log value": lambda value: str(_plain(value)),
}


@pytest.mark.parametrize("shown", WAYS_TO_PRINT.values(), ids=WAYS_TO_PRINT)
@pytest.mark.parametrize("value", [Personal(NAME), PERSON, PersonDescription(birth_date=Personal(date(1998, 5, 14)))])
def test_no_way_of_printing_shows_it(shown: Callable[[object], str], value: object) -> None:
    printed = shown(value)
    assert printed
    for part in (NAME, "7105981234", "1998", "datetime.date"):
        assert part not in printed


def test_a_format_that_needs_the_text_fails_without_it() -> None:
    with pytest.raises(TypeError) as refused:
        f"{Personal(NAME):>30}"
    assert NAME not in str(refused.value)


def test_the_standard_librarys_logging_does_not_show_it() -> None:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(stream))
    logger.warning("person %s", Personal(NAME))
    logger.warning("person %r", PERSON)
    assert stream.getvalue().count("\n") == 2
    assert NAME not in stream.getvalue()


def test_an_exception_that_holds_one_does_not_show_it() -> None:
    try:
        raise ValueError(Personal(NAME), PERSON)
    except ValueError:
        assert NAME not in traceback.format_exc()


@given(st.text(min_size=1, max_size=200).filter(lambda text: not is_blank(text)))
@example("a\xad")
def test_json_carries_it_there_and_back(text: str) -> None:
    adapter: TypeAdapter[PersonalName] = TypeAdapter(PersonalName)
    try:
        carried = adapter.dump_json(Personal(text))
    except UnicodeEncodeError:
        return
    assert adapter.validate_json(carried) == Personal(text)


def test_a_whole_description_survives_json() -> None:
    assert PersonDescription.model_validate_json(PERSON.model_dump_json()) == PERSON


def test_it_equals_what_has_the_same_value_and_nothing_else() -> None:
    assert Personal(NAME) == Personal(NAME)
    assert Personal(NAME) != Personal("Kanok")
    assert Personal(NAME) != NAME
    assert len({Personal(NAME), Personal(NAME)}) == 1


@pytest.mark.parametrize("given_name", ["", "x" * 201, 5, None, ["Malee"]])
def test_the_rules_of_the_text_hold_within(given_name: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PersonalName).validate_python(given_name)


def test_a_value_of_the_type_is_taken_as_it_is() -> None:
    assert Identifier.model_validate({"type": "cpr", "value": Personal("7105981234")}).value.value == "7105981234"


def test_the_published_contract_marks_every_personal_field() -> None:
    class Answer(BaseModel):
        name: PersonalName
        account: PersonalText | None = None
        born_on: Personal[date] | None = None

    described = str(Answer.model_json_schema())
    assert described.count("'x-personal': True") == 3
    assert "'format': 'date'" in described


@pytest.mark.parametrize("kind", [PersonalName, PersonalText, PersonalCode])
@pytest.mark.parametrize("blank", [" ", "\n\t ", "\u00a0", "\u3000"])
def test_spaces_alone_are_no_text(kind: Any, blank: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(blank)
    assert "spaces alone say nothing" in str(refused.value)
    assert not re.search(TypeAdapter(kind).json_schema()["pattern"], blank)


def test_what_was_accepted_before_the_rule_is_still_read() -> None:
    key = DataKey(uuid4(), secrets.token_bytes(32))
    before = PersonDescription.model_construct(given_name=Personal(" "))
    place: dict[str, Any] = {"table": "case_file", "column": "person", "row": key.owner_id}
    assert key.open(key.seal(before, **place), PersonDescription, **place) == PersonDescription.model_validate(
        {"given_name": " "}, context=AS_STORED
    )


def test_who_sends_the_wrong_thing_is_told_once_and_in_its_own_words() -> None:
    with pytest.raises(ValidationError) as refused:
        PersonDescription.model_validate({"given_name": 5})
    assert [(found["loc"], found["type"]) for found in refused.value.errors()] == [(("given_name",), "string_type")]
