"""What the identification service takes and gives over HTTP."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.codes import (
    AgeBasis,
    AgeGroup,
    Authority,
    CaseStatus,
    Channel,
    ExploitationForm,
    ExtensionReason,
    Gender,
    Outcome,
    PeriodKind,
    ResidenceBasis,
)
from shared.person import PersonDescription
from shared.personal import Personal, PersonalCode, PersonalName, PersonalText
from shared.schemas import Answer, Body, Country, Day, Flag, Language, Moment

# ---------------------------------------------------------------- routing


class RoutingQuestion(Body):
    """The facts that decide who decides; what is left out is taken as not known."""

    citizenships: Annotated[list[Country], Field(max_length=10)] = []
    residence_basis: ResidenceBasis = ResidenceBasis.UNKNOWN
    residence_valid_until: Day | None = None
    on: Day | None = None
    asylum_pending: Flag | None = None
    unpermitted_work: Flag | None = None
    court_recognised: Flag | None = None


class RoutingAnswer(Answer):
    """The authority, and how it was found: rule, version of the table, why, and the facts that the rule asked for."""

    authority: Authority
    rule: str
    table_version: str
    why: str
    why_da: str
    facts_used: dict[str, str | bool]


class Settlement(Body):
    """A lawyer's answer to a case that needs review."""

    authority: Literal[Authority.CMM, Authority.US]
    reason: PersonalText


# ---------------------------------------------------------------- what is sealed


class SealedText(BaseModel):
    """Free text, as it is sealed."""

    text: PersonalText


class Account(BaseModel):
    """What was said in an interview, and who helped."""

    summary: PersonalText | None = None
    interpreter: PersonalText | None = None
    companion: PersonalText | None = None


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


# ---------------------------------------------------------------- clarification


class InterviewReport(Body):
    """An interview that was held. `interpreter` and `companion` say whether there was one, or who it was."""

    held_at: Moment
    language: Language | None = None
    interpreter: Flag | PersonalText | None = None
    companion: Flag | PersonalText | None = None
    anonymous: Flag = False
    in_detention: Flag = False
    summary: PersonalText | None = None


class InterviewReceipt(Answer):
    """`number` counts the person's interviews; `held_in_detention` those while detained (a criticised practice)."""

    interview_id: UUID
    number: int
    held_in_detention: int


class RecommendationMade(Body):
    outcome: Outcome
    reasons: PersonalText


class RecommendationReceipt(Answer):
    recommendation_id: UUID
    outcome: Outcome


# ---------------------------------------------------------------- decisions and periods


class DecisionReport(Body):
    """A decision as its authority makes it; COURT is recorded by CMM or the prosecution."""

    authority: Literal[Authority.CMM, Authority.US, Authority.COURT]
    outcome: Outcome
    exploitation_forms: Annotated[list[ExploitationForm], Field(max_length=9)] = []
    decided_on: Day
    notified_on: Day | None = None
    reasons: PersonalText | None = None
    legal_status: ResidenceBasis | None = None
    replaces: UUID | None = None


class DecisionReceipt(Answer):
    decision_id: UUID
    is_current: bool


class DecisionDetails(Answer):
    """`legal_status` is the person's at the decision; a later change of status does not change it."""

    decision_id: UUID
    authority: Authority
    outcome: Outcome
    exploitation_forms: list[ExploitationForm]
    decided_on: date
    notified_on: date | None
    legal_status: ResidenceBasis
    replaces: UUID | None
    is_current: bool


class PeriodRequest(Body):
    requested_on: Day


class ExtensionRequest(Body):
    until: Day
    reason: ExtensionReason
    note: PersonalText | None = None


class ExtensionDetails(Answer):
    until: date
    reason: ExtensionReason


class PeriodDetails(Answer):
    """Days are Danish calendar days and `ends_on` is the last. While an asylum case is pending the end of a reflection
    period is no removal date (`departure_deadline_suspended`)."""

    period_id: UUID
    kind: PeriodKind
    starts_on: date
    ends_on: date
    cap_on: date
    departure_deadline_suspended: bool
    extensions: list[ExtensionDetails]


# ---------------------------------------------------------------- cases


class RoutingOfCase(Answer):
    authority: Authority
    rule: str
    table_version: str
    why: str
    settled_by: str | None


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
