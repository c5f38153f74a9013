"""Cases that are about one person: where the person is shows under the case in which the work goes on, and whoever has to do
with one of them has to do with all, for as long as the merge stands."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, Uuid, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.accommodation.models import CaseMerge, CaseParty, KnownCase, Part
from shared.data import audit


def members_of(case_id: UUID) -> Select[UUID]:
    """The case, and all that were merged into it, directly or through others."""
    members = select(literal(case_id, Uuid).label("case_id")).cte("members", recursive=True)
    members = members.union(select(col(CaseMerge.case_id)).where(col(CaseMerge.into_id) == members.c.case_id))
    return select(members.c.case_id)


async def surviving(session: AsyncSession, case_id: UUID) -> UUID | None:
    """The case where the work goes on; None for one that was not merged."""
    into = await session.scalar(select(col(CaseMerge.into_id)).where(col(CaseMerge.case_id) == case_id))
    if into is None:
        return None
    return await surviving(session, into) or into


async def set_merge(session: AsyncSession, case_id: UUID, into: UUID | None) -> None:
    """The case is about the person of another one; or, with None, no longer."""
    before = await session.scalar(select(col(CaseMerge.into_id)).where(col(CaseMerge.case_id) == case_id))
    await session.execute(delete(CaseMerge).where(col(CaseMerge.case_id) == case_id))
    if into:
        await session.execute(insert(CaseMerge).values(case_id=case_id, into_id=into))
    audit.record(session, operation="case.merge", subject_id=case_id, object_ids=[into] if into else [])
    for each in (case_id, into, before):
        if each:
            await share_parties(session, each)


async def share_parties(session: AsyncSession, case_id: UUID) -> None:
    """Let every party of a merged case be one of the others too. Whoever changes the parties of a case calls this; the two
    cases' events come in any order, so a case may not be known yet, and is shared when it is."""
    group = await _group_of(session, case_id)
    locked = select(col(KnownCase.case_id)).where(col(KnownCase.case_id).in_(group)).order_by(col(KnownCase.case_id))
    known = list(await session.scalars(locked.with_for_update()))
    of_group = col(CaseParty.case_id).in_(known)
    await session.execute(delete(CaseParty).where(of_group, col(CaseParty.part) == Part.MERGED))
    own = {(party.case_id, party.org) for party in await session.scalars(select(CaseParty).where(of_group))}
    shared = {(each, org) for each in known for _, org in own} - own
    if shared:
        rows = [{"case_id": each, "org": org, "part": Part.MERGED} for each, org in sorted(shared)]
        await session.execute(insert(CaseParty).values(rows).on_conflict_do_nothing())


async def _group_of(session: AsyncSession, case_id: UUID) -> Collection[UUID]:
    """All cases of the person of this one, upwards and downwards."""
    pairs = (
        select(col(CaseMerge.case_id), col(CaseMerge.into_id))
        .union(select(col(CaseMerge.into_id), col(CaseMerge.case_id)))
        .subquery("pair")
    )
    reached = select(pairs.c.into_id.label("case_id")).where(pairs.c.case_id == case_id).cte("reached", recursive=True)
    reached = reached.union(select(pairs.c.into_id).where(pairs.c.case_id == reached.c.case_id))
    return {case_id, *await session.scalars(select(reached.c.case_id))}
