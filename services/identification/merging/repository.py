"""Several cases of one person: which were merged into which, and the parts that a merge gives."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlmodel import col

from services.identification.case.models import Case, CaseParty, Part
from services.identification.case.repository import WEAKER, WORKING
from services.identification.merging.models import MergedPart
from shared.data.unit_of_work import UnitOfWork


async def parts_in(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, dict[str, Part]]:
    """Who has which part in these cases; for the centre, which alone may know all of them."""
    found: dict[UUID, dict[str, Part]] = {case_id: {} for case_id in case_ids}
    for party in await work.session.scalars(select(CaseParty).where(col(CaseParty.case_id).in_(case_ids))):
        found[party.case_id][party.org] = party.part
    return found


async def merged_into(work: UnitOfWork, case_id: UUID) -> list[UUID]:
    """The cases that were merged directly into this one."""
    return list(await work.session.scalars(select(col(Case.id)).where(col(Case.merged_into) == case_id)))


async def all_merged_into(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The cases that the actor works on and that were merged into each of these, directly or through others, with one
    statement; oldest first."""
    found: dict[UUID, list[UUID]] = {case_id: [] for case_id in case_ids}
    if not case_ids:
        return found
    members = (
        select(col(Case.merged_into).label("root"), col(Case.id).label("id"))
        .where(col(Case.merged_into).in_(case_ids))
        .cte("members", recursive=True)
    )
    members = members.union(select(members.c.root, col(Case.id)).where(col(Case.merged_into) == members.c.id))
    works = exists().where(
        col(CaseParty.case_id) == col(Case.id), col(CaseParty.org) == work.actor.org, col(CaseParty.part).in_(WORKING)
    )
    query = select(members.c.root, members.c.id).join(Case, col(Case.id) == members.c.id).where(works)
    for root, case_id in await work.session.execute(query.order_by(col(Case.opened_at), col(Case.id))):
        found[root].append(case_id)
    return found


def strongest(parts: Iterable[Part]) -> Part | None:
    """The part that may know most; the first, where neither of two may know all that the other does."""
    best: Part | None = None
    for part in parts:
        if best is None or best in WEAKER[part]:
            best = part
    return best


async def given_by_merges(work: UnitOfWork, case_id: UUID) -> dict[str, MergedPart]:
    """What merges have given in this case, by organisation."""
    found = await work.session.scalars(select(MergedPart).where(col(MergedPart.case_id) == case_id))
    return {each.org: each for each in found}


async def note_given(work: UnitOfWork, case_id: UUID, organisation: str, part: Part, *, own_part: Part | None) -> None:
    """Note that the organisation has its part in the case through a merge."""
    await work.session.merge(MergedPart(case_id=case_id, org=organisation, part=part, own_part=own_part))
    await work.session.flush()


async def forget_given(work: UnitOfWork, case_id: UUID, organisation: str) -> None:
    await work.session.execute(
        delete(MergedPart).where(col(MergedPart.case_id) == case_id, col(MergedPart.org) == organisation)
    )


async def note_merge(work: UnitOfWork, case: Case, surviving: Case, *, operation: str) -> None:
    """Write that the one case was merged into the other, or taken out of it."""
    await work.session.flush()
    work.audit(operation=operation, subject_id=case.id, object_ids=[surviving.id])
