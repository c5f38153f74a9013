"""Cases that are about one person: where the person is shows under the case in which the work goes on, and whoever has to do
with one of them has to do with all, for as long as the merge stands."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case.models import CaseMerge, CaseParty, CaseTurn, KnownCase, Part, WithdrawnShare
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.errors import NotFound


def members_of(case_id: UUID) -> Select[UUID]:
    """The case, and all that were merged into it, directly or through others."""
    members = select(literal(case_id, Uuid).label("case_id")).cte("members", recursive=True)
    members = members.union(select(col(CaseMerge.case_id)).where(col(CaseMerge.into_id) == members.c.case_id))
    return select(members.c.case_id)


async def surviving(work: UnitOfWork, case_id: UUID) -> UUID | None:
    """The case where the work goes on; None for one that was not merged."""
    into = await work.session.scalar(select(col(CaseMerge.into_id)).where(col(CaseMerge.case_id) == case_id))
    if into is None:
        return None
    return await surviving(work, into) or into


async def set_merge(work: UnitOfWork, case_id: UUID, into: UUID | None) -> None:
    """The case is about the person of another one; or, with None, no longer."""
    before = await work.session.scalar(select(col(CaseMerge.into_id)).where(col(CaseMerge.case_id) == case_id))
    await work.session.execute(delete(CaseMerge).where(col(CaseMerge.case_id) == case_id))
    if into:
        await work.session.execute(insert(CaseMerge).values(case_id=case_id, into_id=into))
    work.audit(operation="case.merge", subject_id=case_id, object_ids=[into] if into else [])
    for each in (case_id, into, before):
        if each:
            await share_parties(work, each)


async def share_parties(work: UnitOfWork, case_id: UUID) -> None:
    """Let every party of a merged case be one of the others too. Whoever changes the parties of a case calls this; the two
    cases' events come in any order, so a case may not be known yet, and is shared when it is."""
    group = await _group_of(work, case_id)
    locked = select(col(KnownCase.case_id)).where(col(KnownCase.case_id).in_(group)).order_by(col(KnownCase.case_id))
    known = list(await work.session.scalars(locked.with_for_update()))
    of_group = col(CaseParty.case_id).in_(known)
    await work.session.execute(delete(CaseParty).where(of_group, col(CaseParty.part) == Part.MERGED))
    own = {(party.case_id, party.org) for party in await work.session.scalars(select(CaseParty).where(of_group))}
    shared = {(each, org) for each in known for _, org in own} - own
    if shared:
        rows = [{"case_id": each, "org": org, "part": Part.MERGED} for each, org in sorted(shared)]
        await work.session.execute(insert(CaseParty).values(rows).on_conflict_do_nothing())


async def _group_of(work: UnitOfWork, case_id: UUID) -> Collection[UUID]:
    """All cases of the person of this one, upwards and downwards."""
    pairs = (
        select(col(CaseMerge.case_id), col(CaseMerge.into_id))
        .union(select(col(CaseMerge.into_id), col(CaseMerge.case_id)))
        .subquery("pair")
    )
    reached = select(pairs.c.into_id.label("case_id")).where(pairs.c.case_id == case_id).cte("reached", recursive=True)
    reached = reached.union(select(pairs.c.into_id).where(pairs.c.case_id == reached.c.case_id))
    return {case_id, *await work.session.scalars(select(reached.c.case_id))}


CMM, US = "cmm", "us"


class CaseNotFound(NotFound):
    """No case that is known here, or none of yours."""


async def has_case(work: UnitOfWork, case_id: UUID) -> bool:
    return await work.session.get(KnownCase, case_id) is not None


async def add_case(work: UnitOfWork, known: KnownCase) -> None:
    work.session.add(known)
    await work.session.flush()
    work.audit(operation="case.know", subject_id=known.case_id)


async def lock_case(work: UnitOfWork, case_id: UUID) -> KnownCase:
    """The case that identification has told of, for an event's handler."""
    known = await work.session.get(KnownCase, case_id, with_for_update=True)
    if known is None:
        raise CaseNotFound
    work.audit(operation="case.note", subject_id=case_id)
    return known


async def add_party(work: UnitOfWork, case_id: UUID, org: str, part: Part) -> None:
    """The case concerns this organisation too."""
    await work.session.merge(CaseParty(case_id=case_id, org=org, part=part))
    await work.session.flush()
    await share_parties(work, case_id)


async def remove_party(work: UnitOfWork, case_id: UUID, org: str, part: Part) -> None:
    """The case no longer concerns the organisation for this reason."""
    await work.session.execute(
        delete(CaseParty).where(
            col(CaseParty.case_id) == case_id, col(CaseParty.org) == org, col(CaseParty.part) == part
        )
    )
    await share_parties(work, case_id)


async def withdrawn_share(work: UnitOfWork, case_id: UUID, org: str) -> WithdrawnShare | None:
    """That the case is no longer shared with the organisation, if it is so."""
    return await work.session.get(WithdrawnShare, (org, case_id))


async def is_referrer(work: UnitOfWork, case_id: UUID, org: str) -> bool:
    """Whether the organisation is a party because it has referred the person."""
    return await work.session.get(CaseParty, (case_id, org, Part.REFERRER)) is not None


async def add_withdrawn_share(work: UnitOfWork, share: WithdrawnShare) -> None:
    await work.session.merge(share)
    await work.session.flush()
    work.audit(operation="case.withdraw_share", subject_id=share.case_id)


async def remove_withdrawn_share(work: UnitOfWork, share: WithdrawnShare) -> None:
    await work.session.delete(share)
    await work.session.flush()
    work.audit(operation="case.share_again", subject_id=share.case_id)


async def case_for(work: UnitOfWork, case_id: UUID) -> KnownCase:
    """The case, for a party of it; raises CaseNotFound."""
    query = select(KnownCase).where(col(KnownCase.case_id) == case_id, is_party(work.actor, col(KnownCase.case_id)))
    known = await work.session.scalar(query)
    if known is None:
        raise CaseNotFound
    return known


def is_party(actor: Actor, case_id: Mapped[UUID]) -> ColumnElement[bool]:
    return exists().where(col(CaseParty.case_id) == case_id, col(CaseParty.org) == actor.org)


def is_withdrawn_from(actor: Actor, case_id: Mapped[UUID]) -> ColumnElement[bool]:
    return exists().where(col(WithdrawnShare.case_id) == case_id, col(WithdrawnShare.org) == actor.org)


async def keep_turn(work: UnitOfWork, turn: CaseTurn) -> None:
    """Keep what was told; the same told again changes nothing."""
    await work.session.execute(insert(CaseTurn).values(dict(turn)).on_conflict_do_nothing())


async def forget_decision(work: UnitOfWork, decision_id: UUID) -> None:
    """The decision no longer stands, and turned nothing."""
    await work.session.execute(delete(CaseTurn).where(col(CaseTurn.decision_id) == decision_id))


async def turns_of(work: UnitOfWork, case_id: UUID) -> Sequence[CaseTurn]:
    """What has turned, in the order in which it holds."""
    in_order = (col(CaseTurn.from_on), col(CaseTurn.sequence))
    return (
        await work.session.scalars(select(CaseTurn).where(col(CaseTurn.case_id) == case_id).order_by(*in_order))
    ).all()


async def status_on(work: UnitOfWork, case_id: UUID, *, on: date) -> CaseTurn | None:
    """The legal status that holds on that day; None where none was told since the case was opened."""
    begun = [turn for turn in await turns_of(work, case_id) if turn.residence_basis and turn.from_on <= on]
    return begun[-1] if begun else None
