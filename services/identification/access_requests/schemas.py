"""What HTTP takes and gives of requests for access, and the documents that are sealed."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from services.identification.case.codes import AccessOutcome, AccessState, AskedBy, AskerRelation
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, Moment, example
from shared.kernel.errors import SpokenValueError


class AccessAccount(BaseModel):
    """Who asks, and how it was proven who they are and that they may ask."""

    requester: PersonalName | None = None
    identity: PersonalText | None = None
    authority: PersonalText | None = None
    note: PersonalText | None = None


class AccessRequestReport(Body):
    """Somebody asks for what is held of the person: the person, or somebody on their behalf, who may be the trafficker.
    `identity` says how it was proven who asks, `authority` how it was proven that they may ask for the person."""

    model_config = example(
        requested_on="2026-03-09",
        asked_by="on_behalf",
        relation="lawyer",
        requester="Jens Opdigtet",
        identity="Known to CMM from an earlier case.",
        authority="A power of attorney that she has signed at CMM.",
    )

    requested_on: HappenedOn
    asked_by: AskedBy
    relation: AskerRelation | None = None
    requester: PersonalName | None = None
    identity: PersonalText | None = None
    authority: PersonalText | None = None
    note: PersonalText | None = None

    @model_validator(mode="after")
    def _says_who_asks(self) -> Self:
        is_on_behalf = self.asked_by is AskedBy.ON_BEHALF
        if is_on_behalf and self.relation is None:
            raise SpokenValueError("Say in `relation` what they are to the person on whose behalf they ask.")
        if not is_on_behalf and (self.relation or self.authority):
            raise SpokenValueError("`relation` and `authority` are of who asks on behalf of the person.")
        return self


class AccessReview(Body):
    """Whether the request is granted, and why."""

    model_config = example(outcome="granted", reason="She has signed the power of attorney at CMM.")

    outcome: AccessOutcome
    reason: PersonalText


class AccessHandOut(Body):
    """When what is held was handed out."""

    model_config = example(handed_out_on="2026-03-09")

    handed_out_on: HappenedOn


class AccessRequestState(Answer):
    """How a request stands. It is answered by `answer_by`; what was granted is handed out by `granted_until`."""

    access_request_id: UUID
    state: AccessState
    requested_on: date
    answer_by: date
    granted_until: date | None
    handed_out_on: date | None


class AccessRequestDetails(AccessRequestState):
    """A request with who asks, and the review of it."""

    asked_by: AskedBy
    relation: AskerRelation | None
    requester: PersonalName | None
    identity: PersonalText | None
    authority: PersonalText | None
    note: PersonalText | None
    recorded_at: Moment
    reviewed_at: Moment | None
    reason: PersonalText | None
