"""What HTTP takes and gives of decisions, appeals and closures."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.identification.case.codes import Appellant, CaseStatus
from services.identification.case.schemas import SealedText
from shared.contract.codes import AppealOutcome, Authority, ExploitationForm, Outcome, ResidenceBasis
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, example
from shared.kernel.errors import SpokenValueError


class DecisionReport(Body):
    """A decision as its authority makes it; COURT is recorded by CMM or the prosecution."""

    model_config = example(
        authority="CMM",
        outcome="assessed_trafficked",
        exploitation_forms=["SEXUAL"],
        decided_on="2026-03-09",
        notified_on="2026-03-09",
        reasons="As recommended.",
    )

    authority: Literal[Authority.CMM, Authority.US, Authority.COURT]
    outcome: Outcome
    exploitation_forms: Annotated[list[ExploitationForm], Field(max_length=9)] = []
    decided_on: HappenedOn
    notified_on: HappenedOn | None = None
    reasons: PersonalText | None = None
    other_form: PersonalText | None = None
    """What the exploitation was, where one of its forms is OTHER."""
    legal_status: ResidenceBasis | None = None
    replaces: UUID | None = None

    @model_validator(mode="after")
    def _says_what_other_is(self) -> Self:
        if ExploitationForm.OTHER in self.exploitation_forms and not (self.reasons or self.other_form):
            raise SpokenValueError("The form OTHER says what it was: send other_form, or reasons.")
        return self


class DecisionGrounds(SealedText):
    """The reasons as they are sealed, and what the form OTHER was."""

    other_form: PersonalText | None = None


class DecisionReceipt(Answer):
    decision_id: UUID
    is_current: bool


class CourtDecision(Answer):
    """What a court has decided, as the prosecution reads it: without what the case says of the person's stay besides.
    `decided_by` is whoever recorded it."""

    decision_id: UUID
    authority: Authority
    outcome: Outcome
    exploitation_forms: list[ExploitationForm]
    decided_on: date
    notified_on: date | None
    recorded_by: str
    decided_by: str | None
    replaces: UUID | None
    is_current: bool
    reasons: PersonalText | None
    other_form: PersonalText | None


class DecisionDetails(Answer):
    """`legal_status` and `asylum_pending` are the person's at the decision; a later change of status does not change them.

    `rule` and `table_version` say why this authority decided; `recorded_by` and `decided_by` who did: the organisation, and
    its decider as the login calls them (for a court's decision, whoever recorded it)."""

    decision_id: UUID
    authority: Authority
    outcome: Outcome
    exploitation_forms: list[ExploitationForm]
    decided_on: date
    notified_on: date | None
    legal_status: ResidenceBasis
    asylum_pending: bool
    rule: str | None
    table_version: str | None
    recorded_by: str
    decided_by: str | None
    replaces: UUID | None
    is_current: bool


class ReasonedDecision(DecisionDetails):
    """A decision with its reasons, and what the form OTHER was."""

    reasons: PersonalText | None
    other_form: PersonalText | None


# ---------------------------------------------------------------- appeals


class Statement(BaseModel):
    """What an appeal says, and to which body."""

    body: PersonalText | None = None
    grounds: PersonalText | None = None


class AppealFiling(Body):
    """An appeal. `body` is the body that it goes to; without `decision_id` it is about the decision that stands."""

    model_config = example(filed_on="2026-03-16", filed_by="lawyer", body="The board", grounds="Not all was heard.")

    filed_on: HappenedOn
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

    model_config = example(outcome="upheld", decided_on="2026-03-19", reasons="The board has heard her.")

    outcome: AppealOutcome
    decided_on: HappenedOn
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


# ---------------------------------------------------------------- closing


class ClosureReport(Body):
    """The work on the case has ended, and why."""

    model_config = example(on="2026-03-20", reason="The work has ended.")

    on: HappenedOn
    reason: PersonalText


class ReopeningReport(Body):
    """Why a closed case is worked on again."""

    model_config = example(reason="She has come back.")

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
