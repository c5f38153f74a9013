"""The rows of referrals that tell a municipality of a child, of notes for it, and what was recorded of children."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, and_, bindparam, false, or_, select, true
from sqlmodel import col

from services.identification.case.repository import CASE_ID
from services.identification.case.schemas import SealedText
from services.identification.case.visibility import is_to_assess
from services.identification.children.models import ChildNote, ChildReferral
from services.identification.records import repository as records
from shared.contract.codes import Purpose
from shared.contract.events import ChildAssessed, MunicipalityNotified, RepresentativeAppointed
from shared.contract.visibility import Aspect, Part
from shared.data.columns import ORGANISATION, any_asked, any_of
from shared.data.outbox import RecordedEvent
from shared.data.positions import page
from shared.data.unit_of_work import UnitOfWork

# ---------------------------------------------------------------- children


async def child_referral(work: UnitOfWork, referral_id: UUID) -> ChildReferral | None:
    return await work.session.get(ChildReferral, referral_id)


async def add_child_referral(work: UnitOfWork, referral: ChildReferral) -> None:
    work.session.add(referral)
    await work.session.flush()


_NOTIFIED: Final = (
    select(RecordedEvent)
    .where(any_asked(RecordedEvent.key, "keys"), RecordedEvent.type == MunicipalityNotified.type)
    .order_by(RecordedEvent.position.desc())
    .limit(1)
)


async def last_notified(work: UnitOfWork, case_id: UUID) -> MunicipalityNotified | None:
    """Which municipality was notified of the child last, and when; for Havn itself."""
    found = await work.session.scalar(_NOTIFIED, {"keys": [str(case_id)]})
    return MunicipalityNotified.model_validate(found.payload) if found else None


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
    query = _notes(parts, is_to_assess=is_to_assess(work.actor.org, case), goes_on=bool(after))
    asked = {"case_id": case.id, "org": work.actor.org, "since": case.child_notified_at}
    rows = await work.session.scalars(query, page(after, limit) | asked)
    words = await records.opened(work, rows, "words", SealedText)
    return parts, [(row, words[row.id]) for row in rows if row.id in words]


@cache
def _notes(parts: frozenset[Part], *, is_to_assess: bool, goes_on: bool) -> Select[ChildNote]:
    """CMM reads all of them; the municipality those that were written to it since its task began, while that runs; whoever has
    written one, its own."""
    conditions: list[ColumnElement[bool]] = []
    if Part.CENTRE in parts:
        conditions.append(true())
    if parts & {Part.AUTHORITY, Part.REFERRER}:
        conditions.append(col(ChildNote.recorded_by) == ORGANISATION)
    if is_to_assess:
        since = bindparam("since", type_=DateTime(timezone=True))
        conditions.append(and_(col(ChildNote.addressed_to) == ORGANISATION, col(ChildNote.recorded_at) >= since))
    return records.page_of(ChildNote, col(ChildNote.case_id) == CASE_ID, or_(false(), *conditions), goes_on=goes_on)
