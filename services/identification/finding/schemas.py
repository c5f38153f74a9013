"""Looking for a person, and who may be the same."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contract.numbers import Identifier
from shared.contract.person import Age, BirthDate
from shared.contract.personal import PersonalName
from shared.contract.types import Answer, Body, Whole, example
from shared.contract.warnings import InputWarning


class MatchedOn(StrEnum):
    """What two descriptions of a person have in common; the names are those of a person's fields."""

    IDENTIFIERS = "identifiers"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    ALIASES = "aliases"
    BIRTH_DATE = "birth_date"
    STATED_AGE = "stated_age"


class PersonSought(Body):
    """What is known of whom one looks for; any part of it may be missing or spelt otherwise."""

    model_config = example(given_name="Mali", family_name="Sukumvong", stated_age=24, limit=5)

    given_name: PersonalName | None = None
    family_name: PersonalName | None = None
    aliases: Annotated[list[PersonalName], Field(max_length=20)] = []
    birth_date: BirthDate | None = None
    stated_age: Age | None = None
    identifiers: Annotated[list[Identifier], Field(max_length=20)] = []
    limit: Annotated[Whole, Field(ge=1, le=100)] = 20


class PersonFound(Answer):
    """A case whose person may be the one; `score` is between 0 and 1, and `matched_on` names the fields that agree."""

    case_id: UUID
    score: float
    matched_on: list[MatchedOn]


class PeopleFound(Answer):
    """The best match first. `warnings` names what in the search stands for something unknown: nobody is found by that."""

    items: list[PersonFound]
    warnings: list[InputWarning]


class PossibleDuplicate(PersonFound):
    """Another case that may be about the same person."""
