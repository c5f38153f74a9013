"""What HTTP takes and gives of cases that are opened without a referral, and of drafts."""

import json
from datetime import date
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, model_validator

from services.identification.case.schemas import CasePerson
from services.identification.finding.schemas import PossibleDuplicate
from shared.contract.codes import Channel, Relation
from shared.contract.personal import Personal, PersonalText
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Flag, Moment, Municipality, example
from shared.contract.warnings import InputWarning
from shared.kernel.errors import SpokenValueError

# ---------------------------------------------------------------- opening without a referral


class CaseOpening(Body):
    """A person met on outreach, by the hotline, or otherwise without a referral.

    `relation` is what the person is to that of `linked_case_id`. With `anonymous`, nothing but an alias may be given of who
    the person is. A child, or who is presumed one, needs `municipality`: it is told at once."""

    model_config = example(
        channel="outreach",
        occurred_at="2026-03-09T09:30:00+01:00",
        municipality="0751",
        reason="She was met on outreach, and asked for help.",
        person={"aliases": ["Nok"], "stated_age": 31, "gender": "woman", "citizenships": ["THA"]},
    )

    channel: Channel
    occurred_at: Happened
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
    """The new case, and cases that may be about the same person. `warnings` names what of the description was kept as written
    and says less than it seems to."""

    case_id: UUID
    possible_duplicates: list[PossibleDuplicate]
    warnings: list[InputWarning]


MOST_BYTES: Final = 64 * 1024


def _loosely_a_case(content: Personal[dict[str, Any]]) -> Personal[dict[str, Any]]:
    """Half-entered means that anything may be missing or wrong, but nothing may be there that no case has."""
    if len(json.dumps(content.value).encode()) > MOST_BYTES:
        raise SpokenValueError("A draft holds 64 KiB at most.")
    person = content.value.get("person", {})
    if not isinstance(person, dict):
        raise SpokenValueError("person is an object.")
    if not (
        content.value.keys() <= CaseOpening.model_fields.keys() and person.keys() <= CasePerson.model_fields.keys()
    ):
        raise SpokenValueError("A draft has the fields of POST /identification/v1/cases, and no others.")
    return content


DraftContent = Annotated[Personal[dict[str, Any]], AfterValidator(_loosely_a_case)]


class DraftBody(Body):
    """Any part of what POST /identification/v1/cases takes."""

    model_config = example(
        content={
            "channel": "hotline",
            "occurred_at": "2026-03-09T09:30:00+01:00",
            "reason": "A neighbour has called.",
            "person": {"aliases": ["Fon"], "gender": "woman"},
        }
    )

    content: DraftContent


class SealedDraft(BaseModel):
    """The draft as it is sealed."""

    content: Personal[dict[str, Any]]


class DraftReceipt(Answer):
    """When there is a reminder, and the day on which the draft is deleted without a trace."""

    draft_id: UUID
    remind_on: date
    delete_on: date


class DraftHead(DraftReceipt):
    saved_at: Moment


class DraftDetails(DraftHead):
    content: Personal[dict[str, Any]]
