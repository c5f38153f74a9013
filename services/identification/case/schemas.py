"""The person of a case and words as they are sealed."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from services.identification.case.codes import ContactChannel
from shared.contract.codes import AgeBasis
from shared.contract.person import ADULT_AGE, PersonDescription
from shared.contract.personal import Personal, PersonalCode, PersonalName, PersonalText
from shared.contract.placeholders import is_no_birth_date
from shared.contract.times import HappenedOn
from shared.contract.types import Body, Flag, Shown, example
from shared.kernel.clock import whole_years
from shared.kernel.text import AS_STORED

IDENTITY: Final = (
    "given_name",
    "family_name",
    "birth_date",
    "stated_birth_date",
    "identifiers",
    "aliases",
    "safe_contact",
    "contact_channels",
)
"""The fields that say who somebody is, or how to reach them."""
_AGE: Final = ("birth_date", "stated_age", "age_basis")
AGE_FIELDS: Final = (*_AGE, "age_assessed_on", "age_assessed_by")
"""The fields that say how old somebody is, and on what that rests."""


class SealedText(BaseModel):
    """Free text, as it is sealed."""

    text: PersonalText


class ContactWay(Body):
    """One way to reach the person, and whether using it is safe: a number that the exploiter answers is not."""

    channel: ContactChannel
    value: PersonalName | None = None
    is_safe: Flag = False
    note: PersonalText | None = None


class CasePerson(PersonDescription, Shown):
    """The person of a case: a referral's subject, and how to reach them safely."""

    model_config = example(
        given_name="Malee",
        family_name="Sukhumwong",
        aliases=["Mali"],
        stated_age=24,
        age_basis="stated",
        gender="woman",
        citizenships=["THA"],
        languages=["tha"],
        interpreter_language="tha",
        residence_basis="visa",
        residence_valid_until="2026-04-01",
        suspected_forms=["SEXUAL"],
        contact_channels=[{"channel": "phone", "value": "+45 00 00 00 01", "is_safe": True}],
    )

    reference: PersonalCode | None = None
    safe_contact: PersonalText | None = None
    contact_channels: Annotated[list[ContactWay], Field(max_length=20)] = []
    other_form: PersonalText | None = None
    """What the exploitation was, where the suspected form is OTHER."""
    aliases: Annotated[list[PersonalName], Field(max_length=20)] = []
    interpreter: PersonalText | None = None
    stated_birth_date: Personal[HappenedOn] | None = None
    """The birth date first stated, kept when documents or an assessment later give another."""
    age_assessed_on: Personal[HappenedOn] | None = None
    age_assessed_by: PersonalText | None = None
    """When the age was assessed, and by whom or how: today and by the organisation that records it, where they are left out."""

    def named(self) -> list[str]:
        """The fields filled in that say who the person is, or how to reach them."""
        return [name for name in IDENTITY if getattr(self, name)]

    def unnamed(self) -> "CasePerson":
        """What remains of somebody who declined: the coded facts."""
        words = ("reference", "interpreter", "age_assessed_by")
        kept = {name: value for name, value in self if name not in (*IDENTITY, *words)}
        return CasePerson.model_validate(kept, context=AS_STORED)

    def may_be_reached_by(self, channel: ContactChannel) -> bool:
        """Whether some way of this channel is recorded as safe."""
        return any(way.is_safe for way in self.contact_channels if way.channel is channel)

    def keeping_what_was_stated(self, known: "CasePerson") -> "CasePerson":
        """This description, with the birth date that `known` says was stated first (docs/rules.md, child-3)."""
        stated = known.stated_birth_date
        if stated is None and known.age_basis in (None, AgeBasis.STATED, AgeBasis.PRESUMED_MINOR):
            stated = known.birth_date if known.birth_date != self.birth_date else None
        return self.model_copy(update={"stated_birth_date": stated or self.stated_birth_date})

    def keeping_who_is_a_minor(self, known: "CasePerson") -> "CasePerson":
        """This description, with what `known` says that makes a minor of the person: nobody's later word makes an adult of one,
        an age assessment does (docs/rules.md, child-2)."""
        if self.age_basis is AgeBasis.ASSESSED:
            return self
        kept = dict[str, Any]()
        if known.stated_age is not None and known.stated_age < ADULT_AGE <= (self.stated_age or ADULT_AGE):
            kept["stated_age"] = known.stated_age
            if self.birth_date is None:  # on what another age rests says nothing of this one
                kept["age_basis"] = known.age_basis
        if known.age_basis is AgeBasis.PRESUMED_MINOR:
            kept["age_basis"] = AgeBasis.PRESUMED_MINOR
        if self.stated_birth_date is None and known.birth_date != self.birth_date:
            kept["stated_birth_date"] = known.birth_date
        return self.model_copy(update=kept)

    def presuming_who_was_said_to_be_a_minor(self, *said: Personal[date] | None, on: date) -> "CasePerson":
        """This description, which keeps two birth dates; whoever is a minor by another one that was said is presumed one, until
        an age assessment says otherwise (docs/rules.md, child-2)."""
        kept = (None, self.birth_date, self.stated_birth_date)
        lost = [each.value for each in said if each not in kept and not is_no_birth_date(each.value, on=on)]
        if self.age_basis is AgeBasis.ASSESSED or all(whole_years(born, on) >= ADULT_AGE for born in lost):
            return self
        return self.model_copy(update={"age_basis": AgeBasis.PRESUMED_MINOR})

    def keeping_what_was_assessed(self, known: "CasePerson") -> "CasePerson":
        """This description, with the age that was assessed before, which holds until a new one (docs/rules.md, child-4)."""
        if known.age_basis is not AgeBasis.ASSESSED or self.age_basis is AgeBasis.ASSESSED:
            return self
        return self.model_copy(update={name: getattr(known, name) for name in AGE_FIELDS})

    def with_its_assessment(self, known: "CasePerson", *, today: date, recorded_by: str) -> "CasePerson":
        """This description, with the date and the source of an age that is assessed: as they are sent, or were known of the same
        age; of no other age (docs/rules.md, child-4)."""
        on, by = self.age_assessed_on, self.age_assessed_by
        if self.age_basis is not AgeBasis.ASSESSED:
            return self.model_copy(update={"age_assessed_on": None, "age_assessed_by": None})
        if all(getattr(known, name) == getattr(self, name) for name in _AGE):
            on, by = on or known.age_assessed_on, by or known.age_assessed_by
        filled = {"age_assessed_on": on or Personal(today), "age_assessed_by": by or Personal(recorded_by)}
        return self.model_copy(update=filled)
