"""The only way to the rows of cases: what is known of them, whom they concern, and which are about one person. Where that
person is shows under the case in which the work goes on; a merge gives nobody a part."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case.models import (
    CaseChange,
    CaseLink,
    CaseMerge,
    CaseParty,
    KnownCase,
    Part,
    WithdrawnConsent,
)
from shared.contract import visibility
from shared.contract.codes import Relation
from shared.data.columns import ORGANISATION, any_asked, any_of
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.errors import NotFound

CASE_ID: Final = bindparam("case_id", type_=Uuid)


def _members() -> Select[UUID]:
    members = select(CASE_ID.label("case_id")).cte("members", recursive=True)
    members = members.union(select(col(CaseMerge.case_id)).where(col(CaseMerge.into_id) == members.c.case_id))
    return select(members.c.case_id)


MEMBERS: Final = _members()
"""The case that is asked about, and all that were merged into it, directly or through others."""
_OF_PERSON = select(func.person_of(CASE_ID).label("case_id")).cte("of_person", recursive=True)
_OF_PERSON = _OF_PERSON.union(select(col(CaseMerge.case_id)).where(col(CaseMerge.into_id) == _OF_PERSON.c.case_id))
_CASES_OF_PERSON: Final = select(_OF_PERSON.c.case_id, func.person_of(CASE_ID))
_OTHER_ID: Final = bindparam("other_id", type_=Uuid)
_INTO: Final = select(col(CaseMerge.into_id)).where(col(CaseMerge.case_id) == CASE_ID)
_ADDED: Final = insert(CaseMerge).values(
    case_id=CASE_ID, into_id=_OTHER_ID, merged_at=bindparam("at", type_=DateTime(timezone=True))
)
_MERGE: Final = _ADDED.on_conflict_do_update(
    index_elements=["case_id"], set_={"into_id": _ADDED.excluded.into_id, "merged_at": _ADDED.excluded.merged_at}
)
_UNMERGE: Final = delete(CaseMerge).where(col(CaseMerge.case_id) == CASE_ID, col(CaseMerge.into_id) == _OTHER_ID)
_PARTIES: Final = select(CaseParty).where(col(CaseParty.case_id) == CASE_ID, col(CaseParty.org) == ORGANISATION)
_REMOVE_PARTY: Final = delete(CaseParty).where(
    col(CaseParty.case_id) == CASE_ID, col(CaseParty.org) == ORGANISATION, col(CaseParty.part) == bindparam("part")
)
_KEEP_CHANGE: Final = (
    insert(CaseChange).values({name: bindparam(name) for name in CaseChange.model_fields}).on_conflict_do_nothing()
)
_FORGET_DECISION: Final = delete(CaseChange).where(col(CaseChange.decision_id) == bindparam("decision_id"))
# Whoever offers a place holds the request, and refers to the case: an event that changes the case, and asks for the request then,
# keeps others from changing it and nobody from referring to it, or the two would wait for each other.
_LOCKED: Final = select(KnownCase).where(col(KnownCase.case_id) == CASE_ID).with_for_update(key_share=True)
_LAST_CHANGE: Final = select(func.max(col(CaseChange.sequence))).where(col(CaseChange.case_id) == CASE_ID)
_FORGET_CARRIED: Final = delete(CaseChange).where(
    col(CaseChange.case_id) == CASE_ID,
    col(CaseChange.through).is_not(None),
    ~any_asked(col(CaseChange.through), "still"),
)
_REMOVE_LINK: Final = delete(CaseLink).where(col(CaseLink.case_id) == CASE_ID, col(CaseLink.other_case_id) == _OTHER_ID)
_RELATIONS: Final = (
    select(col(CaseLink.relation))
    .where(any_asked(col(CaseLink.case_id), "case_ids"), any_asked(col(CaseLink.other_case_id), "others"))
    .order_by(col(CaseLink.relation))
)
_FORGET_ENDS: Final = delete(CaseChange).where(
    or_(col(CaseChange.case_id) == CASE_ID, col(CaseChange.through) == CASE_ID),
    col(CaseChange.is_end),
    bindparam("since", type_=Date) <= col(CaseChange.from_on),
)
_IS_A_CITIZENS: Final = exists().where(
    col(KnownCase.case_id) == func.coalesce(col(CaseChange.through), col(CaseChange.case_id)),
    col(KnownCase.danish_citizen),
)
_CHANGES: Final = (
    select(CaseChange)
    # No paper that ends ends the stay of a citizen; should that turn out to be an error, it is there again.
    .where(any_asked(col(CaseChange.case_id), "case_ids"), ~and_(col(CaseChange.is_end), _IS_A_CITIZENS))
    .order_by(col(CaseChange.from_on), col(CaseChange.sequence))
)


async def surviving(work: UnitOfWork, case_id: UUID) -> UUID | None:
    """The case where the work goes on; None for one that was not merged."""
    into = await work.session.scalar(_INTO, {"case_id": case_id})
    if into is None:
        return None
    return await surviving(work, into) or into


async def cases_of_person(work: UnitOfWork, case_id: UUID) -> tuple[UUID, list[UUID]]:
    """The case in which the work on the person goes on, and all of theirs, that one too; for Havn itself."""
    found = (await work.session.execute(_CASES_OF_PERSON, {"case_id": case_id})).all()
    return found[0][1], sorted(each for each, _ in found)


async def members_of(work: UnitOfWork, case_id: UUID) -> list[UUID]:
    """The case, and all that were merged into it, directly or through others."""
    return sorted(await work.session.scalars(MEMBERS, {"case_id": case_id}))


async def known_by_both(work: UnitOfWork, case_id: UUID) -> tuple[KnownCase, KnownCase]:
    """What is known of the person in this very case, which is there, and in the case where the work goes on, for a rule."""
    async with as_itself(work):
        own = await work.session.get_one(KnownCase, case_id)
        return own, await find_case(work, await surviving(work, case_id) or case_id) or own


async def known_where_it_goes_on(work: UnitOfWork, case_id: UUID) -> KnownCase | None:
    """What is known of the person in the case where the work goes on, for a rule: who acts may have nothing to do with it."""
    async with as_itself(work):
        return await find_case(work, await surviving(work, case_id) or case_id)


def recorded_since_merged(
    of: Mapped[UUID] | Mapped[UUID | None], recorded_at: Mapped[datetime] | Mapped[datetime | None]
) -> ColumnElement[bool]:
    """What was recorded in the case that is asked about, or, in others of the same person, since the last of them was merged into
    it: what an organisation may know that has its part in this case alone."""
    since = select(func.max(col(CaseMerge.merged_at))).where(col(CaseMerge.case_id).in_(MEMBERS)).scalar_subquery()
    return or_(col(of) == CASE_ID, and_(col(of).in_(MEMBERS), col(recorded_at) >= since))


async def lock_together(work: UnitOfWork, case_id: UUID, other_id: UUID) -> None:
    """Whoever merges cases of one person, or takes them apart, waits for one another: what holds by the one merge has to reach
    what the next one brings. The case where the work goes on is locked first, as by whoever records something there."""
    goes_on_in, _ = await cases_of_person(work, other_id)
    for each in dict.fromkeys([goes_on_in, other_id, case_id]):
        await _lock(work, each)


async def _lock(work: UnitOfWork, case_id: UUID) -> KnownCase | None:
    """The case, which no other event changes meanwhile."""
    return await work.session.scalar(_LOCKED, {"case_id": case_id})


async def merge(work: UnitOfWork, case_id: UUID, into: UUID, *, at: datetime) -> None:
    """The case is about the person of another one, since then."""
    await work.session.execute(_MERGE, {"case_id": case_id, "other_id": into, "at": at})
    work.audit(operation="case.merge", subject_id=case_id, object_ids=[into])


async def unmerge(work: UnitOfWork, case_id: UUID, out_of: UUID) -> None:
    """The case stands for itself again, unless it was merged into a third one meanwhile. What is recorded of either from now on
    is numbered after all that was shown of it through the merge."""
    merged = await work.session.get(CaseMerge, case_id)
    if merged and merged.into_id == out_of:
        await work.session.execute(_GO_ON_COUNTING, {"case_id": case_id})
    await work.session.execute(_UNMERGE, {"case_id": case_id, "other_id": out_of})
    work.audit(operation="case.unmerge", subject_id=case_id, object_ids=[out_of])


_GO_ON_COUNTING = text("SELECT go_on_counting(:case_id)")


class CaseNotFound(NotFound):
    """No case that is known here, or none of yours."""


PARTS: Final[Mapping[Part, visibility.Part]] = {
    Part.CENTRE: visibility.Part.CENTRE,
    Part.AUTHORITY: visibility.Part.AUTHORITY,
    Part.DECIDER: visibility.Part.AUTHORITY,
    Part.REFERRER: visibility.Part.REFERRER,
}
"""What makes an organisation a party here, as the table of who may know names it."""


def has_part(case_id: Mapped[UUID] | ColumnElement[Any], part: visibility.Part) -> ColumnElement[bool]:
    """Whether the organisation that asks has this part in the case."""
    kept = [own for own, named in PARTS.items() if named is part]
    return exists().where(
        col(CaseParty.case_id) == case_id, col(CaseParty.org) == ORGANISATION, any_of(col(CaseParty.part), kept)
    )


def is_party(case_id: Mapped[UUID] | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether the case concerns the organisation that asks."""
    return exists().where(col(CaseParty.case_id) == case_id, col(CaseParty.org) == ORGANISATION)


def is_withdrawn_from(case_id: Mapped[UUID]) -> ColumnElement[bool]:
    """Whether the person has taken consent back from the organisation that asks."""
    return exists().where(col(WithdrawnConsent.case_id) == case_id, col(WithdrawnConsent.org) == ORGANISATION)


async def parts_in(work: UnitOfWork, case_id: UUID) -> frozenset[visibility.Part]:
    """The parts that the actor's organisation has in the case; empty for a stranger."""
    parties = await work.session.scalars(_PARTIES, {"case_id": case_id, "org": work.actor.org})
    return frozenset(PARTS[party.part] for party in parties)


async def find_case(work: UnitOfWork, case_id: UUID) -> KnownCase | None:
    """What is known of the case; None where identification has published nothing of it."""
    return await work.session.get(KnownCase, case_id)


async def has_case(work: UnitOfWork, case_id: UUID) -> bool:
    return await find_case(work, case_id) is not None


async def add_case(work: UnitOfWork, known: KnownCase) -> None:
    work.session.add(known)
    await work.session.flush()
    work.audit(operation="case.know", subject_id=known.case_id)


async def lock_case(work: UnitOfWork, case_id: UUID) -> KnownCase:
    """The case that identification has published, for an event's handler."""
    known = await _lock(work, case_id)
    if known is None:
        raise CaseNotFound
    work.audit(operation="case.note", subject_id=case_id)
    return known


async def add_party(work: UnitOfWork, case_id: UUID, organisation: str, part: Part, *, since: datetime) -> None:
    """The case concerns this organisation too, since then."""
    await add_parties(work, case_id, [(organisation, part)], since=since)


async def add_parties(work: UnitOfWork, case_id: UUID, parts: Iterable[tuple[str, Part]], *, since: datetime) -> None:
    """The case concerns these organisations too, since then."""
    for organisation, part in parts:
        party = {"case_id": case_id, "org": organisation, "part": part, "since": since}
        work.session.keep(CaseParty, party, once=True)
    await work.session.flush()


async def remove_party(work: UnitOfWork, case_id: UUID, organisation: str, part: Part) -> None:
    """The case no longer concerns the organisation for this reason."""
    await work.session.execute(_REMOVE_PARTY, {"case_id": case_id, "org": organisation, "part": part})


async def withdrawn_consent(work: UnitOfWork, case_id: UUID, organisation: str) -> WithdrawnConsent | None:
    """That the person has taken consent back from the organisation, if it is so."""
    return await work.session.get(WithdrawnConsent, (organisation, case_id))


async def is_referrer(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether the organisation is a party because it has referred the person."""
    return await work.session.get(CaseParty, (case_id, organisation, Part.REFERRER)) is not None


async def add_withdrawn_consent(work: UnitOfWork, withdrawn: WithdrawnConsent) -> None:
    await work.session.put(withdrawn)
    await work.session.flush()
    work.audit(operation="case.withdraw_share", subject_id=withdrawn.case_id)


async def remove_withdrawn_consent(work: UnitOfWork, withdrawn: WithdrawnConsent) -> None:
    await work.session.delete(withdrawn)
    work.audit(operation="case.share_again", subject_id=withdrawn.case_id)


_THEIRS: Final = select(KnownCase).where(col(KnownCase.case_id) == CASE_ID, is_party(col(KnownCase.case_id)))
_IS_THEIRS: Final = select(_THEIRS.exists())
_THEIRS_TO_LOCK: Final = _THEIRS.with_for_update()


async def is_known_to(work: UnitOfWork, case_id: UUID) -> bool:
    """Whether the case concerns the actor."""
    return bool(await work.session.scalar(_IS_THEIRS, {"case_id": case_id, "org": work.actor.org}))


ARRIVES_WITHIN_SECONDS = 0.5
_LOOK_AGAIN_SECONDS: Final = 0.02


async def check_known(work: UnitOfWork, *case_ids: UUID) -> None:
    """Raises CaseNotFound for a case that the actor has nothing to do with. Who has opened a case and names it here at once may
    be faster than the event that says so: it is waited for, as long for a case that there is not and for one that is not the
    actor's. To be asked before anything is locked."""
    patience = asyncio.get_running_loop().time() + ARRIVES_WITHIN_SECONDS
    for case_id in case_ids:
        while not await is_known_to(work, case_id):
            if asyncio.get_running_loop().time() >= patience:
                raise CaseNotFound
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def case_for(work: UnitOfWork, case_id: UUID) -> KnownCase:
    """The case, for a party of it, locked until the transaction ends; raises CaseNotFound. One that is on its way is waited for
    (`check_known`)."""
    asked = {"case_id": case_id, "org": work.actor.org}
    known = await work.session.scalar(_THEIRS_TO_LOCK, asked)
    if known is None:
        await check_known(work, case_id)
        known = await work.session.scalar(_THEIRS_TO_LOCK, asked)
    if known is None or not await is_known_to(work, case_id):  # any more, since we waited for the lock
        raise CaseNotFound
    return known


async def keep_change(work: UnitOfWork, change: CaseChange) -> None:
    """Keep a change; the same one again alters nothing. It holds of every case that was merged into this one, too."""
    await work.session.execute(_KEEP_CHANGE, dict(change))
    for member in await members_of(work, change.case_id):
        if member != change.case_id:
            await carry_change(work, change, member, through=change.case_id)


async def forget_ends(work: UnitOfWork, case_id: UUID, *, since: date) -> None:
    """Something else was recorded from that day on: what the stay rested on before has no end after it."""
    await work.session.execute(_FORGET_ENDS, {"case_id": case_id, "since": since})


CARRIED_FROM: Final = 2**32
"""Changes that hold by a merge are numbered after all that a case can have of its own."""


async def carry_change(work: UnitOfWork, change: CaseChange, case_id: UUID, *, through: UUID) -> None:
    """What was recorded in the one case holds of the other, which was merged into it."""
    if await _lock(work, case_id) is None:
        return
    last = await work.session.scalar(_LAST_CHANGE, {"case_id": case_id})
    number = max(last or 0, CARRIED_FROM) + 1
    await work.session.execute(
        _KEEP_CHANGE, dict(change) | {"case_id": case_id, "sequence": number, "through": through}
    )


async def forget_carried(work: UnitOfWork, case_id: UUID, *, still: Sequence[UUID]) -> None:
    """What holds of the case by a merge holds no more, but for what comes from these."""
    await work.session.execute(_FORGET_CARRIED, {"case_id": case_id, "still": list(still)})


async def forget_decision(work: UnitOfWork, decision_id: UUID) -> None:
    """The decision no longer stands, and has changed nothing."""
    await work.session.execute(_FORGET_DECISION, {"decision_id": decision_id})


async def set_link(work: UnitOfWork, link: CaseLink) -> None:
    """The person of the other case is that to this one."""
    await work.session.put(link)
    await work.session.flush()


async def remove_link(work: UnitOfWork, case_id: UUID, other_case_id: UUID) -> None:
    """The other person has nothing to do with this one."""
    await work.session.execute(_REMOVE_LINK, {"case_id": case_id, "other_id": other_case_id})


async def relation_to(work: UnitOfWork, case_id: UUID, other_case_id: UUID) -> Relation | None:
    """What the person of the other case is to this one, under whichever of their cases it was said, for a rule: a parent before
    anything else."""
    async with as_itself(work):
        _, theirs = await cases_of_person(work, case_id)
        _, others = await cases_of_person(work, other_case_id)
        found = await work.session.scalars(_RELATIONS, {"case_ids": theirs, "others": others})
    return Relation.PARENT if Relation.PARENT in found else next(iter(found), None)


async def changes_of(work: UnitOfWork, case_id: UUID, *, ends_to_come: bool = False) -> Sequence[CaseChange]:
    """What has changed in the case, in the order in which it holds."""
    return (await changes_of_each(work, [case_id], ends_to_come=ends_to_come))[case_id]


async def changes_of_each(
    work: UnitOfWork, case_ids: Collection[UUID], *, ends_to_come: bool = False
) -> dict[UUID, list[CaseChange]]:
    """What has changed in each of these cases, in the order in which it holds, with one statement. That what a stay rests on will
    end is not said before its day, as a paper may be made anew until then, but where `ends_to_come` are asked for."""
    found: dict[UUID, list[CaseChange]] = {case_id: [] for case_id in case_ids}
    for change in await work.session.scalars(_CHANGES, {"case_ids": list(case_ids)}):
        if ends_to_come or not change.is_end or change.from_on <= on_date(work.now):
            found[change.case_id].append(change)
    return found


async def status_on(work: UnitOfWork, case_id: UUID, *, on: date, by_itself: bool = False) -> CaseChange | None:
    """The legal status that holds on that day; None where none was recorded since the case was opened. `by_itself`: as if it had
    not been merged."""
    changes = await changes_of(work, case_id)
    changes = [change for change in changes if change.through is None] if by_itself else changes
    begun = [change for change in changes if change.residence_basis and change.from_on <= on]
    return begun[-1] if begun else None
