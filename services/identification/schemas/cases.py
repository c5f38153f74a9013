"""A case as its readers see it."""

from datetime import date
from uuid import UUID

from services.identification.schemas.decisions import DecisionDetails, PeriodDetails
from services.identification.schemas.routing import RoutingOfCase
from shared.codes import (
    AgeGroup,
    Authority,
    CaseStatus,
    Channel,
    Gender,
    Outcome,
    ResidenceBasis,
)
from shared.schemas import Answer, Moment


class CaseDeadline(Answer):
    kind: str
    due_at: Moment


class Linked(Answer):
    case_id: UUID
    relation: str


class CaseDetails(Answer):
    """A case as those who work on it see it; no personal data."""

    case_id: UUID
    status: CaseStatus
    missing: bool
    opened_on: date
    channel: Channel
    municipality: str | None
    referral_ids: list[UUID]
    gender: Gender
    age_group: AgeGroup
    citizenships: list[str]
    residence_basis: ResidenceBasis
    routing: RoutingOfCase
    deciding_authority: Authority | None
    identification_pending: bool
    removal_hold: bool
    decisions: list[DecisionDetails]
    periods: list[PeriodDetails]
    deadlines: list[CaseDeadline]
    linked: list[Linked]


class CaseGlimpse(Answer):
    """A case as others see it who have to do with it. A field that is null is not theirs to know."""

    case_id: UUID
    status: CaseStatus | None
    opened_on: date | None
    identification_pending: bool | None


class CaseState(Answer):
    """Where the case stands. A field that is null is not known yet, or not the caller's to know."""

    case_id: UUID
    identification_pending: bool | None
    status: CaseStatus | None
    deciding_authority: Authority | None
    outcome: Outcome | None
    as_of: Moment


class TimelineEntry(Answer):
    at: Moment
    kind: str
    actor_org: str
    summary: str


class Timeline(Answer):
    items: list[TimelineEntry]
