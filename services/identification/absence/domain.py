"""Missing and found. It is one person who is missing, found, and perhaps referred anew: one case, not two.

Who left a place without notice may be missing: that is a question to those who work on the case, which no machine answers."""

from collections.abc import Collection
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
from shared.data.itself import as_itself
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


class MissingBeforeFound(Unprocessable):
    """The person was found after the day since which they are said to be missing again."""


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
    found = [each.found_on for each in await records.records_of(work, case.id, Absence) if each.found_on]
    if found and report.since < max(found):
        raise MissingBeforeFound(f"The person was found on {max(found)}; they are missing again since then or later.")
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
    await _end(work, case, absence, on=report.on, municipality=report.municipality)
    await changes.case_changed(work, case)
    async with as_itself(work):
        for below in await cases.lock_below(work, case):  # it is one person
            if below.missing:
                await _end(work, below, await _lasting(work, below), on=report.on, municipality=report.municipality)
    return case, absence


async def _end(work: UnitOfWork, case: Case, absence: Absence, *, on: date, municipality: str | None) -> None:
    absence.found_on, absence.municipality = on, municipality
    await records.change(work, absence, operation="absence.end")
    _no_longer_missing(work, case, on=on, municipality=municipality)


def _no_longer_missing(work: UnitOfWork, case: Case, *, on: date, municipality: str | None = None) -> None:
    case.missing = False
    work.record(events.PersonFound(case_id=case.id, occurred_at=work.now, on=on, municipality=municipality))


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


async def note_arrival(work: UnitOfWork, *, case_id: UUID) -> None:
    """Accommodation says that the person has arrived at a place. Where they are missing, or that is asked, CMM is alerted; no
    machine ends a search, as it may be somebody else who has arrived (docs/rules.md, process-17)."""
    case = await _lock_where_it_goes_on(work, case_id)
    if case is None:
        return
    case.version -= 1  # nothing that is shown changes
    if case.missing or case.missing_asked_since:
        raise_alert(work, Alert(DeadlineKind.MISSING_ARRIVED, case.id, CENTRE))


async def _lock_where_it_goes_on(work: UnitOfWork, case_id: UUID) -> Case | None:
    case = await cases.case_for_itself(work, case_id)
    above = await cases.lock_above(work, case) if case else []
    if case and above:
        for below in (case, *above[:-1]):
            below.version -= 1  # nothing changes in it: whoever has a part in it alone learns of no merge
    return above[-1] if above else case


async def _ask(work: UnitOfWork, case: Case, since: date, *, brought_by: UUID | None = None) -> None:
    asked = Disappearance(case_id=case.id, since=since, recorded_at=work.now, brought_by=brought_by)
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


# ---------------------------------------------------------------- two cases of one person


async def carry(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """Of two merged cases: who is missing by the one is missing where the work goes on, and what is asked in the one is asked
    there, unless it is known or asked there."""
    if surviving.missing:
        return
    if case.missing:
        await _carry_absence(work, case, surviving)
    elif case.missing_asked_since and not surviving.missing_asked_since:
        asked = [each for each in await records.records_of(work, case.id, Disappearance) if each.answered_at is None]
        await _ask(work, surviving, case.missing_asked_since, brought_by=asked[0].brought_by or case.id)


async def _carry_absence(work: UnitOfWork, case: Case, surviving: Case) -> None:
    lasting = await _lasting(work, case)
    brought = Absence(
        case_id=surviving.id,
        since=lasting.since,
        reported_to_police_on=lasting.reported_to_police_on,
        brought_by=lasting.brought_by or case.id,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    await records.add(work, brought, operation="absence.add")
    surviving.missing = True
    work.record(
        events.PersonMissing(
            case_id=surviving.id,
            occurred_at=work.now,
            since=brought.since,
            reported_to_police_on=brought.reported_to_police_on,
        )
    )


async def give_back(work: UnitOfWork, above: Case, *, group: Collection[UUID]) -> bool:
    """The merge is undone: that somebody is missing, or may be, and came from one of the `group`, was said of the other person.
    What has become of it since stays with that one's own case. Says whether anything of the kind was there."""
    brought = [each for each in await records.records_of(work, above.id, Absence) if each.brought_by in group]
    asked = [each for each in await records.records_of(work, above.id, Disappearance) if each.brought_by in group]
    if any(each.found_on is None for each in brought):
        _no_longer_missing(work, above, on=on_date(work.now))
    if any(each.answered_at is None for each in asked):
        above.missing_asked_since = None
    for each in (*brought, *asked):
        await records.remove(work, each, operation="absence.give_back")
    return bool(brought or asked)
