"""The rows of erasures and of who has confirmed them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Select, String, Uuid, bindparam, exists, select, text, update
from sqlmodel import col

from services.identification.erasure.models import Erasure, ErasureHolder
from services.identification.erasure.schemas import ErasureState
from shared.data import answers
from shared.data.columns import NOW, any_asked
from shared.data.itself import as_itself
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork

_MOST_AT_ONCE = 500


async def add(work: UnitOfWork, erasure: Erasure, holders: Sequence[str]) -> None:
    """Note what is to be erased, and who has to confirm; the answers stored here are erased at once."""
    async with as_itself(work):
        work.session.add(erasure)
        await work.session.flush()
        work.session.add_all(
            ErasureHolder(erasure_id=erasure.id, holder=holder, case_id=erasure.case_id) for holder in holders
        )
        await answers.forget_about(work, [erasure.case_id])
    work.audit(operation="erasure.ask", subject_id=erasure.case_id, object_ids=[erasure.id])


# Also where the person has asked for it: what a court or the person waits for is kept until it is over.
_IS_KEPT: Final = text("""
    SELECT EXISTS (SELECT FROM legal_hold h WHERE h.case_id = ANY (:case_ids) AND h.ended_at IS NULL)
        OR EXISTS (SELECT FROM access_request q WHERE q.case_id = ANY (:case_ids) AND q.ended_at IS NULL)
""")


async def is_kept(work: UnitOfWork, case_ids: Sequence[UUID]) -> bool:
    """Whether a legal hold stands on one of these cases, or somebody waits for what is held in it: nothing of it is erased."""
    return bool(await work.session.scalar(_IS_KEPT, {"case_ids": list(case_ids)}))


_ERASURE_ID: Final = bindparam("erasure_id", type_=Uuid)
_CONFIRM: Final = (
    update(ErasureHolder)
    .where(
        col(ErasureHolder.erasure_id) == _ERASURE_ID,
        col(ErasureHolder.holder) == bindparam("of_holder", type_=String),
        col(ErasureHolder.confirmed_at).is_(None),
    )
    .values(confirmed_at=bindparam("at", type_=DateTime(timezone=True)))
)
_HOLDERS: Final = (
    select(ErasureHolder)
    .where(any_asked(col(ErasureHolder.erasure_id), "erasure_ids"))
    .order_by(col(ErasureHolder.holder))
)


@cache
def _listed(state: ErasureState | None, *, goes_on: bool) -> Select[Erasure]:
    waits = exists().where(col(ErasureHolder.erasure_id) == col(Erasure.id), col(ErasureHolder.confirmed_at).is_(None))
    is_over = col(Erasure.confirm_by) <= NOW
    query = select(Erasure)
    if state:
        conditions = {
            ErasureState.DONE: [~waits],
            ErasureState.WAITING: [waits, ~is_over],
            ErasureState.LATE: [waits, is_over],
        }
        query = query.where(*conditions[state])
    return newest_first(query, col(Erasure.erased_at), col(Erasure.id), goes_on=goes_on)


async def confirm(work: UnitOfWork, *, erasure_id: UUID, holder: str, confirmed_at: datetime) -> None:
    """The service has erased; said again, the first time counts."""
    await work.session.execute(_CONFIRM, {"erasure_id": erasure_id, "of_holder": holder, "at": confirmed_at})


async def lock_late(work: UnitOfWork) -> Sequence[tuple[Erasure, ErasureHolder]]:
    """The services whose hour is over without a word, of which nobody was alerted yet; locked."""
    return [(erasure, holder) for erasure, holder in await work.session.execute(_LATE, {"now": work.now})]


_LATE: Final = (
    select(Erasure, ErasureHolder)
    .join(ErasureHolder, col(ErasureHolder.erasure_id) == col(Erasure.id))
    .where(col(ErasureHolder.confirmed_at).is_(None), col(ErasureHolder.alerted_at).is_(None))
    .where(col(Erasure.confirm_by) <= NOW)
    .order_by(col(Erasure.confirm_by), col(Erasure.id), col(ErasureHolder.holder))
    .limit(_MOST_AT_ONCE)
    .with_for_update(of=ErasureHolder, skip_locked=True)
)


async def list_erasures(
    work: UnitOfWork, *, state: ErasureState | None, after: Sequence[str | int] | None, limit: int
) -> list[Erasure]:
    """The erasures, newest first, up to one more than `limit`."""
    asked = page(after, limit) | {"now": work.now}
    found = await work.session.scalars(_listed(state, goes_on=bool(after)), asked)
    work.audit(operation="erasure.list", object_ids=sorted({row.case_id for row in found[:limit]}))
    return found


async def holders_of(work: UnitOfWork, erasures: Sequence[Erasure]) -> dict[UUID, list[ErasureHolder]]:
    """Who has to confirm these erasures, with one statement."""
    found: dict[UUID, list[ErasureHolder]] = {erasure.id: [] for erasure in erasures}
    for holder in await work.session.scalars(_HOLDERS, {"erasure_ids": list(found)}):
        found[holder.erasure_id].append(holder)
    return found
