"""The person of a case, and free text, as they are sealed."""

from typing import Annotated

from pydantic import BaseModel, Field

from shared.codes import (
    AgeBasis,
)
from shared.person import PersonDescription
from shared.personal import Personal, PersonalCode, PersonalName, PersonalText
from shared.schemas import Day


class SealedText(BaseModel):
    """Free text, as it is sealed."""

    text: PersonalText


class CasePerson(PersonDescription):
    """The person of a case: a referral's subject, and how to reach them safely."""

    reference: PersonalCode | None = None
    safe_contact: PersonalText | None = None
    aliases: Annotated[list[PersonalName], Field(max_length=20)] = []
    interpreter: PersonalText | None = None
    stated_birth_date: Personal[Day] | None = None
    """The birth date first stated, kept when documents or an assessment later give another."""

    def keeping_what_was_stated(self, known: "CasePerson") -> "CasePerson":
        """This description, with the birth date that `known` says was stated first (domain, section 5)."""
        stated = known.stated_birth_date
        if stated is None and known.age_basis in (None, AgeBasis.STATED, AgeBasis.PRESUMED_MINOR):
            stated = known.birth_date if known.birth_date != self.birth_date else None
        return self.model_copy(update={"stated_birth_date": stated})
