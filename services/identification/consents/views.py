"""Consents, their withdrawal, and disclosures, as they are shown."""

from uuid import UUID

from services.identification.consents.models import Consent, Disclosure
from services.identification.consents.schemas import (
    ConsentState,
    ConsentWords,
    DisclosureState,
    DisclosureWords,
    Withdrawal,
    WithdrawalReceipt,
)


def see_consent(consent: Consent, words: ConsentWords, *, in_case: UUID) -> ConsentState:
    """A consent as those who work on the case see it, of the case itself or of one that was merged into it."""
    is_unconfirmed = consent.case_id != in_case and consent.confirmed_at is None
    return ConsentState(
        consent_id=consent.id,
        scope_text=words.scope,
        interpreter=words.interpreter or consent.with_interpreter,
        is_live=consent.withdrawn_at is None and not is_unconfirmed,
        unconfirmed=is_unconfirmed,
        said_withdrawn_at=words.said_withdrawn_at,
        **consent.model_dump(
            include={
                "recipient",
                "purpose",
                "scope",
                "method",
                "given_at",
                "recorded_by",
                "withdrawn_at",
                "acknowledged_at",
            }
        ),
    )


def see_withdrawal(consent: Consent) -> Withdrawal:
    """A consent that was taken back, as its recipient sees it."""
    return Withdrawal(
        consent_id=consent.id,
        **consent.model_dump(include={"case_id", "purpose", "withdrawn_at", "acknowledged_at"}),
    )


def see_withdrawn(consent: Consent, *, may_still_know: bool) -> WithdrawalReceipt:
    """A consent that was just taken back."""
    return WithdrawalReceipt(**see_withdrawal(consent).model_dump(), may_still_know=may_still_know)


def see_disclosure(row: Disclosure, words: DisclosureWords) -> DisclosureState:
    """A disclosure with its reason."""
    fields = row.model_dump(include=set(DisclosureState.model_fields) - {"disclosure_id", "reason", "note"})
    return DisclosureState(disclosure_id=row.id, reason=words.reason, note=words.note, **fields)
