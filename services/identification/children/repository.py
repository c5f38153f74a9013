"""The rows of referrals that tell a municipality of a child, and what was recorded of children."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from services.identification.children.models import ChildReferral
from shared.contract.events import ChildAssessed, RepresentativeAppointed
from shared.data.columns import any_of
from shared.data.outbox import RecordedEvent
from shared.data.unit_of_work import UnitOfWork

# ---------------------------------------------------------------- children


async def child_referral(work: UnitOfWork, referral_id: UUID) -> ChildReferral | None:
    return await work.session.get(ChildReferral, referral_id)


async def add_child_referral(work: UnitOfWork, referral: ChildReferral) -> None:
    work.session.add(referral)
    await work.session.flush()


async def done_in(work: UnitOfWork, case_ids: Collection[UUID]) -> list[ChildAssessed | RepresentativeAppointed]:
    """The assessments and appointments that were recorded in these cases themselves."""
    kinds = {kind.type: kind for kind in (ChildAssessed, RepresentativeAppointed)}
    query = select(RecordedEvent).where(
        any_of(RecordedEvent.key, [str(case_id) for case_id in case_ids]), any_of(RecordedEvent.type, list(kinds))
    )
    return [kinds[row.type].model_validate(row.payload) for row in await work.session.scalars(query)]
