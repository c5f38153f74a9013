"""A case as its readers see it."""

from datetime import date
from uuid import UUID

from services.identification.schemas.appeals import AppealSummary
from services.identification.schemas.children import ChildProtection
from services.identification.schemas.clarification import RecommendationSummary
from services.identification.schemas.deadlines import CustodyStanding, DeadlineDetails
from services.identification.schemas.decisions import DecisionDetails, PeriodDetails
from services.identification.schemas.links import Linked
from services.identification.schemas.risk import RiskStanding
from services.identification.schemas.routing import RoutingOfCase
from shared.contract.codes import (
    AgeGroup,
    Authority,
    CaseStatus,
    Channel,
    ExploitationForm,
    Gender,
    Outcome,
    Proposal,
    ResidenceBasis,
)
from shared.contract.types import Answer, Moment


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
    age_group_at_exploitation: AgeGroup | None
    citizenships: list[str]
    residence_basis: ResidenceBasis
    routing: RoutingOfCase
    deciding_authority: Authority | None
    identification_pending: bool
    removal_hold: bool
    recommendation: RecommendationSummary | None
    """What CMM recommended last."""
    decisions: list[DecisionDetails]
    appeals: list[AppealSummary]
    periods: list[PeriodDetails]
    has_contact_person: bool
    support_to_open: bool
    """Somebody has recognised the person as trafficked (a court too, R1), and CMM has begun no support yet."""
    closed_on: date | None
    child_protection: ChildProtection | None
    risk: RiskStanding | None
    """The danger to the person as last assessed."""
    deadlines: list[DeadlineDetails]
    """The clocks that are not done, soonest first."""
    custody: CustodyStanding | None
    proposals: list[Proposal]
    """What could be instead of what is: `placement_34_1_3`, a place at a shelter instead of detention."""
    linked: list[Linked]
    merged_into: UUID | None
    """The case about the same person where the work goes on; this one is only read."""
    merged: list[UUID]
    """The cases about the same person that were merged into this one."""


class CaseGlimpse(Answer):
    """A case as others see it who have to do with it. A field that is null is not theirs to know."""

    case_id: UUID
    status: CaseStatus | None
    opened_on: date | None
    identification_pending: bool | None
    removal_hold: bool | None
    """An appeal is open: the person is not to be removed."""
    deciding_authority: Authority | None
    outcome: Outcome | None


class CaseState(Answer):
    """Where the case stands. A field that is null is not known yet, or not the caller's to know."""

    case_id: UUID
    identification_pending: bool | None
    removal_hold: bool | None
    """An appeal is open: the person is not to be removed."""
    status: CaseStatus | None
    deciding_authority: Authority | None
    outcome: Outcome | None
    as_of: Moment


class EarlierIdentification(Answer):
    """A decision of an earlier case of the same person."""

    case_id: UUID
    outcome: Outcome
    authority: Authority
    decided_on: date
    exploitation_forms: list[ExploitationForm]


class EarlierIdentifications(Answer):
    items: list[EarlierIdentification]


class TimelineEntry(Answer):
    at: Moment
    kind: str
    actor_org: str
    summary: str


class Timeline(Answer):
    items: list[TimelineEntry]
