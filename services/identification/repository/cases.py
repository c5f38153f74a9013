"""Cases and who has to do with them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, delete, exists, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.base import Table
from services.identification.models.cases import Case, CaseParty, CaseReferral, KnownIdentifier, Part
from services.identification.repository.texts import seal_text
from services.identification.schemas.person import CasePerson, SealedText
from shared import audit, sealed
from shared.audit import Purpose
from shared.auth import Actor
from shared.codes import CaseStatus
from shared.concurrency import Match
from shared.errors import NotFound
from shared.outbox import RecordedEvent

RowT = TypeVar("RowT", bound=Table)


WORKING = frozenset({Part.CENTRE, Part.AUTHORITY})
"""The parts that work on a case, and see all of it."""


RECORDING_A_COURT = WORKING | {Part.PROSECUTION, Part.REFERRER}
"""The parts with which an organisation may come to record a court's decision; which one it is, the decision checks."""


_WEAKER: Mapping[Part, frozenset[Part]] = {
    Part.RECIPIENT: frozenset(),  # what a leave lets one know is added to what any part does
    Part.PROSECUTION: frozenset({Part.RECIPIENT}),
    Part.MUNICIPALITY: frozenset({Part.RECIPIENT}),
    Part.REMOVAL: frozenset({Part.RECIPIENT}),
    Part.REFERRER: frozenset({Part.PROSECUTION, Part.REMOVAL, Part.MUNICIPALITY, Part.RECIPIENT}),
    Part.AUTHORITY: frozenset({Part.PROSECUTION, Part.REMOVAL, Part.REFERRER, Part.RECIPIENT}),
    Part.CENTRE: frozenset(Part) - {Part.CENTRE},
}


class CaseNotFound(NotFound):
    """No such case, or not yours."""


def cases_of(actor: Actor) -> Select[Case, CaseParty]:
    """Cases the actor has to do with, and what."""
    query = select(Case, CaseParty).join(CaseParty, col(CaseParty.case_id) == col(Case.id))
    return query.where(col(CaseParty.org) == actor.org)


async def find_case(
    session: AsyncSession, actor: Actor, case_id: UUID, *, operation: str, purpose: Purpose | None = None
) -> tuple[Case, Part]:
    """The case and the actor's part in it, for whoever has one; raises CaseNotFound."""
    found = (await session.execute(cases_of(actor).where(col(Case.id) == case_id))).first()
    if found is None:
        raise CaseNotFound
    audit.record(session, operation=operation, subject_id=case_id, purpose=purpose)
    return found[0], found[1].part


async def lock_case(
    session: AsyncSession, actor: Actor, case_id: UUID, match: Match, *, parts: frozenset[Part] = WORKING
) -> Case:
    """The case, locked until the transaction ends and at its next version, for those who have one of these parts in it.

    Raises CaseNotFound, and Stale when the caller saw an earlier version."""
    query = cases_of(actor).where(col(Case.id) == case_id, col(CaseParty.part).in_(parts))
    found = (await session.execute(query.with_for_update(of=Case))).first()
    if found is None:
        raise CaseNotFound
    case: Case = found[0]
    match.check(case)
    case.version += 1
    return case


async def list_cases(
    session: AsyncSession, actor: Actor, *, status: CaseStatus | None, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Case, Part]]:
    """The actor's cases, newest first, up to one more than `limit`; `after` is (opened_at, id) of the last seen."""
    query = cases_of(actor).where(col(CaseParty.part) != Part.PROSECUTION)
    if status:
        query = query.where(col(Case.status) == status)
    if after:
        last = (datetime.fromisoformat(str(after[0])), UUID(str(after[1])))
        query = query.where(tuple_(col(Case.opened_at), col(Case.id)) < last)
    query = query.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit + 1)
    found = [(case, party.part) for case, party in await session.execute(query)]
    audit.record(session, operation="case.list", object_ids=[case.id for case, _ in found[:limit]])
    return found


async def claim_identifiers(session: AsyncSession, hashes: Iterable[bytes]) -> None:
    """Hold these identifiers until the transaction ends, so that two referrals of one person cannot open two cases."""
    for number in sorted(int.from_bytes(found[:8], "big", signed=True) for found in hashes):
        await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


async def case_known_by(session: AsyncSession, hashes: Sequence[bytes]) -> Case | None:
    """The case of the person who is known by any of these identifiers; the oldest, where there are several."""
    if not hashes:
        return None
    known = select(col(KnownIdentifier.case_id)).where(col(KnownIdentifier.hash).in_(hashes))
    return await session.scalar(select(Case).where(col(Case.id).in_(known)).order_by(col(Case.opened_at)).limit(1))


async def has_case(session: AsyncSession, subject_id: UUID) -> bool:
    """Whether the referral's subject has its case already."""
    return await session.get(CaseReferral, subject_id) is not None


async def add_case(session: AsyncSession, case: Case, person: CasePerson) -> None:
    """Store a new case, its person sealed under a key of its own."""
    key = sealed.new_key(session, case.id, now=case.opened_at)
    case.person = key.seal(person, table="case_file", column="person", row=case.id)
    session.add(case)
    await session.flush()
    audit.record(session, operation="case.open", subject_id=case.id)


async def add_identifiers(session: AsyncSession, case_id: UUID, hashes: Iterable[bytes]) -> None:
    """Note identifiers the person is known by; those that are known already stay where they are."""
    rows = [{"hash": found, "case_id": case_id} for found in hashes]
    if rows:
        await session.execute(insert(KnownIdentifier).values(rows).on_conflict_do_nothing())


async def add_referral(session: AsyncSession, referral: CaseReferral) -> None:
    """Note that a referral's subject is a case's person."""
    session.add(referral)
    await session.flush()


async def has_referred(session: AsyncSession, case_id: UUID, org: str) -> bool:
    """Whether one of the referrals behind the case is this organisation's."""
    theirs = exists().where(col(CaseReferral.case_id) == case_id, col(CaseReferral.referred_by) == org)
    return bool(await session.scalar(select(theirs)))


async def add_party(session: AsyncSession, case_id: UUID, org: str, part: Part) -> None:
    """Give an organisation a part in the case; it keeps the one it has where that one tells it more."""
    added = insert(CaseParty).values(case_id=case_id, org=org, part=part)
    weaker = col(CaseParty.part).in_(_WEAKER[part])
    await session.execute(
        added.on_conflict_do_update(index_elements=["case_id", "org"], set_={"part": part}, where=weaker)
    )


async def set_part(session: AsyncSession, case_id: UUID, org: str, part: Part | None) -> None:
    """Make this the organisation's part in the case, whatever it was; None ends its part."""
    await session.flush()  # whoever takes itself out of a case can write nothing to it afterwards
    if part is None:
        await session.execute(delete(CaseParty).where(col(CaseParty.case_id) == case_id, col(CaseParty.org) == org))
        return
    added = insert(CaseParty).values(case_id=case_id, org=org, part=part)
    await session.execute(added.on_conflict_do_update(index_elements=["case_id", "org"], set_={"part": part}))


async def add_settlement(session: AsyncSession, case: Case, reason: SealedText) -> None:
    """Note that who decides was settled in a locked case, and seal why."""
    case.settlement = await seal_text(session, case.id, reason, table="case_file", column="settlement", row=case.id)
    audit.record(session, operation="case.settle", subject_id=case.id)


async def referrals_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[CaseReferral]]:
    """The referrals behind cases already read, with one statement."""
    return await _by_case(session, case_ids, select(CaseReferral), CaseReferral)


async def _by_case(
    session: AsyncSession, case_ids: Sequence[UUID], query: Select[RowT], table: type[RowT]
) -> dict[UUID, list[RowT]]:
    found: dict[UUID, list[RowT]] = {case_id: [] for case_id in case_ids}
    for row in await session.scalars(query.where(table.case_id.in_(case_ids))):  # type: ignore[attr-defined]
        found[row.case_id].append(row)  # type: ignore[attr-defined]
    return found


async def told_of(session: AsyncSession, actor: Actor, case_id: UUID) -> list[RecordedEvent]:
    """What was told of a case, in order, for those who work on it."""
    _, part = await find_case(session, actor, case_id, operation="case.timeline")
    if part not in WORKING:
        raise CaseNotFound
    query = select(RecordedEvent).where(RecordedEvent.key == str(case_id)).order_by(RecordedEvent.sequence)
    return list(await session.scalars(query))
