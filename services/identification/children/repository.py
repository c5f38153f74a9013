"""The rows of referrals that tell a municipality of a child, of notes for it, and what was recorded of children."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import col

from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.case.visibility import is_to_assess
from services.identification.children.models import ChildNote, ChildReferral
from services.identification.records import repository as records
from shared.contract.codes import Purpose
from shared.contract.events import ChildAssessed, RepresentativeAppointed
from shared.contract.visibility import Aspect, Part
from shared.data.columns import any_asked, any_of
from shared.data.outbox import RecordedEvent
from shared.data.unit_of_work import UnitOfWork

# ---------------------------------------------------------------- children


async def child_referral(work: UnitOfWork, referral_id: UUID) -> ChildReferral | None:
    return await work.session.get(ChildReferral, referral_id)


async def add_child_referral(work: UnitOfWork, referral: ChildReferral) -> None:
    work.session.add(referral)
    await work.session.flush()


_DONE: Final = {kind.type: kind for kind in (ChildAssessed, RepresentativeAppointed)}
_RECORDED: Final = select(RecordedEvent).where(
    any_asked(RecordedEvent.key, "keys"), any_of(RecordedEvent.type, list(_DONE))
)


async def done_in(work: UnitOfWork, case_ids: Collection[UUID]) -> list[ChildAssessed | RepresentativeAppointed]:
    """The assessments and appointments that were recorded in these cases themselves."""
    recorded = await work.session.scalars(_RECORDED, {"keys": [str(case_id) for case_id in case_ids]})
    return [_DONE[row.type].model_validate(row.payload) for row in recorded]


# ---------------------------------------------------------------- notes for the municipality


async def add_note(work: UnitOfWork, note: ChildNote, words: SealedText) -> None:
    """Store a note under the case in which it is read."""
    await records.add(work, note, operation="child_note.add", words=words)


async def notes_of(
    work: UnitOfWork, case_id: UUID, *, purpose: Purpose, after: Sequence[str | int] | None, limit: int
) -> tuple[frozenset[Part], list[tuple[ChildNote, SealedText]]]:
    """The notes of a case that the actor may read, oldest first, up to one more than `limit`, and its parts in the case. Raises
    CaseNotFound and PurposeNotYours."""
    case, parts = await records.case_to_know(work, case_id, Aspect.NOTES, operation="child_note.list", purpose=purpose)
    asked = (col(ChildNote.case_id) == case.id, _are_read_by(work, case, parts))
    rows = await records.list_those(work, ChildNote, *asked, after=after, limit=limit)
    words = await records.opened(work, rows, "words", SealedText)
    return parts, [(row, words[row.id]) for row in rows if row.id in words]


def _are_read_by(work: UnitOfWork, case: Case, parts: frozenset[Part]) -> ColumnElement[bool]:
    """CMM reads all of them; the municipality those that were written to it since its task began, while that runs; whoever has
    written one, its own."""
    conditions: list[ColumnElement[Any]] = []
    if Part.CENTRE in parts:
        conditions.append(col(ChildNote.case_id) == case.id)
    if parts & {Part.AUTHORITY, Part.REFERRER}:
        conditions.append(col(ChildNote.recorded_by) == work.actor.org)
    if is_to_assess(work.actor.org, case):
        conditions.append(
            and_(
                col(ChildNote.addressed_to) == work.actor.org,
                col(ChildNote.recorded_at) >= case.child_notified_at,
            )
        )
    return or_(false(), *conditions)
