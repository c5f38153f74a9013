"""The person as the contract describes one: a referral's subject, and the person of a case."""

from collections import Counter
from typing import Annotated

from pydantic import Field

from shared.contract.codes import (
    AgeBasis,
    CommunicationNeed,
    ExploitationForm,
    Gender,
    IdentifierType,
    Purpose,
    ResidenceBasis,
)
from shared.contract.personal import Personal, PersonalCode, PersonalName
from shared.contract.times import HappenedOn, PlannedOn
from shared.contract.types import Body, Country, Flag, Language, Recipient, Whole
from shared.kernel.errors import SpokenValueError


class Identifier(Body):
    """A number or code that a register knows the person by."""

    type: IdentifierType
    value: PersonalCode


class ConsentGiven(Body):
    """Leave to share with one recipient for one purpose."""

    recipient: Recipient
    purpose: Purpose


class PersonDescription(Body):
    """What is known of a person. Everything may be unknown: no name, no birth date and no CPR number is common."""

    given_name: PersonalName | None = None
    family_name: PersonalName | None = None
    birth_date: Personal[HappenedOn] | None = None
    stated_age: Annotated[Whole, Field(ge=0, le=120)] | None = None
    age_basis: AgeBasis | None = None
    age_at_exploitation: Annotated[Whole, Field(ge=0, le=120)] | None = None
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


class Subject(PersonDescription):
    """A person a referral is about; `reference` is the sender's own."""

    reference: PersonalCode


def references_differ(subjects: list[Subject]) -> list[Subject]:
    """For a referral's validator: every subject has a reference of its own."""
    counts = Counter(subject.reference.value for subject in subjects)
    if any(count > 1 for count in counts.values()):
        raise SpokenValueError("Two subjects have the same reference; give each its own.")
    return subjects
