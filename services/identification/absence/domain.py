"""Missing and found. It is one person who is missing, found, and perhaps referred anew: one case, not two.

Who left a place without notice may be missing: that is a question to those who work on the case, which no machine answers."""

from datetime import date
from uuid import UUID

from services.identification.absence.models import Absence, Disappearance
from services.identification.absence.schemas import FoundReport, MissingReport, NotMissingReport
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_child
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from shared.alerts.queue import Alert, raise_alert
from shared.contract import events
from shared.contract.codes import Authority, DeadlineKind
from shared.contract.organisations import CENTRE, IMMIGRATION
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class AlreadyMissing(Conflict):
    """The person is missing already."""


class NotMissing(Conflict):
    """Nobody misses the person."""


class NothingAsked(Conflict):
    """Nobody has asked whether the person is missing."""


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
    await _answer(work, case, is_missing=True)
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


# ---------------------------------------------------------------- who left a place without notice


async def ask(work: UnitOfWork, *, case_id: UUID, since: date) -> None:
    """The person left a place without notice: whoever works on the case, where the work goes on, is asked whether they are
    missing (docs/rules.md, process-16). Of a child CMM is alerted whatever the answer, and also where the case is closed."""
    case = await _lock_where_it_goes_on(work, case_id)
    if case is None or case.missing or case.missing_asked_since:
        return
    if is_child(case, on=on_date(work.now)):
        raise_alert(work, Alert(DeadlineKind.MISSING_CHILD, case.id, CENTRE))
    if not lifecycle.allows(case, Step.WORK):
        return
    await _ask(work, case, since)
    asked_of = IMMIGRATION if case.authority is Authority.US else CENTRE
    raise_alert(work, Alert(DeadlineKind.MISSING_QUESTION, case.id, asked_of))


async def _lock_where_it_goes_on(work: UnitOfWork, case_id: UUID) -> Case | None:
    case = await cases.case_for_itself(work, case_id)
    above = await cases.lock_above(work, case) if case else []
    if case and above:
        case.version -= 1  # nothing changes in it: whoever has a part in it alone learns of no merge
    return above[-1] if above else case


async def _ask(work: UnitOfWork, case: Case, since: date) -> None:
    asked = Disappearance(case_id=case.id, since=since, recorded_at=work.now)
    await records.add(work, asked, operation="disappearance.ask")
    case.missing_asked_since = since


async def deny(
    work: UnitOfWork, *, case_id: UUID, report: NotMissingReport, expected: ExpectedVersion
) -> tuple[Case, Disappearance]:
    """The person is not missing: somebody knows where they are. Raises NothingAsked."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    answered = await _answer(work, case, is_missing=False, reason=SealedText(text=report.reason))
    if answered is None:
        raise NothingAsked(
            "Nobody has asked whether the person is missing; POST .../found if they were, and are found."
        )
    return case, answered


async def _answer(
    work: UnitOfWork, case: Case, *, is_missing: bool, reason: SealedText | None = None
) -> Disappearance | None:
    asked = [each for each in await records.records_of(work, case.id, Disappearance) if each.answered_at is None]
    if not asked:
        return None
    (question,) = asked
    question.answered_at, question.answered_by, question.is_missing = work.now, work.actor.org, is_missing
    await records.change(work, question, operation="disappearance.answer", reason=reason)
    case.missing_asked_since = None
    return question


async def carry(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """Of two merged cases: what is asked in the one is asked where the work goes on, unless it is known or asked there."""
    if case.missing_asked_since and not (surviving.missing or surviving.missing_asked_since):
        await _ask(work, surviving, case.missing_asked_since)
