"""A case as its readers see it."""

from datetime import date
from uuid import UUID

from services.identification.authority.schemas import RoutingOfCase
from services.identification.case.codes import CaseStatus, NoteKind, Proposal
from services.identification.children.schemas import ChildProtection
from services.identification.clarification.schemas import RecommendationSummary
from services.identification.custody.schemas import CustodyStanding
from services.identification.deadlines.schemas import DeadlineDetails
from services.identification.decisions.schemas import AppealSummary, DecisionDetails
from services.identification.links.schemas import Linked
from services.identification.periods.schemas import PeriodDetails
from services.identification.risk.schemas import RiskStanding
from shared.contract.codes import AgeGroup, Authority, Channel, Gender, Outcome, ResidenceBasis
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Moment


class CaseDetails(Answer):
    """A case as those who work on it see it; no personal data."""

    case_id: UUID
    status: CaseStatus
    missing: bool
    missing_asked_since: date | None
    """The person left a place without notice that day, and nobody has said yet whether they are missing."""
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
    """The deadlines that are not done, soonest first."""
    custody: CustodyStanding | None
    proposals: list[Proposal]
    """What could be instead of what is: `placement_34_1_3`, a place at a shelter instead of detention."""
    linked: list[Linked]
    merged_into: UUID | None
    """The case about the same person where the work goes on; this one is only read."""
    source_withdrawn: bool
    """The only referral behind the case was withdrawn; the work goes on all the same."""
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


class WhereHeld(Answer):
    """Police hold the child: since when, which districts have referred the child, and where as far as was said."""

    since: Moment
    police: list[str]
    place: PersonalText | None


class Whereabouts(Answer):
    """Where a child is as far as the case knows it. Whether the child has a place, and with whom, accommodation says:
    `GET /accommodation/v1/whereabouts?case_id=`."""

    case_id: UUID
    missing_since: date | None
    missing_asked_since: date | None
    """The child left a place without notice that day, and nobody has said yet whether they are missing."""
    held: WhereHeld | None
    as_of: Moment


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


class TimelineEntry(Answer):
    at: Moment
    kind: str
    actor_org: str
    summary: str


class Timeline(Answer):
    items: list[TimelineEntry]


# ---------------------------------------------------------------- notes


class Note(Answer):
    """What was said, with what; when and by which organisation, where that is known apart from the text."""

    kind: NoteKind
    text: PersonalText
    at: Moment | None
    by: str | None


class Notes(Answer):
    items: list[Note]


# ---------------------------------------------------------------- export


class Unmapped(Answer):
    """A value of ours that the standard has no code for, or only a coarser one."""

    field: str
    value: str
    reason: str


class Export(Answer):
    """`record` has the standard's field names and codes; `unmapped` what is lost in it."""

    standard: str
    attribution: str
    table_version: str
    case_id: UUID
    record: dict[str, str | list[str]]
    unmapped: list[Unmapped]
