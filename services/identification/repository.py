"""The only door to the rows of the identification service: it asks who is asking, and notes what they saw."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, delete, exists, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models import (
    Case,
    CaseParty,
    CaseReferral,
    Decision,
    GrantedPeriod,
    Interview,
    KnownIdentifier,
    Part,
    PeriodExtension,
    Recommendation,
    Table,
)
from services.identification.schemas import Account, CasePerson, SealedText
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
    Part.PROSECUTION: frozenset(),
    Part.REMOVAL: frozenset(),
    Part.REFERRER: frozenset({Part.PROSECUTION, Part.REMOVAL}),
    Part.AUTHORITY: frozenset({Part.PROSECUTION, Part.REMOVAL, Part.REFERRER}),
    Part.CENTRE: frozenset(Part) - {Part.CENTRE},
}


class CaseNotFound(NotFound):
    """No such case, or not yours."""


class PeriodNotFound(NotFound):
    """No such period in this case."""


def _of(actor: Actor) -> Select[Case, CaseParty]:
    """Cases the actor has to do with, and what."""
    query = select(Case, CaseParty).join(CaseParty, col(CaseParty.case_id) == col(Case.id))
    return query.where(col(CaseParty.org) == actor.org)


async def find_case(
    session: AsyncSession, actor: Actor, case_id: UUID, *, operation: str, purpose: Purpose | None = None
) -> tuple[Case, Part]:
    """The case and the actor's part in it, for whoever has one; raises CaseNotFound."""
    found = (await session.execute(_of(actor).where(col(Case.id) == case_id))).first()
    if found is None:
        raise CaseNotFound
    audit.record(session, operation=operation, subject_id=case_id, purpose=purpose)
    return found[0], found[1].part


async def lock_case(
    session: AsyncSession, actor: Actor, case_id: UUID, match: Match, *, parts: frozenset[Part] = WORKING
) -> Case:
    """The case, locked until the transaction ends and at its next version, for those who have one of these parts in it.

    Raises CaseNotFound, and Stale when the caller saw an earlier version."""
    query = _of(actor).where(col(Case.id) == case_id, col(CaseParty.part).in_(parts))
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
    query = _of(actor).where(col(CaseParty.part) != Part.PROSECUTION)
    if status:
        query = query.where(col(Case.status) == status)
    if after:
        last = (datetime.fromisoformat(str(after[0])), UUID(str(after[1])))
        query = query.where(tuple_(col(Case.opened_at), col(Case.id)) < last)
    query = query.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit + 1)
    found = [(case, party.part) for case, party in await session.execute(query)]
    audit.record(session, operation="case.list", object_ids=[case.id for case, _ in found[:limit]])
    return found


# ---------------------------------------------------------------- opening and finding


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


# ---------------------------------------------------------------- the person


async def read_person(
    session: AsyncSession, actor: Actor, case_id: UUID, *, purpose: Purpose
) -> tuple[Case, CasePerson]:
    """The person of a case, opened, for those who work on it."""
    found = (await session.execute(_of(actor).where(col(Case.id) == case_id, col(CaseParty.part).in_(WORKING)))).first()
    if found is None:
        raise CaseNotFound
    case: Case = found[0]
    key = await sealed.key_of(session, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    fields = sorted(person.model_fields_set)
    audit.record(session, operation="person.read", subject_id=case_id, fields=fields, purpose=purpose)
    return case, person


async def replace_person(session: AsyncSession, case: Case, person: CasePerson) -> CasePerson:
    """Seal a new description of the person of a locked case; gives it with the birth date that was stated first."""
    key = await sealed.key_of(session, case.id)
    known = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    person = person.keeping_what_was_stated(known)
    case.person = key.seal(person, table="case_file", column="person", row=case.id)
    audit.record(session, operation="person.change", subject_id=case.id, fields=sorted(person.model_fields_set))
    return person


async def seal_text(
    session: AsyncSession, case_id: UUID, words: SealedText, *, table: str, column: str, row: UUID
) -> bytes:
    """Free text, sealed for its place."""
    key = await sealed.key_of(session, case_id)
    return key.seal(words, table=table, column=column, row=row)


async def add_settlement(session: AsyncSession, case: Case, reason: SealedText) -> None:
    """Note that who decides was settled in a locked case, and seal why."""
    case.settlement = await seal_text(session, case.id, reason, table="case_file", column="settlement", row=case.id)
    audit.record(session, operation="case.settle", subject_id=case.id)


# ---------------------------------------------------------------- clarification, decisions, periods


async def add_interview(session: AsyncSession, interview: Interview, account: Account) -> tuple[int, int]:
    """Store an interview; says how many there now are, and how many of them were held in detention."""
    key = await sealed.key_of(session, interview.case_id)
    interview.account = key.seal(account, table="interview", column="account", row=interview.id)
    session.add(interview)
    await session.flush()
    audit.record(session, operation="interview.add", subject_id=interview.case_id, object_ids=[interview.id])
    counted = select(func.count(), func.count().filter(col(Interview.in_detention)))
    row = (await session.execute(counted.where(col(Interview.case_id) == interview.case_id))).one()
    return int(row[0]), int(row[1])


async def add_recommendation(session: AsyncSession, recommendation: Recommendation, reasons: SealedText) -> None:
    recommendation.reasons = await seal_text(
        session, recommendation.case_id, reasons, table="recommendation", column="reasons", row=recommendation.id
    )
    session.add(recommendation)
    audit.record(session, operation="recommendation.add", subject_id=recommendation.case_id)


async def add_decision(
    session: AsyncSession, decision: Decision, reasons: SealedText | None, *, replaced: Decision | None
) -> None:
    """Store a decision; the one it replaces stays, and is no longer the authority's current one."""
    if replaced:
        replaced.is_current = False
        await session.flush()  # before the new row: an authority has one current decision in a case
    if reasons:
        decision.reasons = await seal_text(
            session, decision.case_id, reasons, table="decision", column="reasons", row=decision.id
        )
    session.add(decision)
    await session.flush()
    audit.record(session, operation="decision.add", subject_id=decision.case_id, object_ids=[decision.id])


async def add_period(session: AsyncSession, period: GrantedPeriod) -> None:
    session.add(period)
    audit.record(session, operation="period.add", subject_id=period.case_id, object_ids=[period.id])


async def add_extension(session: AsyncSession, extension: PeriodExtension, note: SealedText | None) -> None:
    if note:
        extension.note = await seal_text(
            session, extension.case_id, note, table="period_extension", column="note", row=extension.id
        )
    session.add(extension)
    audit.record(session, operation="period.extend", subject_id=extension.case_id, object_ids=[extension.period_id])


async def period_of(session: AsyncSession, case: Case, period_id: UUID) -> GrantedPeriod:
    """A period of a case already read; raises PeriodNotFound."""
    found = await session.get(GrantedPeriod, period_id)
    if found is None or found.case_id != case.id:
        raise PeriodNotFound
    return found


async def decisions_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions of cases already read, in the order they were recorded, with one statement."""
    return await _by_case(session, case_ids, select(Decision).order_by(col(Decision.recorded_at)), Decision)


async def periods_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[GrantedPeriod]]:
    """The periods of cases already read, by start, with one statement."""
    return await _by_case(
        session, case_ids, select(GrantedPeriod).order_by(col(GrantedPeriod.starts_on)), GrantedPeriod
    )


async def extensions_of(session: AsyncSession, case_ids: Sequence[UUID]) -> dict[UUID, list[PeriodExtension]]:
    """The extensions in cases already read, as granted, with one statement."""
    return await _by_case(
        session, case_ids, select(PeriodExtension).order_by(col(PeriodExtension.granted_at)), PeriodExtension
    )


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
