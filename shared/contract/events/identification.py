"""The events of the identification service."""

from datetime import date, datetime
from uuid import UUID

from shared.contract.codes import (
    AgeGroup,
    AppealOutcome,
    Authority,
    Channel,
    CriminalSection,
    CriminalStep,
    DeadlineKind,
    DeadlineState,
    DisclosureBasis,
    ErasureExtent,
    ExploitationForm,
    Gender,
    Outcome,
    PeriodKind,
    Purpose,
    Relation,
    ResidenceBasis,
    RiskLevel,
)
from shared.contract.events.base import CaseEvent, CountryCode, MunicipalityCode, OrganisationId, RuleId, TableVersion


class CaseOpened(CaseEvent, service="identification", name="case-opened"):
    """A person who may be a victim has a case."""

    opened_on: date
    channel: Channel
    referral_id: UUID | None
    subject_id: UUID | None
    referred_by: OrganisationId | None
    municipality: MunicipalityCode | None
    gender: Gender
    age_group: AgeGroup
    citizenships: tuple[CountryCode, ...]
    residence_basis: ResidenceBasis
    residence_valid_until: date | None = None
    age_group_at_exploitation: AgeGroup | None = None
    unaccompanied: bool | None = None


class CaseRouted(CaseEvent, service="identification", name="case-routed"):
    """The deciding authority was found by the table, or settled by a lawyer (`settled_by`)."""

    authority: Authority
    rule: RuleId
    table_version: TableVersion
    settled_by: OrganisationId | None


class InterviewHeld(CaseEvent, service="identification", name="interview-held", true_since="held_at"):
    """An interview of the clarification was held; what was said stays in the case."""

    interview_id: UUID
    held_at: datetime
    in_detention: bool
    with_interpreter: bool


class RecommendationMade(CaseEvent, service="identification", name="recommendation-made"):
    """CMM has recommended an outcome to the deciding authority."""

    outcome: Outcome


class DecisionMade(CaseEvent, service="identification", name="decision-made", true_since="decided_on"):
    """An authority has decided. A person counts once, in the year of the first positive decision."""

    decision_id: UUID
    authority: Authority
    outcome: Outcome
    exploitation_forms: tuple[ExploitationForm, ...]
    decided_on: date
    legal_status: ResidenceBasis


class DecisionReplaced(CaseEvent, service="identification", name="decision-replaced"):
    """A later decision stands in an earlier one's place; both stay readable."""

    decision_id: UUID
    replaced_by: UUID


class PeriodGranted(CaseEvent, service="identification", name="period-granted"):
    """A reflection or restitution period runs; days are Danish calendar days, the end day is the last. It comes again, with the
    same `period_id`, where the decision had a wrong date: then these are its days."""

    period_id: UUID
    kind: PeriodKind
    starts_on: date
    ends_on: date
    cap_on: date
    departure_deadline_suspended: bool


class PeriodExtended(CaseEvent, service="identification", name="period-extended"):
    """The period's end was moved, at most to its cap."""

    period_id: UUID
    ends_on: date


class PersonDescribed(CaseEvent, service="identification", name="person-described"):
    """The description of the person has changed; these are its coded facts now. `age_assessed`: whether CMM or US has assessed
    the age, which holds against what others say of it; null where that is as it was. `unaccompanied`: whether a minor came alone;
    null where nobody has said. `age_group_at_decision`: the age group on the day of the first positive decision that stands, by
    what is known of the age now; null where there is none, or where that is not known, and `age_group` counts. `of_age_since`:
    since when who was a minor is none, where that has changed: the birthday, or the day of the assessment that says so."""

    gender: Gender
    age_group: AgeGroup
    age_group_at_exploitation: AgeGroup | None
    citizenships: tuple[CountryCode, ...]
    residence_basis: ResidenceBasis
    age_assessed: bool | None = None
    unaccompanied: bool | None = None
    age_group_at_decision: AgeGroup | None = None
    of_age_since: date | None = None


class LegalStatusChanged(CaseEvent, service="identification", name="legal-status-changed", true_since="valid_from"):
    """On what the person's stay rests, from that day; a decision made before stands as it was."""

    residence_basis: ResidenceBasis
    valid_from: date
    valid_until: date | None
    asylum_pending: bool
    unpermitted_work: bool


class MunicipalityNotified(CaseEvent, service="identification", name="municipality-notified", true_since="notified_at"):
    """A municipality has been told of a child; its 24 hours run. It takes the place of one that was told before."""

    municipality: MunicipalityCode
    notified_at: datetime


class ChildAssessed(CaseEvent, service="identification", name="child-assessed", true_since="assessed_at"):
    """The municipality has assessed what the child needs; its 24 hours are over."""

    assessed_at: datetime


class RepresentativeRequested(
    CaseEvent, service="identification", name="representative-requested", true_since="requested_on"
):
    """A personal representative was asked for, for a child."""

    requested_on: date


class RepresentativeAppointed(
    CaseEvent, service="identification", name="representative-appointed", true_since="appointed_on"
):
    """The child has a personal representative."""

    appointed_on: date


class CustodyBegan(CaseEvent, service="identification", name="custody-began", true_since="since"):
    """The person is detained, or is since another time than was told; 72 hours run from there."""

    since: datetime


class CustodyEnded(CaseEvent, service="identification", name="custody-ended", true_since="ended_at"):
    """The person is no longer detained."""

    ended_at: datetime


class RightsExplained(CaseEvent, service="identification", name="rights-explained", true_since="explained_at"):
    """The person was told of their rights."""

    explained_at: datetime
    with_interpreter: bool


class IndicatorsObserved(CaseEvent, service="identification", name="indicators-observed"):
    """Signs of trafficking were noted; they support a decision and never make one."""

    indicator_set: TableVersion
    items: int
    positive_dimensions: int


class RiskAssessed(CaseEvent, service="identification", name="risk-assessed", true_since="assessed_on"):
    """The danger to the person was assessed; it is assessed again by that day."""

    level: RiskLevel
    assessed_on: date
    reassess_on: date


class EvidenceAdded(CaseEvent, service="identification", name="evidence-added"):
    """A piece of evidence was stored."""

    evidence_id: UUID


class AppealFiled(CaseEvent, service="identification", name="appeal-filed", true_since="filed_on"):
    """A decision was appealed; the person is not removed meanwhile."""

    appeal_id: UUID
    filed_on: date
    decision_id: UUID | None = None


class AppealDecided(CaseEvent, service="identification", name="appeal-decided", true_since="decided_on"):
    """An appeal was decided; `removal_hold` says whether another one still holds a removal."""

    appeal_id: UUID
    outcome: AppealOutcome
    decided_on: date
    removal_hold: bool


class ConsentGiven(CaseEvent, service="identification", name="consent-given"):
    """The person lets one recipient know, for one purpose."""

    consent_id: UUID
    recipient: OrganisationId
    purpose: Purpose


class ConsentWithdrawn(CaseEvent, service="identification", name="consent-withdrawn"):
    """The person has taken a consent back. Unless another leave or the law still lets the recipient know
    (`may_still_know`), nothing more about the person reaches it."""

    consent_id: UUID
    recipient: OrganisationId
    purpose: Purpose
    may_still_know: bool


class DisclosureMade(CaseEvent, service="identification", name="disclosure-made"):
    """Something about the person was told to a recipient, by consent or by law."""

    disclosure_id: UUID
    recipient: OrganisationId
    purpose: Purpose
    basis: DisclosureBasis


class SupportStarted(CaseEvent, service="identification", name="support-started", true_since="starts_on"):
    """A measure of the support package began. Which one is told only of the contact person: the others speak of health."""

    measure_id: UUID
    starts_on: date
    is_contact_person: bool


class ReturnPlanned(CaseEvent, service="identification", name="return-planned", true_since="agreed_on"):
    """The person has agreed on a prepared return."""

    destination: CountryCode
    agreed_on: date
    planned_departure_on: date | None


class PersonDeparted(CaseEvent, service="identification", name="person-departed", true_since="departed_on"):
    """The person has left Denmark by a prepared return; reintegration is followed until that day."""

    departed_on: date
    reintegration_until: date


class FollowUpMade(CaseEvent, service="identification", name="follow-up-made", true_since="on"):
    """A monthly follow-up of a prepared return; `contacted` says whether the person was reached."""

    month: int
    contacted: bool
    on: date


class CriminalStepRecorded(CaseEvent, service="identification", name="criminal-step-recorded", true_since="on"):
    """A step of the criminal track."""

    kind: CriminalStep
    section: CriminalSection | None
    on: date


class PersonMissing(CaseEvent, service="identification", name="person-missing", true_since="since"):
    """The person is missing."""

    since: date
    reported_to_police_on: date | None


class PersonFound(CaseEvent, service="identification", name="person-found", true_since="on"):
    """The person is no longer missing."""

    on: date
    municipality: MunicipalityCode | None


class CaseLinked(CaseEvent, service="identification", name="case-linked"):
    """Another person has to do with this one; each side is told with its own relation."""

    other_case_id: UUID
    relation: Relation


class CaseUnlinked(CaseEvent, service="identification", name="case-unlinked"):
    """The link was an error."""

    other_case_id: UUID


class CaseMerged(CaseEvent, service="identification", name="case-merged"):
    """This case is about the person of another one, where the work goes on; the two count as one person.

    It is an event of the case `into`, and kept in order with that one's: who knows the merged case alone is told of nothing."""

    into: UUID

    @property
    def key(self) -> str:
        return str(self.into)


class CaseUnmerged(CaseEvent, service="identification", name="case-unmerged"):
    """The merge was an error: the two are different people, each with a case. An event of the case `out_of`."""

    out_of: UUID

    @property
    def key(self) -> str:
        return str(self.out_of)


class SourceWithdrawn(CaseEvent, service="identification", name="source-withdrawn"):
    """The only referral behind the case was withdrawn. The case stays open with CMM, and its deadlines run on."""

    referral_id: UUID


class PartyEnded(CaseEvent, service="identification", name="party-ended"):
    """CMM has ended an organisation's part in the case; nothing more of it reaches that organisation."""

    organisation: OrganisationId


class CaseClosed(CaseEvent, service="identification", name="case-closed", true_since="on"):
    """The work on the case has ended; a person did that, never a clock."""

    on: date


class CaseReopened(CaseEvent, service="identification", name="case-reopened", true_since="on"):
    """A closed case is worked on again."""

    on: date


class CaseErased(CaseEvent, service="identification", name="case-erased"):
    """Who the person is can no longer be read; what is counted stays. Whoever holds anything sealed of the case erases it within
    the hour, and says so in an event of its own (`erasure-confirmed`), by this id."""

    extent: ErasureExtent = ErasureExtent.CASE
    erasure_id: UUID | None = None


class DeadlineApproaching(CaseEvent, service="identification", name="deadline-approaching"):
    """A clock gives an alert: `state` is `due` before the time is over, `passed` when it is. No clock closes a case."""

    kind: DeadlineKind
    due_at: datetime
    due_on: date
    state: DeadlineState
    for_org: OrganisationId


class OnCallAlerted(CaseEvent, service="identification", name="on-call-alerted"):
    """The on-call was told outside hotline hours; again until acknowledged."""

    number: int


class OnCallAcknowledged(CaseEvent, service="identification", name="on-call-acknowledged"):
    """Somebody on call has taken it."""
