"""The person as the contract describes one: a referral's subject, and the person of a case."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from shared.contract.codes import (
    AgeBasis,
    CommunicationNeed,
    ExploitationForm,
    Gender,
    Purpose,
    ResidenceBasis,
)
from shared.contract.numbers import Identifier
from shared.contract.personal import Personal, PersonalCode, PersonalName, Present
from shared.contract.placeholders import is_no_birth_date
from shared.contract.times import HappenedOn, PlannedOn
from shared.contract.types import Body, Country, Flag, Language, Recipient, Whole
from shared.kernel.clock import instant_of_judging, on_date, whole_years
from shared.kernel.errors import SpokenValueError
from shared.kernel.text import AS_STORED


def _whole_years(given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int):
        raise SpokenValueError(
            "An age is sent as its whole years: 15, not 15.5 or a text. Of two ages, send the lesser."
        )
    return given


def _whole_day(given: Any) -> Any:
    if isinstance(given, str) and re.fullmatch("[0-9]{4}(-[0-9]{2})?(-00)?", given):
        raise SpokenValueError(
            "A birth date is a whole one, YYYY-MM-DD. Where the day is unknown, send instead stated_age: the least that somebody "
            "born then can be."
        )
    return given


ADULT_AGE: Final = 18
Age = Annotated[Whole, Field(ge=0, le=120), BeforeValidator(_whole_years)]
BirthDate = Annotated[Personal[HappenedOn], BeforeValidator(_whole_day)]


class ConsentGiven(Body):
    """Leave to share with one recipient for one purpose."""

    recipient: Recipient
    purpose: Purpose


def _ages_now(said: Mapping[str, Any]) -> Iterator[int]:
    """How old the person is by the stated age and by the birth date, where it stands for none that is unknown."""
    if said.get("stated_age") is not None:
        yield said["stated_age"]
    born, now = said.get("birth_date"), instant_of_judging()
    if born and now and not is_no_birth_date(born.value, on=on_date(now)):
        yield whole_years(born.value, on_date(now))


class PersonDescription(Body):
    """What is known of a person. Everything may be unknown: no name, no birth date and no CPR number is common."""

    given_name: PersonalName | None = None
    family_name: PersonalName | None = None
    birth_date: BirthDate | None = None
    stated_age: Age | None = None
    age_basis: AgeBasis | None = None
    age_at_exploitation: Age | None = None
    age_at_exploitation_basis: AgeBasis | None = None
    gender: Gender = Gender.UNKNOWN
    citizenships: Annotated[list[Country], Field(max_length=10)] = []
    languages: Annotated[list[Language], Field(max_length=10)] = []
    interpreter_language: Language | None = None
    communication_needs: Annotated[list[CommunicationNeed], Field(max_length=8)] = []
    identifiers: Annotated[list[Identifier], Field(max_length=20)] = []
    residence_basis: ResidenceBasis = ResidenceBasis.UNKNOWN
    residence_valid_until: PlannedOn | None = None
    unpermitted_work: Flag | None = None
    asylum_pending: Flag | None = None
    unaccompanied: Flag | None = None
    suspected_forms: Annotated[list[ExploitationForm], Field(max_length=9)] = []
    consents: Annotated[list[ConsentGiven], Field(max_length=50)] = []

    @field_validator("age_at_exploitation")
    @classmethod
    def _is_not_older_then_than_now(cls, age: int | None, validation: ValidationInfo) -> int | None:
        if (
            validation.context is not AS_STORED
            and age is not None
            and any(age > now for now in _ages_now(validation.data))
        ):
            raise SpokenValueError("Nobody was older when exploited than they are.")
        return age


class Subject(PersonDescription):
    """A person a referral is about; `reference` is the sender's own, null where nothing could be seen in it."""

    reference: Present[PersonalCode]

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_sealed(cls, given: Any, validation: ValidationInfo) -> Any:
        is_sealed = validation.context is AS_STORED and isinstance(given, dict)
        return {"reference": None} | given if is_sealed else given
