"""Notes for the municipality that assesses a child: written by who works on the case or has referred the child, and read by the
municipality that has the task, while it has it (docs/rules.md, duty-2)."""

from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.case.visibility import is_to_assess
from services.identification.children import repository
from services.identification.children.models import ChildNote
from services.identification.children.schemas import ChildNoteReport
from shared.contract.organisations import organisation_of
from shared.contract.visibility import Part
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict


class NobodyAssesses(Conflict):
    """No municipality has to assess the child now, so none would read the note."""


async def write(
    work: UnitOfWork, *, case_id: UUID, report: ChildNoteReport, expected: ExpectedVersion
) -> tuple[Case, ChildNote]:
    """Note something for the municipality that assesses the child. Raises NobodyAssesses for who works on the case. Who has
    referred the child is answered alike whether anybody has that task, which is not its to know: where nobody has, CMM reads
    the note (docs/rules.md, identity-3)."""
    case = await cases.lock_case(work, case_id, expected, parts=cases.WORKING | {Part.REFERRER})
    works_on_it = await cases.part_of(work, case.id, work.actor.org) in cases.WORKING
    if works_on_it:
        lifecycle.check(case, Step.WORK)
    read_in = await _where_it_is_read(work, case, works_on_it=works_on_it)
    if not read_in and works_on_it:
        raise NobodyAssesses(
            "No municipality has to assess the child now, so none would read this: POST .../child-notification first."
        )
    unread: list[tuple[Case, str | None]] = [(case, None)]
    notes = [
        ChildNote(case_id=each.id, recorded_at=work.now, recorded_by=work.actor.org, addressed_to=organisation)
        for each, organisation in read_in or unread
    ]
    for note in notes:
        await repository.add_note(work, note, SealedText(text=report.text))
    return case, notes[0]


async def _where_it_is_read(work: UnitOfWork, case: Case, *, works_on_it: bool) -> list[tuple[Case, str]]:
    """The cases of the child under which a municipality has the task, and which: of one that was merged its task stays in the
    case that it knows."""
    below = await cases.lock_below(work, case) if works_on_it else []
    found: list[tuple[Case, str]] = []
    async with as_itself(work):
        # Who else has to do with the case is not everybody's to know.
        for each in (case, *below):
            organisation = organisation_of(each.municipality) if each.municipality else ""
            if is_to_assess(organisation, each) and await cases.part_of(work, each.id, organisation):
                found.append((each, organisation))
    return found
