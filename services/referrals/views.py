"""Referrals, as each may see them."""

from collections.abc import Mapping
from typing import Any, Final

from services.referrals import domain
from services.referrals.models import Referral
from services.referrals.repository import OpenedReferral
from services.referrals.schemas import ERASED, ReferralDetails, ReferralState, StatusStep, SubjectDetails
from shared.contract.codes import ReferralKind
from shared.contract.person import Subject
from shared.contract.visibility import Aspect, person_aspect
from shared.kernel.text import AS_STORED

_OF_A_REFERRAL: Final[Mapping[str, Aspect]] = {
    "reference": Aspect.EXISTENCE,
    "communication_needs": Aspect.CONTACT,
    "consents": Aspect.PERSON,
}
"""What fields of a subject show that a case's person has not, or has otherwise: the sender's own reference is no name."""

_FOR_HEALTH: Final = frozenset({"gender", "stated_age"})
"""What a referral for health tells those who treat the person besides why."""

FACTS: Final = frozenset(
    {"stated_age", "birth_date", "age_basis", "residence_basis", "residence_valid_until", "asylum_pending"}
)
"""What identification takes in of a person whose case there is, and reads of a referral that asks for something else."""


def see_referral(opened: OpenedReferral) -> ReferralDetails:
    """The whole referral, as far as the reader may know it."""
    referral, known = opened.referral, opened.known
    words = said_in(referral) in known and not opened.only_facts
    is_contact_shown = Aspect.CONTACT in known and not opened.only_facts
    return ReferralDetails(
        **head_of(referral),
        warnings=opened.narrative.warnings,
        as_written=opened.narrative.as_written if Aspect.PERSON in known and not opened.only_facts else [],
        reason=opened.narrative.reason if words else None,
        safe_contact=opened.narrative.safe_contact if is_contact_shown else None,
        subjects=[
            SubjectDetails.model_validate(
                (_shown(opened, person) if person else ERASED)
                | {"subject_id": row.id, "case_id": row.case_id, "erased_at": row.erased_at},
                context=AS_STORED,
            )
            for row, person in opened.subjects
        ],
        history=[
            StatusStep(
                remark=remark.text if remark and words else None,
                **row.model_dump(include={"at", "org", "status", "recipient", "basis", "legal_basis"}),
            )
            for row, remark in opened.history
        ],
    )


def said_in(referral: Referral) -> Aspect:
    """What the words of a referral show: who is asked to treat somebody reads why."""
    return Aspect.HEALTH if referral.kind is ReferralKind.HEALTH else Aspect.PERSON


def _shown(opened: OpenedReferral, person: Subject) -> dict[str, Any]:
    for_health = _FOR_HEALTH if opened.referral.kind is ReferralKind.HEALTH else frozenset()
    return {
        name: value
        for name, value in person
        if (Aspect.HEALTH if name in for_health else _OF_A_REFERRAL.get(name) or person_aspect(name)) in opened.known
        and (name in FACTS or not opened.only_facts)
    }


def see_state(referral: Referral) -> ReferralState:
    """Where the referral stands."""
    return ReferralState(
        referral_id=referral.id,
        status=referral.status,
        updated_at=referral.updated_at,
        next_deadline=domain.next_deadline(referral),
    ).tagged(referral)


def head_of(referral: Referral) -> dict[str, Any]:
    """A referral without personal data."""
    return {"referral_id": referral.id} | referral.model_dump(
        exclude={"id", "narrative", "version", "forwarded_by", "erased_at"}
    )
