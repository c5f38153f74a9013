"""Several cases of one person: which were merged into which, and how it stood then."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, exists, literal, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.identification.case.models import Case, CaseParty, CaseReferral
from services.identification.case.repository import CASE_ID, WORKING, seal
from services.identification.merging.models import Merge
from services.identification.merging.schemas import MergeMemory
from shared.data import sealed
from shared.data.columns import ORGANISATION, any_asked, is_one_of
from shared.data.unit_of_work import UnitOfWork

_KEEP_WHAT_WAS_SHOWN: Final = text("SELECT keep_what_was_shown(:case_id)")


class MergedCase(NamedTuple):
    """A case that was merged into another one."""

    id: UUID
    is_withdrawn: bool
    """Its own referral was withdrawn, and nothing else stands behind it."""
    removal_hold: bool
    """An appeal is open in it."""


def _merged_into_each() -> Select[UUID, UUID, bool, bool]:
    members = (
        select(col(Case.merged_into).label("root"), col(Case.id).label("id"))
        .where(any_asked(col(Case.merged_into), "case_ids"))
        .cte("members", recursive=True)
    )
    members = members.union(select(members.c.root, col(Case.id)).where(col(Case.merged_into) == members.c.id))
    works = exists().where(
        col(CaseParty.case_id) == col(Case.id),
        col(CaseParty.org) == ORGANISATION,
        is_one_of(col(CaseParty.part), WORKING),
    )
    is_withdrawn = col(Case.source_withdrawn_at).is_not(None)
    query = (
        select(members.c.root, members.c.id, is_withdrawn, col(Case.removal_hold))
        .join(Case, col(Case.id) == members.c.id)
        .where(works)
    )
    return query.order_by(col(Case.opened_at), col(Case.id))


def _ways_up() -> Select[UUID, Merge, Case]:
    chain = (
        select(col(Merge.case_id).label("start"), col(Merge.case_id), col(Merge.into_id), literal(0).label("step"))
        .where(any_asked(col(Merge.case_id), "case_ids"))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(chain.c.start, col(Merge.case_id), col(Merge.into_id), chain.c.step + 1).join(
            chain, chain.c.into_id == col(Merge.case_id)
        )
    )
    return (
        select(chain.c.start, Merge, Case)
        .join(Merge, col(Merge.case_id) == chain.c.case_id)
        .join(Case, col(Case.id) == chain.c.into_id)
        .order_by(chain.c.start, chain.c.step)
    )


_MERGED_INTO_EACH: Final = _merged_into_each()
_WAYS_UP: Final = _ways_up()
_MERGED_BY: Final = select(col(Merge.case_id)).where(col(Merge.question_id) == bindparam("question_id"))
_ONE, _OTHER = aliased(CaseReferral), aliased(CaseReferral)
_OF_ONE_REFERRAL: Final = select(
    exists().where(
        col(_ONE.referral_id) == col(_OTHER.referral_id),
        any_asked(col(_ONE.case_id), "case_ids"),
        any_asked(col(_OTHER.case_id), "other_ids"),
    )
)
_FORGET: Final = delete(Merge).where(col(Merge.case_id) == CASE_ID)


async def all_merged_into(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[MergedCase]]:
    """The cases that the actor works on and that were merged into each of these, directly or through others, with one
    statement; oldest first."""
    found: dict[UUID, list[MergedCase]] = {case_id: [] for case_id in case_ids}
    if not case_ids:
        return found
    asked = {"case_ids": list(case_ids), "org": work.actor.org}
    for root, *merged in await work.session.execute(_MERGED_INTO_EACH, asked):
        found[root].append(MergedCase(*merged))
    return found


async def note_merge(work: UnitOfWork, case: Case, surviving: Case, *, operation: str) -> None:
    """Write that the one case was merged into the other, or taken out of it."""
    await work.session.flush()
    work.audit(operation=operation, subject_id=case.id, object_ids=[surviving.id])


async def note_later_word(work: UnitOfWork, case: Case, referral_id: UUID) -> None:
    """Write that a referral about the case has changed it; what follows next finds it stored."""
    await work.session.flush()
    work.audit(operation="case.take_word", subject_id=case.id, object_ids=[referral_id])


async def remember(work: UnitOfWork, merge: Merge, memory: MergeMemory) -> None:
    """Keep how the surviving case stood at the merge."""
    await seal(work, merge, {"memory": memory}, owner=merge.into_id, place=merge.case_id)
    work.session.add(merge)
    await work.session.flush()


async def remember_anew(work: UnitOfWork, merge: Merge, memory: MergeMemory) -> None:
    """Keep what the merged case has brought since as well."""
    await seal(work, merge, {"memory": memory}, owner=merge.into_id, place=merge.case_id)
    await work.session.flush()


async def merge_of(work: UnitOfWork, case_id: UUID) -> Merge | None:
    """How it stood when this case was merged into another one."""
    return await work.session.get(Merge, case_id)


async def merged_by(work: UnitOfWork, question_id: UUID) -> UUID | None:
    """The case that the answer to this question has merged, while it is."""
    return await work.session.scalar(_MERGED_BY, {"question_id": question_id})


async def any_of_one_referral(work: UnitOfWork, case_ids: Collection[UUID], other_ids: Collection[UUID]) -> bool:
    """Whether a subject of one of these cases and one of the others stand in one referral."""
    asked = {"case_ids": list(case_ids), "other_ids": list(other_ids)}
    return bool(await work.session.scalar(_OF_ONE_REFERRAL, asked))


async def memory_of(work: UnitOfWork, merge: Merge) -> MergeMemory | None:
    """The surviving person before the merge and after it; None where that was erased."""
    if merge.memory is None:
        return None
    key = await sealed.key_of(work, merge.into_id)
    return key.open(merge.memory, MergeMemory, table="case_merge", column="memory", row=merge.case_id)


async def forget_merge(work: UnitOfWork, case_id: UUID) -> None:
    """The merge is undone."""
    await work.session.execute(_FORGET, {"case_id": case_id})


async def keep_what_was_shown(work: UnitOfWork, case_id: UUID) -> None:
    """The merge of this case is about to be undone: what was shown through it keeps its number, in this case and in those that
    were merged into it. For Havn itself."""
    await work.session.execute(_KEEP_WHAT_WAS_SHOWN, {"case_id": case_id})


async def merges_above(work: UnitOfWork, case_ids: Collection[UUID]) -> list[tuple[UUID, Merge, Case]]:
    """For each of these cases the merges on the way to where the work goes on, with the case each leads to; in order."""
    if not case_ids:
        return []
    found = await work.session.execute(_WAYS_UP, {"case_ids": list(case_ids)})
    return [(start, merge, case) for start, merge, case in found]
