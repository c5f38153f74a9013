"""The dated history of what a person's stay rests on."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import DateTime, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import Case
from services.identification.models.legal_status import LegalStatusEntry
from services.identification.repository import records
from services.identification.schemas.legal_status import Particulars
from services.identification.schemas.person import SealedText
from shared.contract.codes import CaseStatus, Purpose
from shared.data import audit, sealed
from shared.identity.actor import Actor
from shared.kernel.clock import COPENHAGEN

_MOST_AT_ONCE = 500
_IN_ORDER = (col(LegalStatusEntry.valid_from), col(LegalStatusEntry.position))


async def add(session: AsyncSession, entry: LegalStatusEntry, source: SealedText | None = None) -> None:
    """Add to the history of a case that was just opened or is locked."""
    words = Particulars(source=source.text) if source else None
    await records.add(session, entry, operation="legal_status.add", particulars=words)


async def holding(session: AsyncSession, case: Case, *, on: date) -> LegalStatusEntry | None:
    """What holds on that day; None where the history begins later."""
    begun = select(LegalStatusEntry).where(
        col(LegalStatusEntry.case_id) == case.id, col(LegalStatusEntry.valid_from) <= on
    )
    return await session.scalar(begun.order_by(*(each.desc() for each in _IN_ORDER)).limit(1))


async def read_history(
    session: AsyncSession, actor: Actor, case_id: UUID, *, purpose: Purpose | None
) -> tuple[Case, list[tuple[LegalStatusEntry, Particulars | None]]]:
    """The history, oldest first, for those who work on the case; who said so is opened for a purpose only."""
    case = await records.read_case(session, actor, case_id, operation="legal_status.read", purpose=purpose)
    key = await sealed.key_of(session, case.id)
    query = select(LegalStatusEntry).where(col(LegalStatusEntry.case_id) == case.id).order_by(*_IN_ORDER)
    return case, [
        (
            entry,
            key.open(entry.particulars, Particulars, table="legal_status", column="particulars", row=entry.id)
            if entry.particulars and purpose
            else None,
        )
        for entry in await session.scalars(query)
    ]


async def lock_cases_with_due_entries(session: AsyncSession, *, on: date) -> Sequence[Case]:
    """The cases for which an entry's day has come, locked; those that somebody is changing now are left for the next time."""
    due = select(col(LegalStatusEntry.case_id)).where(
        ~col(LegalStatusEntry.has_taken_effect), col(LegalStatusEntry.valid_from) <= on
    )
    # In an erased case there is nothing left that could change.
    kept = select(Case).where(col(Case.id).in_(due), col(Case.erased_at).is_(None))
    cases = kept.order_by(col(Case.id)).limit(_MOST_AT_ONCE)
    found = (await session.scalars(cases.with_for_update(skip_locked=True))).all()
    for case in found:
        case.version += 1
    return found


async def lock_undecided_whose_stay_ran_out(session: AsyncSession, *, on: date) -> Sequence[Case]:
    """The undecided cases that were routed while the stay was valid, which it is no more on that day, locked."""
    day_after = cast(col(Case.residence_valid_until) + 1, DateTime)
    ended = select(Case).where(
        col(Case.residence_valid_until) < on,
        col(Case.routed_at) < func.timezone(COPENHAGEN.key, day_after),
        col(Case.status).not_in([CaseStatus.DECIDED, CaseStatus.CLOSED]),
        col(Case.merged_into).is_(None),
        col(Case.erased_at).is_(None),
    )
    found = await session.scalars(ended.order_by(col(Case.id)).limit(_MOST_AT_ONCE).with_for_update(skip_locked=True))
    cases = found.all()
    for case in cases:
        case.version += 1
    return cases


async def note_effect(session: AsyncSession, case: Case, *, on: date) -> None:
    """The entries of a locked case whose day has come have taken effect."""
    due = col(LegalStatusEntry.case_id) == case.id, col(LegalStatusEntry.valid_from) <= on
    await session.execute(update(LegalStatusEntry).where(*due).values(has_taken_effect=True))
    audit.record(session, operation="legal_status.take_effect", subject_id=case.id)
