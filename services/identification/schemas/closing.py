"""Closing a case, and reopening it."""

from datetime import date
from uuid import UUID

from shared.contract.codes import CaseStatus
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day


class ClosureReport(Body):
    """The work on the case has ended, and why."""

    on: Day
    reason: PersonalText


class ReopeningReport(Body):
    """Why a closed case is worked on again."""

    reason: PersonalText


class CaseStanding(Answer):
    """Where the case stands now."""

    case_id: UUID
    status: CaseStatus
    closed_on: date | None


class ClosureDetails(Answer):
    """A closure, and the reopening that followed it, if any."""

    closure_id: UUID
    closed_on: date
    reason: PersonalText | None
    reopened_on: date | None
    reopening_reason: PersonalText | None
