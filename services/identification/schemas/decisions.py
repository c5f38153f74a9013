"""Decisions and the periods they give."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.identification.schemas.person import SealedText
from shared.contract.codes import Authority, ExploitationForm, ExtensionReason, Outcome, PeriodKind, ResidenceBasis
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day
from shared.kernel.errors import SpokenValueError


class DecisionReport(Body):
    """A decision as its authority makes it; COURT is recorded by CMM or the prosecution."""

    authority: Literal[Authority.CMM, Authority.US, Authority.COURT]
    outcome: Outcome
    exploitation_forms: Annotated[list[ExploitationForm], Field(max_length=9)] = []
    decided_on: Day
    notified_on: Day | None = None
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
