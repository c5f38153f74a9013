"""What is recorded in a case beside its decisions: rows that belong to it, with what they seal."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, select

from services.identification.case.models import Case, Table
from services.identification.case.repository import (
    CASE_ID,
    RECORDING_A_COURT,
    WORKING,
    CaseNotFound,
    RoleDoesNotSee,
    find_case,
    of_cases,
    rows_by_case,
    seal,
    seen_case,
)
from services.identification.case.visibility import parts_of_reader
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part
from shared.data import sealed
from shared.data.positions import oldest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import NotFound


class _IsRecord(Protocol):
    id: Any
    case_id: Any
    recorded_at: Any


RecordT = TypeVar("RecordT", bound=_IsRecord)
DocumentT = TypeVar("DocumentT", bound=BaseModel)
RowT = TypeVar("RowT", bound=Table)


class RecordNotFound(NotFound):
    """The case has no such record."""


async def add(work: UnitOfWork, row: Any, *, operation: str, **documents: BaseModel | None) -> None:
    """Store a record of a locked case, each document sealed for its column."""
    await seal(work, row, documents)
    work.session.add(row)
    await work.session.flush()
    work.audit(operation=operation, subject_id=row.case_id, object_ids=[row.id])


async def change(work: UnitOfWork, row: Any, *, operation: str, **documents: BaseModel | None) -> None:
    """Seal what is new in a record of a locked case, and note the change."""
    await seal(work, row, documents)
    await work.session.flush()
    work.audit(operation=operation, subject_id=row.case_id, object_ids=[row.id])


async def remove(work: UnitOfWork, row: Any, *, operation: str) -> None:
    """Take a record out of a locked case that was never its person's."""
    await work.session.delete(row)
    work.audit(operation=operation, subject_id=row.case_id, object_ids=[row.id])


async def put(work: UnitOfWork, row: Any, *, operation: str, **documents: BaseModel | None) -> None:
    """Store the one row of its kind that a locked case has, in the place of an earlier one."""
    await seal(work, row, documents, place=row.case_id)
    await work.session.put(row)
    await work.session.flush()
    work.audit(operation=operation, subject_id=row.case_id)


async def record_of(work: UnitOfWork, case: Case, kind: type[RecordT], record_id: UUID) -> RecordT:
    """A record of a case already read; raises RecordNotFound."""
    found = await work.session.get(kind, record_id)
    if found is None or found.case_id != case.id:
        raise RecordNotFound
    return found


@cache
def _of_one_case(kind: type[RecordT]) -> Select[RecordT]:
    return select(kind).where(kind.case_id == CASE_ID).order_by(kind.recorded_at, kind.id)


async def records_of(work: UnitOfWork, case_id: UUID, kind: type[RecordT]) -> list[RecordT]:
    """All records of this kind in a case already read, as recorded."""
    return list(await work.session.scalars(_of_one_case(kind), {"case_id": case_id}))


async def by_case(work: UnitOfWork, case_ids: Sequence[UUID], kind: type[RowT]) -> dict[UUID, list[RowT]]:
    """The records of this kind in cases already read, as recorded, with one statement."""
    return await rows_by_case(work, case_ids, _as_recorded(kind))


@cache
def _as_recorded(kind: type[RowT]) -> Select[RowT]:
    in_order: tuple[Any, ...] = (kind.recorded_at, kind.id)  # type: ignore[attr-defined]
    return of_cases(kind, select(kind).order_by(*in_order))


async def find_own(work: UnitOfWork, case_id: UUID, kind: type[RowT]) -> RowT | None:
    """The one row of this kind that a case already read may have."""
    return await work.session.get(kind, case_id)


def with_the_prosecution(actor: Actor) -> frozenset[Part]:
    """The parts that reach what concerns courts: who works on the case, and the prosecution, whatever brought it there.

    Row level security shows the prosecution only what courts have decided and the steps that it recorded itself."""
    return RECORDING_A_COURT if actor.kind is OrganisationKind.PROSECUTION else WORKING


async def read_case(
    work: UnitOfWork,
    case_id: UUID,
    *,
    operation: str,
    purpose: Purpose,
    parts: frozenset[Part] = WORKING,
    object_ids: Iterable[UUID] = (),
) -> Case:
    """The case, for whom its words are meant: those who have one of these parts in it, in a role that may know the person.
    The read is kept under the operation's name."""
    case, part = await find_case(
        work, case_id, operation=operation, purpose=purpose, parts=parts, object_ids=object_ids
    )
    if part in WORKING and Aspect.PERSON not in visibility.may_know(work.actor, part):
        raise RoleDoesNotSee("What was said in the case is for those who work on it: caseworker, lawyer, decider.")
    return case


async def case_to_know(
    work: UnitOfWork, case_id: UUID, aspect: Aspect, *, operation: str, purpose: Purpose
) -> tuple[Case, frozenset[Part]]:
    """The case and the actor's parts in it, a task's included, for whom these let know this aspect. Raises CaseNotFound, and
    PurposeNotYours."""
    found = await seen_case(work, case_id)
    if found is None:
        raise CaseNotFound
    case, part = found
    parts = parts_of_reader(work.actor, case, part, on=on_date(work.now))
    if aspect not in visibility.may_know(work.actor, parts):
        raise CaseNotFound
    visibility.judge(work.actor, parts, purpose)
    work.audit(operation=operation, subject_id=case_id, purpose=purpose)
    return case, parts


@cache
def _page_of(kind: type[RecordT], *, goes_on: bool) -> Select[RecordT]:
    return page_of(kind, kind.case_id == CASE_ID, goes_on=goes_on)


def page_of(kind: type[RecordT], *conditions: Any, goes_on: bool) -> Select[RecordT]:
    """A page of the records of this kind that meet the conditions, oldest first; sent with what `page` gives."""
    return oldest_first(select(kind).where(*conditions), kind.recorded_at, kind.id, goes_on=goes_on)


async def list_records(
    work: UnitOfWork, case_id: UUID, kind: type[RecordT], *, after: Sequence[str | int] | None, limit: int
) -> list[RecordT]:
    """The records of this kind in a case already read, oldest first, up to one more than `limit`."""
    asked = page(after, limit) | {"case_id": case_id}
    return list(await work.session.scalars(_page_of(kind, goes_on=bool(after)), asked))


def position(row: _IsRecord) -> list[str | int]:
    """Where a record stands in its list."""
    return [row.recorded_at.isoformat(), str(row.id)]


async def opened(work: UnitOfWork, rows: Sequence[Any], column: str, kind: type[DocumentT]) -> dict[UUID, DocumentT]:
    """What these records seal in that column, by the record's id; those that seal nothing are left out."""
    keys = await sealed.keys_of(work, {row.case_id for row in rows})
    return {
        row.id: keys[row.case_id].open(document, kind, table=str(row.__tablename__), column=column, row=row.id)
        for row in rows
        if (document := getattr(row, column)) is not None
    }


async def opened_own(work: UnitOfWork, row: Any, column: str, kind: type[DocumentT]) -> DocumentT | None:
    """What the one row of its kind that a case has seals in that column."""
    document = getattr(row, column)
    if document is None:
        return None
    key = await sealed.key_of(work, row.case_id)
    return key.open(document, kind, table=str(row.__tablename__), column=column, row=row.case_id)
