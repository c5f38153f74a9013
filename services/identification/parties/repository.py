"""The referrals behind a case, and the parts in it that were ended."""

from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import col

from services.identification.case.models import Case, CaseReferral
from services.identification.case.repository import seal
from services.identification.case.schemas import SealedText
from services.identification.parties.models import EndedPart
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork


async def referrals_to_withdraw(work: UnitOfWork, referral_id: UUID) -> list[CaseReferral]:
    """The subjects of a referral that have a case and of which nobody has yet said that it was withdrawn; locked."""
    query = select(CaseReferral).where(
        col(CaseReferral.referral_id) == referral_id, col(CaseReferral.withdrawn_at).is_(None)
    )
    return list(await work.session.scalars(query.order_by(col(CaseReferral.case_id)).with_for_update()))


async def note_withdrawal(work: UnitOfWork, referral: CaseReferral) -> None:
    """The sender has withdrawn what it said of this subject."""
    referral.withdrawn_at = work.now
    await work.session.flush()


async def has_other_source(work: UnitOfWork, case_id: UUID) -> bool:
    """Whether a referral that was not withdrawn stands behind the case."""
    other = exists().where(col(CaseReferral.case_id) == case_id, col(CaseReferral.withdrawn_at).is_(None))
    return bool(await work.session.scalar(select(other)))


async def keep_ended_part(work: UnitOfWork, case: Case, organisation: str, part: Part, reason: SealedText) -> EndedPart:
    """Keep who ended the part, and why."""
    ended = EndedPart(case_id=case.id, org=organisation, part=part, ended_at=work.now, ended_by=work.actor.subject)
    await seal(work, ended, {"reason": reason})
    work.session.add(ended)
    await work.session.flush()
    work.audit(operation="party.end", subject_id=case.id, object_ids=[ended.id])
    return ended
