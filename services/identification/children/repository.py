from uuid import UUID

from services.identification.children.models import ChildReferral
from shared.data.unit_of_work import UnitOfWork

# ---------------------------------------------------------------- children


async def child_referral(work: UnitOfWork, referral_id: UUID) -> ChildReferral | None:
    return await work.session.get(ChildReferral, referral_id)


async def add_child_referral(work: UnitOfWork, referral: ChildReferral) -> None:
    work.session.add(referral)
    await work.session.flush()
