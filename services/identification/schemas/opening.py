"""Opening a case without a referral."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from services.identification.schemas.person import CasePerson
from services.identification.schemas.search import PossibleDuplicate
from shared.contract.codes import Channel, Relation
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Flag, Moment, Municipality
from shared.kernel.errors import SpokenValueError


class CaseOpening(Body):
    """A person met on outreach, by the hotline, or otherwise without a referral.

    `relation` is what the person is to that of `linked_case_id`. With `anonymous`, nothing but an alias may be given of who
    the person is. A child, or who is presumed one, needs `municipality`: it is told at once."""

    channel: Channel
    occurred_at: Moment
    municipality: Municipality | None = None
    reason: PersonalText
    person: CasePerson
    linked_case_id: UUID | None = None
    relation: Relation | None = None
    anonymous: Flag = False

    @model_validator(mode="after")
    def _links_with_a_relation(self) -> Self:
        if (self.linked_case_id is None) != (self.relation is None):
            raise SpokenValueError("linked_case_id and relation go together: send both, or neither.")
        return self


class OpeningReceipt(Answer):
    """The new case, and cases that may be about the same person."""

    case_id: UUID
    possible_duplicates: list[PossibleDuplicate]
