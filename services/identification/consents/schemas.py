"""What a person lets others know, and what was disclosed."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.identification.case.codes import ConsentMethod
from shared.contract.codes import DisclosureBasis, LegalBasis, Purpose, ShareScope
from shared.contract.personal import PersonalText
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Flag, Moment, Recipient, example
from shared.contract.warnings import InputWarning


class ConsentReport(Body):
    """Leave to let `recipient` know, for `purpose`. `scope` lists what (status, outcome, contact, person, health_flags,
    placement), or says it in words; without codes it is the status alone."""

    model_config = example(
        recipient="reden", purpose="support", scope=["status", "contact"], method="oral", interpreter=True
    )

    recipient: Recipient
    purpose: Purpose
    scope: Annotated[list[ShareScope], Field(max_length=6)] | PersonalText | None = None
    method: ConsentMethod | None = None
    given_at: Happened | None = None
    interpreter: Flag | PersonalText | None = None


class ConsentWords(BaseModel):
    """What of a consent is free text, as it is sealed."""

    scope: PersonalText | None = None
    interpreter: PersonalText | None = None
    said_withdrawn_at: Moment | None = None


class ConsentReceipt(Answer):
    """`warnings` names what of a new consent opens nothing, though it is kept."""

    consent_id: UUID
    warnings: list[InputWarning] = []


class ConsentState(Answer):
    """A consent as those who work on the case see it. It is live until `withdrawn_at`; when the person said so, where that
    was told, is `said_withdrawn_at`."""

    consent_id: UUID
    recipient: str
    purpose: Purpose
    scope: list[ShareScope]
    scope_text: PersonalText | None
    method: ConsentMethod | None
    given_at: Moment
    interpreter: bool | PersonalText | None
    recorded_by: str
    is_live: bool
    unconfirmed: bool
    """It came with a case that was merged into this one, and gives nothing here until CMM confirms it."""
    withdrawn_at: Moment | None
    said_withdrawn_at: Moment | None
    acknowledged_at: Moment | None


class ConsentWithdrawal(Body):
    """`withdrawn_at` is when the person said so; it takes effect when it reaches us, which is now."""

    model_config = example(withdrawn_at="2026-03-09T11:00:00+01:00")

    withdrawn_at: Happened | None = None


class Withdrawal(Answer):
    """A consent that was taken back from the recipient, which must acknowledge it."""

    consent_id: UUID
    case_id: UUID
    purpose: Purpose
    withdrawn_at: Moment
    acknowledged_at: Moment | None


class WithdrawalReceipt(Withdrawal):
    """Every consent of the person for this recipient and purpose is taken back. `may_still_know` says that a consent for
    another purpose, the law, or a part of its own in the case still lets the recipient know of it."""

    may_still_know: bool


class DisclosureReport(Body):
    """Something is told to `recipient`. Without a live consent it takes a `legal_basis` and a `reason`."""

    model_config = example(
        recipient="kommune-0461",
        purpose="support",
        fields=["status"],
        legal_basis="child_at_risk",
        reason="A child lives with her.",
    )

    recipient: Recipient
    purpose: Purpose
    fields: Annotated[list[ShareScope], Field(min_length=1, max_length=6)] = [ShareScope.STATUS]
    note: PersonalText | None = None
    legal_basis: LegalBasis | None = None
    reason: PersonalText | None = None


class DisclosureWords(BaseModel):
    """What of a disclosure is free text, as it is sealed."""

    note: PersonalText | None = None
    reason: PersonalText | None = None


class DisclosureReceipt(Answer):
    """`warnings` names what of a new disclosure opens nothing, though it is kept."""

    disclosure_id: UUID
    basis: DisclosureBasis
    warnings: list[InputWarning] = []


class DisclosureState(Answer):
    """What was told to whom, when, and why that was allowed; `ended_at` when it no longer lets the recipient know."""

    disclosure_id: UUID
    case_id: UUID
    recipient: str
    purpose: Purpose
    fields: list[ShareScope]
    basis: DisclosureBasis
    consent_id: UUID | None
    legal_basis: LegalBasis | None
    reason: PersonalText | None
    note: PersonalText | None
    made_at: Moment
    made_by: str
    ended_at: Moment | None
