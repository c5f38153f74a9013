"""Appeals, and what became of them."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.contract.codes import AppealOutcome, Appellant
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day


class Statement(BaseModel):
    """What an appeal says, and to which body."""

    body: PersonalText | None = None
    grounds: PersonalText | None = None


class AppealFiling(Body):
    """An appeal. `body` is the body that it goes to; without `decision_id` it is about the decision that stands."""

    filed_on: Day
    filed_by: Appellant
    body: PersonalText | None = None
    grounds: PersonalText | None = None
    decision_id: UUID | None = None


class AppealReceipt(Answer):
    appeal_id: UUID
    decision_id: UUID
    removal_hold: bool


class AppealResult(Body):
    """What the body that heard the appeal has decided."""

    outcome: AppealOutcome
    decided_on: Day
    reasons: PersonalText | None = None


class AppealSummary(Answer):
    """An appeal without its words. `outcome` is null while it is open."""

    appeal_id: UUID
    decision_id: UUID
    filed_on: date
    filed_by: Appellant
    outcome: AppealOutcome | None
    decided_on: date | None


class AppealDetails(AppealSummary):
    """An appeal as those who work on the case read it."""

    body: PersonalText | None
    grounds: PersonalText | None
    reasons: PersonalText | None
