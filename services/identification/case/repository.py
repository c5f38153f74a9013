"""Cases and who has to do with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, String, Uuid, bindparam, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.identification.case.models import WEAKER, Case, CaseParty, CaseReferral, Deadline, KnownIdentifier, Table
from services.identification.case.schemas import CasePerson, SealedText
from shared.contract import visibility
from shared.contract.codes import DeadlineKind, Purpose
from shared.contract.events import name_of
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Aspect, Part
from shared.contract.visible_events import FOR_THE_CENTRE, cut_event, other_cases
from shared.data import sealed
from shared.data.columns import NOW, ORGANISATION, Code, any_asked, is_one_of
from shared.data.itself import as_itself
from shared.data.outbox import RecordedEvent
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, Gone, NotFound

# ---------------------------------------------------------------- sealing


async def seal(
    work: UnitOfWork,
    row: Any,
    documents: Mapping[str, BaseModel | None],
    *,
    owner: UUID | None = None,
    place: UUID | None = None,
) -> None:
    """Seal each document in the column of this row that it is named by; None leaves the column empty.

    The key is the one of `owner`, by default of the case that the row belongs to; `place` tells the row apart in its table, by
    default its id."""
    key = await sealed.key_of(work, owner or row.case_id)
    for column, document in documents.items():
        words = key.seal(document, table=row.__tablename__, column=column, row=place or row.id) if document else None
        setattr(row, column, words)


CASE_ID: Final = bindparam("case_id", type_=Uuid)

RowT = TypeVar("RowT", bound=Table)


WORKING = frozenset({Part.CENTRE, Part.AUTHORITY})
"""The parts that work on a case, and see all of it."""


HOLDING = frozenset({Part.REFERRER, Part.HOLDER})
"""The parts with which police may hold the person."""


RECORDING_A_COURT = WORKING | {Part.PROSECUTION, Part.REFERRER, Part.RECIPIENT}
"""The parts with which an organisation may come to record a court's decision; which one it is, the decision checks."""


UNLISTED = frozenset({Part.PROSECUTION, Part.MUNICIPALITY, Part.REPRESENTATION, Part.HOLDER})
"""The parts that no list shows a case."""


class RoleDoesNotSee(Forbidden):
    """The organisation may know it; this role in it may not."""


class CaseIsErased(Gone):
    """The time of keeping is over: what is left of the case is only counted."""


class CaseNotFound(NotFound):
    """No such case, or not yours."""


class CaseIsMerged(Conflict):
    """Another case is about the same person, and the work goes on there; this one is only read."""


CASES_OF: Final = (
    select(Case, CaseParty)
    .join(CaseParty, col(CaseParty.case_id) == col(Case.id))
    .where(col(CaseParty.org) == ORGANISATION)
)
"""Cases that an organisation has to do with, and what."""
_CASE_OF: Final = CASES_OF.where(col(Case.id) == CASE_ID)


async def seen_case(work: UnitOfWork, case_id: UUID) -> tuple[Case, Part] | None:
    """The case and the actor's part in it, if it has one; what may be known by it, the caller judges."""
    found = await work.session.first(_CASE_OF, {"org": work.actor.org, "case_id": case_id})
    return (found[0], found[1].part) if found else None


async def find_case(
    work: UnitOfWork,
    case_id: UUID,
    *,
    operation: str,
    purpose: Purpose | None = None,
    parts: frozenset[Part] = frozenset(Part),
    object_ids: Iterable[UUID] = (),
) -> tuple[Case, Part]:
    """The case and the actor's part in it, for whoever has one, or one of these; raises CaseNotFound, and PurposeNotYours."""
    found = await seen_case(work, case_id)
    if found is None or found[1] not in parts:
        raise CaseNotFound
    visibility.judge(work.actor, found[1], purpose)
    work.audit(operation=operation, subject_id=case_id, object_ids=object_ids, purpose=purpose)
    return found


async def find_working(work: UnitOfWork, case_id: UUID, *, operation: str) -> Case:
    """The case, for those who work on it; raises CaseNotFound, and RoleDoesNotSee for others in their organisations."""
    case, part = await find_case(work, case_id, operation=operation)
    if part not in WORKING:
        raise CaseNotFound
    if Aspect.FILE not in visibility.may_know(work.actor, part):
        raise RoleDoesNotSee("The file of the case is for those who work on it: caseworker, lawyer, decider.")
    return case


_LOCKED: Final = _CASE_OF.where(any_asked(col(CaseParty.part), "parts")).with_for_update(of=Case)


async def lock_case(
    work: UnitOfWork,
    case_id: UUID,
    expected: ExpectedVersion,
    *,
    parts: frozenset[Part] = WORKING,
    even_merged: bool = False,
) -> Case:
    """The case, locked until the transaction ends and at its next version, for those who have one of these parts in it.

    Raises CaseNotFound, Stale when the caller saw an earlier version, and CaseIsMerged."""
    asked = {"org": work.actor.org, "case_id": case_id, "parts": list(parts)}
    found = await work.session.first(_LOCKED, asked)
    # Who ended the part while we waited for the lock is seen by a statement of its own alone.
    if found is None or await part_of(work, case_id, work.actor.org) not in parts:
        raise CaseNotFound
    case: Case = found[0]
    expected.check(case)
    if not even_merged:
        await check_goes_on_here(work, case)
    if case.erased_at:
        raise CaseIsErased(f"The case was erased on {case.erased_at:%Y-%m-%d}; a new one is opened for new facts.")
    case.version += 1
    return case


async def check_goes_on_here(work: UnitOfWork, case: Case) -> None:
    """Raises CaseIsMerged for who works on the case that this one was merged into."""
    if case.merged_into and await worked_on_among(work, [case.merged_into]):
        raise CaseIsMerged(
            f"This case was merged: the work on the person goes on in case {case.merged_into}. Record it there, or undo the "
            "merge first (POST .../unmerge).",
            merged_into=str(case.merged_into),
        )


_CONCERNING_AMONG: Final = select(col(CaseParty.case_id)).where(
    any_asked(col(CaseParty.case_id), "case_ids"), col(CaseParty.org) == ORGANISATION
)
_WORKED_ON_AMONG: Final = _CONCERNING_AMONG.where(is_one_of(col(CaseParty.part), WORKING))


async def concerning_among(work: UnitOfWork, case_ids: Collection[UUID], organisation: str) -> frozenset[UUID]:
    """Those of these cases in which the organisation has a part."""
    asked = {"case_ids": list(case_ids), "org": organisation}
    return frozenset(await work.session.scalars(_CONCERNING_AMONG, asked))


async def worked_on_among(work: UnitOfWork, case_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these cases that the actor works on. Of the others it learns through none of its own: who does not work on the
    case that one was merged into learns of no merge, also who has referred the person twice, and goes on as if there were none
    (docs/rules.md, identity-3)."""
    if not case_ids:
        return frozenset()
    asked = {"case_ids": list(case_ids), "org": work.actor.org}
    return frozenset(await work.session.scalars(_WORKED_ON_AMONG, asked))


async def has_case(work: UnitOfWork, subject_id: UUID) -> bool:
    """Whether the referral's subject has its case already."""
    return await work.session.get(CaseReferral, subject_id) is not None


async def add_case(
    work: UnitOfWork, case: Case, person: CasePerson, *, parts: Mapping[str, Part], reason: SealedText | None
) -> None:
    """Store a new case, its person and the reason sealed under a key of its own, and who has which part in it."""
    sealed.new_key(work, case.id)
    await seal(work, case, {"person": person, "opening": reason}, owner=case.id)
    # The parts first: a case is written by who has one in it.
    rows = [
        {"case_id": case.id, "org": organisation, "part": part, "since": work.now}
        for organisation, part in sorted(parts.items())
    ]
    await work.session.insert(CaseParty, rows)
    work.session.add(case)
    await work.session.flush()
    work.audit(operation="case.open", subject_id=case.id)


async def add_identifiers(work: UnitOfWork, case_id: UUID, hashes: Iterable[bytes]) -> None:
    """Note identifiers that the person is known by."""
    rows = [{"hash": found, "case_id": case_id} for found in hashes]
    await work.session.insert(KnownIdentifier, rows, once=True)


async def add_referral(work: UnitOfWork, referral: CaseReferral) -> None:
    """Note that a referral's subject is a case's person."""
    work.session.add(referral)
    await work.session.flush()


_HAS_REFERRED: Final = select(
    exists().where(
        col(CaseReferral.case_id) == CASE_ID,
        col(CaseReferral.referred_by) == ORGANISATION,
        col(CaseReferral.withdrawn_at).is_(None),
    )
)


async def has_referred(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether one of the referrals behind the case is this organisation's, and not withdrawn."""
    return bool(await work.session.scalar(_HAS_REFERRED, {"case_id": case_id, "org": organisation}))


# A stronger part takes the place of a weaker one; whoever has the same or more keeps it.
_PARTY: Final = insert(CaseParty).values(
    case_id=CASE_ID, org=ORGANISATION, part=bindparam("part", type_=Code(Part)), since=NOW
)
_SAME_PARTY: Final[Any] = {"index_elements": ["case_id", "org"], "set_": {"part": _PARTY.excluded.part}}
_ADD_PARTY: Final = _PARTY.on_conflict_do_update(**_SAME_PARTY, where=any_asked(col(CaseParty.part), "weaker"))
_GIVE_PART: Final = _PARTY.on_conflict_do_nothing()
_SET_PART: Final = _PARTY.on_conflict_do_update(**_SAME_PARTY)
_END_PART: Final = delete(CaseParty).where(col(CaseParty.case_id) == CASE_ID, col(CaseParty.org) == ORGANISATION)


def _party(work: UnitOfWork, case_id: UUID, organisation: str, part: Part) -> dict[str, Any]:
    return {"case_id": case_id, "org": organisation, "part": part, "now": work.now}


async def add_party(work: UnitOfWork, case_id: UUID, organisation: str, part: Part) -> None:
    """Give an organisation a part in the case; it keeps the one it has where that one tells it more."""
    given = _party(work, case_id, organisation, part) | {"weaker": list(WEAKER[part])}
    await work.session.execute(_ADD_PARTY, given)


async def give_part(work: UnitOfWork, case_id: UUID, organisation: str, part: Part) -> None:
    """Give an organisation that has no part in the case one; whoever has one keeps it. For those, too, who may not know
    who else has to do with the case."""
    await work.session.execute(_GIVE_PART, _party(work, case_id, organisation, part))


async def part_of(work: UnitOfWork, case_id: UUID, organisation: str) -> Part | None:
    """The organisation's part in a case that is already read."""
    party = await work.session.get(CaseParty, (case_id, organisation), anew=True)
    return party.part if party else None


async def set_part(work: UnitOfWork, case_id: UUID, organisation: str, part: Part | None) -> None:
    """Make this the organisation's part in the case, whatever it was; None ends its part."""
    await work.session.flush()  # whoever takes itself out of a case can write nothing to it afterwards
    if part is None:
        await work.session.execute(_END_PART, {"case_id": case_id, "org": organisation})
        return
    await work.session.execute(_SET_PART, _party(work, case_id, organisation, part))


async def person_of(work: UnitOfWork, case: Case) -> CasePerson:
    """Who a case is about, for Havn's own comparing and joining."""
    key = await sealed.key_of(work, case.id)
    return key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)


async def seal_note(work: UnitOfWork, case: Case, column: str, words: SealedText | None, *, operation: str) -> None:
    """Seal what was said in a column of a locked case, where something was said; the change is noted either way."""
    if words:
        await seal(work, case, {column: words}, owner=case.id)
    work.audit(operation=operation, subject_id=case.id)


async def referrals_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[CaseReferral]]:
    """The referrals behind cases already read, with one statement."""
    return await rows_by_case(work, case_ids, _REFERRALS)


def of_cases(table: type[RowT], query: Select[RowT] | None = None) -> Select[RowT]:
    """The table's rows of some cases, all or those of the query: made once, and sent by `rows_by_case`, which says of which."""
    asked = any_asked(table.case_id, "case_ids")  # type: ignore[attr-defined]
    return (select(table) if query is None else query).where(asked)


async def rows_by_case(work: UnitOfWork, case_ids: Sequence[UUID], query: Select[RowT]) -> dict[UUID, list[RowT]]:
    """What a query made by `of_cases` finds for each of these cases, with one statement."""
    found: dict[UUID, list[RowT]] = {case_id: [] for case_id in case_ids}
    for row in await work.session.scalars(query, {"case_ids": list(case_ids)}):
        found[row.case_id].append(row)  # type: ignore[attr-defined]
    return found


_REFERRALS: Final = of_cases(CaseReferral)


_RECORDED: Final = (
    select(RecordedEvent).where(RecordedEvent.key == bindparam("key", type_=String)).order_by(RecordedEvent.sequence)
)


async def recorded_of(work: UnitOfWork, case_id: UUID) -> list[RecordedEvent]:
    """What was recorded of a case, in order, for those who work on it, as far as they may know of the events."""
    await find_working(work, case_id, operation="case.timeline")
    recorded = await work.session.scalars(_RECORDED, {"key": str(case_id)})
    others = await worked_on_among(work, other_cases([{"payload": event.payload} for event in recorded]))
    return [event for event in recorded if _is_shown(work.actor, event, others)]


def _is_shown(actor: Actor, event: RecordedEvent, others: Collection[UUID]) -> bool:
    name = name_of(event.type)
    if name in FOR_THE_CENTRE and actor.org != CENTRE:
        return False
    return cut_event(frozenset({Aspect.FILE}), name, event.payload, others) is not None


_WORKS_OR_REFERRED: Final = select(
    exists().where(
        col(CaseParty.case_id) == CASE_ID,
        col(CaseParty.org) == ORGANISATION,
        is_one_of(col(CaseParty.part), WORKING | {Part.REFERRER}),
    )
)


async def has_to_do_with(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether the organisation works on the case or brought the person in."""
    return bool(await work.session.scalar(_WORKS_OR_REFERRED, {"case_id": case_id, "org": organisation}))


_KEPT: Final = select(Case).where(col(Case.id) == CASE_ID, col(Case.erased_at).is_(None)).with_for_update()


async def case_for_itself(work: UnitOfWork, case_id: UUID) -> Case | None:
    """The case, locked, for what an event of another service brings; its version is the next one. None for one that was
    erased: nothing is written into it again."""
    case = await work.session.scalar(_KEPT, {"case_id": case_id})
    if case:
        case.version += 1
    return case


async def lock_above(work: UnitOfWork, case: Case) -> list[Case]:
    """The cases that this one was merged into, directly and through others, as `case_for_itself` gives them; the nearest
    first."""
    found: list[Case] = []
    below = case
    while below.merged_into and (above := await case_for_itself(work, below.merged_into)):
        found.append(above)
        below = above
    return found


_BELOW: Final = select(col(Case.id)).where(any_asked(col(Case.merged_into), "into")).order_by(col(Case.id))


async def lock_below(work: UnitOfWork, case: Case) -> list[Case]:
    """The cases that were merged into this one, directly and through others, locked, at the version that they had: whoever has
    a part in one of them alone learns of no merge. For Havn itself."""
    found: list[Case] = []
    into = [case.id]
    while into:
        into = await work.session.scalars(_BELOW, {"into": into})
        for case_id in into:
            if below := await case_for_itself(work, case_id):
                below.version -= 1
                found.append(below)
    return found


def _merged_into_it() -> Select[UUID]:
    merged = select(col(Case.id)).where(col(Case.merged_into) == CASE_ID).cte("merged", recursive=True)
    merged = merged.union(select(col(Case.id)).where(col(Case.merged_into) == merged.c.id))
    return select(merged.c.id)


_FAMILY: Final = _merged_into_it()


async def family_of(work: UnitOfWork, case_id: UUID) -> list[UUID]:
    """The case and those that were merged into it, directly or through others: they are about one person."""
    return [case_id, *await work.session.scalars(_FAMILY, {"case_id": case_id})]


_HOUSED: Final = select(exists().where(any_asked(col(Case.id), "case_ids"), col(Case.is_housed)))


async def is_housed(work: UnitOfWork, case_id: UUID) -> bool:
    """Whether the person lives in a place by what accommodation says, under this case or one that was merged into it."""
    async with as_itself(work):
        family = await family_of(work, case_id)
        return bool(await work.session.scalar(_HOUSED, {"case_ids": family}))


_IS_ACTING: Final = select(
    exists().where(
        col(Deadline.case_id) == CASE_ID,
        col(Deadline.kind) == DeadlineKind.CHILD_NOTIFICATION,
        col(Deadline.for_org) == ORGANISATION,
    )
)


async def is_acting_municipality(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether the deadline of a child's notification runs, or ran, for this municipality."""
    return bool(await work.session.scalar(_IS_ACTING, {"case_id": case_id, "org": organisation}))


def forget(work: UnitOfWork, case: Case) -> None:
    """What was read of the case is read again when it is next asked for."""
    work.session.expunge(case)


async def find_worked_on(work: UnitOfWork, case_id: UUID, *, operation: str) -> Case:
    """The case, for those who work on it; raises CaseNotFound."""
    case, part = await find_case(work, case_id, operation=operation)
    if part not in WORKING:
        raise CaseNotFound
    return case


async def lock_pair(
    work: UnitOfWork, case_id: UUID, other_id: UUID, expected: ExpectedVersion, *, even_merged: bool = False
) -> tuple[Case, Case]:
    """Two cases the actor works on, both locked, in one order for everybody; `expected` is about the first of them."""
    locked = {
        each: await lock_case(work, each, expected if each == case_id else ExpectedVersion(), even_merged=even_merged)
        for each in sorted({case_id, other_id})
    }
    return locked[case_id], locked[other_id]
