"""The referrals behind a case, and the parts in it that were ended."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlmodel import col

from services.identification.case.models import Case, CaseReferral
from services.identification.case.repository import seal
from services.identification.case.schemas import SealedText
from services.identification.parties.models import EndedPart
from shared.contract.visibility import Part
from shared.data.columns import any_asked
from shared.data.unit_of_work import UnitOfWork

_NOT_WITHDRAWN: Final = col(CaseReferral.withdrawn_at).is_(None)
_TO_WITHDRAW: Final = (
    select(CaseReferral)
    .where(col(CaseReferral.referral_id) == bindparam("referral_id"), _NOT_WITHDRAWN)
    .order_by(col(CaseReferral.case_id))
    .with_for_update()
)
_HAS_SOURCE: Final = select(exists().where(any_asked(col(CaseReferral.case_id), "case_ids"), _NOT_WITHDRAWN))


async def referrals_to_withdraw(work: UnitOfWork, referral_id: UUID) -> list[CaseReferral]:
    """The subjects of a referral that have a case and of which nobody has yet said that it was withdrawn; locked."""
    return await work.session.scalars(_TO_WITHDRAW, {"referral_id": referral_id})


async def note_withdrawal(work: UnitOfWork, referral: CaseReferral) -> None:
    """The sender has withdrawn what it said of this subject."""
    referral.withdrawn_at = work.now
    await work.session.flush()


async def any_source(work: UnitOfWork, case_ids: Sequence[UUID]) -> bool:
    """Whether a referral that was not withdrawn stands behind one of these cases."""
    return bool(await work.session.scalar(_HAS_SOURCE, {"case_ids": list(case_ids)}))


async def keep_ended_part(work: UnitOfWork, case: Case, organisation: str, part: Part, reason: SealedText) -> EndedPart:
    """Keep who ended the part, and why."""
    ended = EndedPart(case_id=case.id, org=organisation, part=part, ended_at=work.now, ended_by=work.actor.subject)
    await seal(work, ended, {"reason": reason})
    work.session.add(ended)
    await work.session.flush()
    work.audit(operation="party.end", subject_id=case.id, object_ids=[ended.id])
    return ended
