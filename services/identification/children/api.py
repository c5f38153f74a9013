"""Endpoints of a child's protection: its municipality, notes for it, and its representative."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Dutiful, FileWorker
from services.identification.children import domain, notes, repository, views
from services.identification.children.schemas import (
    ChildAssessmentReport,
    ChildNoteDetails,
    ChildNoteReceipt,
    ChildNoteReport,
    ChildNotification,
    ChildProtection,
    RepresentativeReport,
)
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/child-notification")
async def notify_municipality(
    work: Caseworker, case_id: UUID, notification: ChildNotification, expected: IfMatch
) -> Tagged[ChildProtection]:
    """Name the acting municipality of a child. It is told, and has 24 hours to assess; where another one was told before, its
    time ends and it has no more to do with the child."""
    case = await domain.notify(work, case_id=case_id, notification=notification, expected=expected)
    return views.see_child_protection(case).tagged(case)


@router.post("/cases/{case_id}/child-assessment")
async def assess_child(
    work: Dutiful, case_id: UUID, report: ChildAssessmentReport, expected: IfMatch
) -> Tagged[ChildProtection]:
    """The municipality has assessed what the child needs; its 24 hours end, and with them what it may know of the case. By the
    municipality itself, or by those who work on the case."""
    case = await domain.assess(work, case_id=case_id, report=report, expected=expected)
    return views.see_child_protection(case).tagged(case)


@router.post("/cases/{case_id}/representative")
async def record_representative(
    work: Dutiful, case_id: UUID, report: RepresentativeReport, expected: IfMatch
) -> Tagged[ChildProtection]:
    """A personal representative was asked for, or appointed; send both days when there is one. Until then Familieretshuset has
    the task and a deadline, reads who the child is and how to reach them, and reports the appointment here; with that its
    part in the case ends."""
    case = await domain.represent(work, case_id=case_id, report=report, expected=expected)
    return views.see_representative(case, organisation=work.actor.org).tagged(case)


# ---------------------------------------------------------------- notes for the municipality


@router.post("/cases/{case_id}/child-notes", status_code=201)
async def write_child_note(
    work: FileWorker, case_id: UUID, report: ChildNoteReport, expected: IfMatch
) -> Tagged[ChildNoteReceipt]:
    """Note something for the municipality that assesses the child, which reads it until it has assessed. By those who work on
    the case (409 `NobodyAssesses` where no municipality has that task), and by who has referred the child."""
    case, note = await notes.write(work, case_id=case_id, report=report, expected=expected)
    return ChildNoteReceipt(note_id=note.id, case_id=note.case_id).tagged(case)


@router.get("/cases/{case_id}/child-notes")
async def list_child_notes(
    work: FileWorker, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[ChildNoteDetails]:
    """The notes for the municipality that assesses the child, oldest first: to the municipality those that were written to it,
    while it has the task; to who has written some, these; to CMM all. Every read is kept with its purpose."""
    parts, found = await repository.notes_of(work, case_id, purpose=purpose, after=pages.after, limit=pages.limit)
    items = [views.see_note(note, words, parts=parts) for note, words in found]
    return pages.page(items, found, lambda row: records.position(row[0]))
