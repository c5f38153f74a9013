"""What was said with the steps in a case, from where each step keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.codes import NoteKind
from services.identification.models.cases import Case, ContactAttempt
from services.identification.models.decisions import PeriodExtension
from services.identification.models.retention import LegalHold
from services.identification.repository.records import opened, read_case
from services.identification.schemas.notes import Note
from services.identification.schemas.person import SealedText
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class _Source:
    """Where notes of a kind stand: a column that seals them, and those that say when and by whom."""

    kind: NoteKind
    column: str
    at: str | None = None
    by: str | None = None


_OF_THE_CASE: Final = (
    _Source(NoteKind.OPENING, "opening", "opened_at", "opened_by"),
    _Source(NoteKind.SETTLEMENT, "settlement", None, "settled_by"),
    _Source(NoteKind.CUSTODY_PLACE, "custody_place", "custody_since"),
    _Source(NoteKind.CHILD_ASSESSMENT, "child", "child_assessed_at"),
    _Source(NoteKind.REPRESENTATIVE, "representative"),
    _Source(NoteKind.REFUSAL, "refusal"),
)
_OF_RECORDS: Final[Sequence[tuple[type[Any], _Source]]] = (
    (PeriodExtension, _Source(NoteKind.EXTENSION, "note", "granted_at", "granted_by")),
    (ContactAttempt, _Source(NoteKind.CONTACT_ATTEMPT, "note", "made_at", "made_by")),
    (LegalHold, _Source(NoteKind.LEGAL_HOLD, "reason", "placed_at", "placed_by")),
)


async def read_notes(session: AsyncSession, actor: Actor, case_id: UUID, *, purpose: Purpose) -> list[Note]:
    """The notes of a case, for those who work on it."""
    case = await read_case(session, actor, case_id, operation="note.list", purpose=purpose)
    if case.erased_at:
        return []
    found = await _of_the_case(session, case)
    for table, source in _OF_RECORDS:
        query = select(table).where(table.case_id == case.id).order_by(getattr(table, str(source.at)), col(table.id))
        rows = list(await session.scalars(query))
        words = await opened(session, rows, source.column, SealedText)
        found += [_note(source, row, words[row.id]) for row in rows if row.id in words]
    return found


async def _of_the_case(session: AsyncSession, case: Case) -> list[Note]:
    key = await sealed.key_of(session, case.id)
    return [
        _note(source, case, key.open(words, SealedText, table="case_file", column=source.column, row=case.id))
        for source in _OF_THE_CASE
        if (words := getattr(case, source.column))
    ]


def _note(source: _Source, row: Any, words: SealedText) -> Note:
    at, by = (getattr(row, name) if name else None for name in (source.at, source.by))
    return Note(kind=source.kind, text=words.text, at=at, by=by)
