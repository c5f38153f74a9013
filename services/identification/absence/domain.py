"""Missing and found. It is one person who is missing, found, and perhaps referred anew: one case, not two."""

from uuid import UUID

from services.identification.absence.models import Absence
from services.identification.absence.schemas import FoundReport, MissingReport
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_child
from services.identification.records import repository as records
from shared.alerts.queue import Alert, raise_alert
from shared.contract import events
from shared.contract.codes import DeadlineKind
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class AlreadyMissing(Conflict):
    """The person is missing already."""


class NotMissing(Conflict):
    """Nobody misses the person."""


class ReportedBeforeMissing(Unprocessable):
    """The police cannot have been notified before the person was missing."""


class FoundBeforeMissing(Unprocessable):
    """The person cannot have been found before being missing."""


async def report_missing(
    work: UnitOfWork, *, case_id: UUID, report: MissingReport, expected: ExpectedVersion
) -> tuple[Case, Absence]:
    """Note that the person is missing. Everything else about the case goes on. Said again with the day on which the police
    were notified, that day is added."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    if report.reported_to_police_on and report.reported_to_police_on < report.since:
        raise ReportedBeforeMissing(
            f"The person is missing since {report.since}; the police were notified then or later."
        )
    if case.missing:
        return case, await _add_police_report(work, case, report)
    absence = Absence(case_id=case.id, **report.model_dump(), recorded_at=work.now, recorded_by=work.actor.org)
    await records.add(work, absence, operation="absence.add")
    case.missing = True
    if is_child(case, on=on_date(work.now)):
        raise_alert(work, Alert(DeadlineKind.MISSING_CHILD, case.id, CENTRE))
    work.record(events.PersonMissing(case_id=case.id, occurred_at=work.now, **report.model_dump()))
    await changes.case_changed(work, case)
    return case, absence


async def _add_police_report(work: UnitOfWork, case: Case, report: MissingReport) -> Absence:
    absence = await _lasting(work, case)
    if absence.since != report.since or absence.reported_to_police_on or report.reported_to_police_on is None:
        raise AlreadyMissing(
            f"The person is missing since {absence.since} already; POST .../found first, once that is so."
        )
    absence.reported_to_police_on = report.reported_to_police_on
    await records.change(work, absence, operation="absence.report")
    return absence


async def _lasting(work: UnitOfWork, case: Case) -> Absence:
    absences = await records.records_of(work, case.id, Absence)
    return next(each for each in absences if each.found_on is None)


async def report_found(
    work: UnitOfWork, *, case_id: UUID, report: FoundReport, expected: ExpectedVersion
) -> tuple[Case, Absence]:
    """Note that the person was found."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    if not case.missing:
        raise NotMissing("The person is not missing, so there is nothing to record.")
    absence = await _lasting(work, case)
    if report.on < absence.since:
        raise FoundBeforeMissing(f"The person is missing since {absence.since}; give that day or a later one.")
    absence.found_on, absence.municipality = report.on, report.municipality
    await records.change(work, absence, operation="absence.end")
    case.missing = False
    work.record(events.PersonFound(case_id=case.id, occurred_at=work.now, **report.model_dump()))
    await changes.case_changed(work, case)
    return case, absence
