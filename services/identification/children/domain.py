"""A child: its municipality is notified at once and assesses within 24 hours, and a representative speaks for it.

No consent of a child or its parents is asked for anywhere: the effort owes a child its protection (docs/rules.md, child-1)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_child
from services.identification.case.schemas import SealedText
from services.identification.case.visibility import is_to_assess, is_to_represent, is_waited_for
from services.identification.children import repository
from services.identification.children.models import ChildReferral
from services.identification.children.schemas import ChildAssessmentReport, ChildNotification, RepresentativeReport
from shared.contract import events
from shared.contract.organisations import REPRESENTATION, municipality_of, organisation_of
from shared.contract.visibility import Part
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class NotAChild(Conflict):
    """This is for children and those who are presumed to be."""


class ChildIsAssessed(Conflict):
    """The municipality has assessed what the child needs; that is recorded once."""


class AssessedBeforeNotice(Unprocessable):
    """The municipality cannot have assessed a child it had not been notified of."""


class AppointedBeforeRequest(Unprocessable):
    """A representative is appointed after one was asked for."""


class RequestDayMissing(Unprocessable):
    """Nobody has said yet when a representative was asked for."""


class AppointmentMissing(Unprocessable):
    """Who was asked for a representative has only the appointment to report."""


async def protect(work: UnitOfWork, case: Case, *, is_new: bool = False) -> None:
    """A child is protected from when it is known to be one: its municipality is notified at once and once, or CMM has as long to
    find it. Whoever changes what is known of a person, or opens a case, calls this and has the deadlines set."""
    if not is_child(case, on=on_date(work.now)):
        if case.child_since is None and is_waited_for(case):
            return  # came of age while its municipality had its hours, which run on
        case.child_since = None
        await _end_tasks(work, case)
        return
    case.child_since = case.child_since or work.now
    if case.municipality and case.child_notified_at is None:
        before = None if is_new else await _notified_before(work, case)
        await notify_municipality(work, case, case.municipality, at=before)


async def _notified_before(work: UnitOfWork, case: Case) -> datetime | None:
    """Since when its municipality's hours ran that were ended by an error, a wrong age say: they are not begun anew, and what it
    did meanwhile it did in time."""
    async with as_itself(work):
        notified = await repository.last_notified(work, case.id)
    return notified.notified_at if notified and notified.municipality == case.municipality else None


async def come_of_age(work: UnitOfWork, case: Case) -> None:
    """Who was a child until today needs no representative any more. The hours of the municipality that was notified of the child
    run on until it has reported what it found, or was found to have no task (docs/rules.md, duty-1)."""
    if not is_waited_for(case):
        await protect(work, case)
        return
    case.child_since = None
    await _end_representation(work, case)


async def _end_tasks(work: UnitOfWork, case: Case) -> None:
    """Who is no child, or was never one, needs neither an assessment nor a representative: nobody is left with a task that it
    cannot report done."""
    if is_waited_for(case):
        case.child_notified_at = None
        await _end_part_of_municipality(work, case)
    await _end_representation(work, case)


async def _end_representation(work: UnitOfWork, case: Case) -> None:
    if case.representative_requested_on and case.representative_appointed_on is None:
        async with as_itself(work):
            await _end_part_of_representation(work, case)


async def notify_municipality(work: UnitOfWork, case: Case, municipality: str, *, at: datetime | None = None) -> None:
    """This is the child's municipality from now on, and its 24 hours run, from `at` where they have run before."""
    case.municipality, case.child_notified_at = municipality, at or work.now
    await cases.give_part(work, case.id, organisation_of(municipality), Part.MUNICIPALITY)
    work.record(
        events.MunicipalityNotified(
            case_id=case.id, occurred_at=work.now, municipality=municipality, notified_at=case.child_notified_at
        )
    )


async def notify(
    work: UnitOfWork, *, case_id: UUID, notification: ChildNotification, expected: ExpectedVersion
) -> Case:
    """Name the child's municipality, and notify it; another one than before was an error, or the child has moved."""
    case = await _lock_child(work, case_id, expected)
    if case.child_notified_at and case.municipality == notification.municipality:
        return case
    if case.child_notified_at:
        case.child_notified_at = case.child_assessed_at = None
        await _end_part_of_municipality(work, case)
    case.municipality = notification.municipality
    if not await _notify_where_it_knows_the_child(work, case, notification.municipality):
        await notify_municipality(work, case, notification.municipality)
    await changes.case_changed(work, case)
    return case


async def _notify_where_it_knows_the_child(work: UnitOfWork, case: Case, municipality: str) -> bool:
    """A municipality that has a part in a merged case alone is to learn of no merge: it has its task in that one, and its hours
    run in this one too."""
    organisation, on = organisation_of(municipality), on_date(work.now)
    async with as_itself(work):
        if await cases.part_of(work, case.id, organisation):
            return False
        for below in await cases.lock_below(work, case):
            if not is_child(below, on=on) or await cases.part_of(work, below.id, organisation) is None:
                continue
            if below.child_notified_at is None or below.municipality != municipality:
                await _end_part_of_municipality(work, below)
                below.child_assessed_at = None
                await notify_municipality(work, below, municipality)
                await changes.case_changed(work, below)
            await _notified_where_it_goes_on(work, below)
            return True
    return False


async def _end_part_of_municipality(work: UnitOfWork, case: Case) -> None:
    """The municipality's task is done, or is another one's now: what it may know by a referral or the person's consent stays."""
    async with as_itself(work):
        # US, which may decide, does not know who else has to do with the case.
        await _take_part_of_municipality(work, case)


async def _take_part_of_municipality(work: UnitOfWork, case: Case) -> None:
    if case.municipality is None:
        return
    organisation = organisation_of(case.municipality)
    if await cases.part_of(work, case.id, organisation) is Part.MUNICIPALITY:
        await cases.set_part(work, case.id, organisation, None)


async def assess(work: UnitOfWork, *, case_id: UUID, report: ChildAssessmentReport, expected: ExpectedVersion) -> Case:
    """The municipality has assessed what the child needs; its 24 hours are over, and its part in the case ends."""
    case = await cases.lock_case(work, case_id, expected, parts=frozenset(Part))
    if not (is_to_assess(work.actor.org, case) or await _works_on(work, case)):
        raise cases.CaseNotFound
    if is_waited_for(case):  # also of who came of age meanwhile
        lifecycle.check(case, Step.WORK)
    else:
        _check_child(work, case)
    if case.child_assessed_at:
        raise ChildIsAssessed("The assessment is recorded already.")
    if report.assessed_at < _known_since(work, case):
        raise AssessedBeforeNotice("The municipality cannot have assessed the child before it was notified.")
    case.child_assessed_at = report.assessed_at
    await cases.seal_note(
        work, case, "child", SealedText(text=report.note) if report.note else None, operation="child.assess"
    )
    work.record(events.ChildAssessed(case_id=case.id, occurred_at=work.now, assessed_at=report.assessed_at))
    await changes.case_changed(work, case)
    async with as_itself(work):
        await _assessed_where_it_goes_on(work, case)
        await _assessed_below(work, case)
    await _end_part_of_municipality(work, case)
    return case


def _known_since(work: UnitOfWork, case: Case) -> datetime:
    """Since when who assesses can have known of the child: a municipality that has referred it had met it before."""
    since = case.child_notified_at or case.opened_at
    return min(since, case.occurred_at) if work.actor.org == case.referred_by else since


async def _works_on(work: UnitOfWork, case: Case) -> bool:
    return await cases.part_of(work, case.id, work.actor.org) in cases.WORKING


async def represent(
    work: UnitOfWork, *, case_id: UUID, report: RepresentativeReport, expected: ExpectedVersion
) -> Case:
    """A personal representative was asked for, or appointed; recorded again with the appointment when it comes. While it is only
    asked for, Familieretshuset has the task to appoint one, and a part in the case for that alone (docs/rules.md, duty-1)."""
    case = await cases.lock_case(work, case_id, expected, parts=frozenset(Part))
    works_on_it = await _works_on(work, case)
    if not (is_to_represent(work.actor.org, case, on=on_date(work.now)) or works_on_it):
        raise cases.CaseNotFound
    _check_child(work, case)
    requested_on, appointed_on = _days_of(case, report, works_on_it=works_on_it)
    if case.representative_requested_on != requested_on:
        if case.representative_appointed_on and requested_on > case.representative_appointed_on:
            case.representative_appointed_on = None  # another one is asked for
        work.record(events.RepresentativeRequested(case_id=case.id, occurred_at=work.now, requested_on=requested_on))
    case.representative_requested_on = requested_on
    _note_appointment(work, case, appointed_on)
    name = SealedText(text=report.name) if report.name else None
    await cases.seal_note(work, case, "representative", name, operation="child.represent")
    await changes.case_changed(work, case)
    async with as_itself(work):
        if case.representative_appointed_on is None:
            await cases.give_part(work, case.id, REPRESENTATION, Part.REPRESENTATION)
        elif not works_on_it:
            await _represented_where_it_goes_on(work, case)
        if case.representative_appointed_on:
            await _end_part_of_representation(work, case)
            await _represented_below(work, case)
    return case


def _days_of(case: Case, report: RepresentativeReport, *, works_on_it: bool) -> tuple[date, date | None]:
    """When a representative was asked for and appointed. Who was asked reports the appointment, and changes nothing of when it
    was asked."""
    requested_on = report.requested_on if works_on_it else case.representative_requested_on
    requested_on = requested_on or case.representative_requested_on
    if requested_on is None:
        raise RequestDayMissing("Send `requested_on`: no representative was asked for before.")
    if not works_on_it and report.appointed_on is None:
        raise AppointmentMissing(
            "Send `appointed_on` when the representative is appointed; that is what is waited for."
        )
    if report.appointed_on and report.appointed_on < requested_on:
        raise AppointedBeforeRequest("The representative cannot have been appointed before one was asked for.")
    return requested_on, report.appointed_on


def _note_appointment(work: UnitOfWork, case: Case, appointed_on: date | None) -> None:
    if appointed_on and case.representative_appointed_on != appointed_on:
        case.representative_appointed_on = appointed_on
        work.record(events.RepresentativeAppointed(case_id=case.id, occurred_at=work.now, appointed_on=appointed_on))


async def _end_part_of_representation(work: UnitOfWork, case: Case) -> None:
    """The task is done: what Familieretshuset may know by a referral or the person's consent stays."""
    if await cases.part_of(work, case.id, REPRESENTATION) is Part.REPRESENTATION:
        await cases.set_part(work, case.id, REPRESENTATION, None)


async def _represented_where_it_goes_on(work: UnitOfWork, case: Case) -> None:
    """Familieretshuset learns of no merge: what it reports in its case holds where the work on the child goes on."""
    for above in await cases.lock_above(work, case):
        if is_to_represent(REPRESENTATION, above, on=on_date(work.now)):
            _note_appointment(work, above, case.representative_appointed_on)
            await changes.case_changed(work, above)
            await _end_part_of_representation(work, above)
            await _represented_below(work, above)


async def _represented_below(work: UnitOfWork, case: Case) -> None:
    """A child that has a representative where the work goes on needs no other: nobody is left with that task under a case that
    was merged into it."""
    for below in await cases.lock_below(work, case):
        if is_to_represent(REPRESENTATION, below, on=on_date(work.now)):
            below.representative_appointed_on = case.representative_appointed_on
            await changes.case_changed(work, below)
            await _end_part_of_representation(work, below)


async def _lock_child(work: UnitOfWork, case_id: UUID, expected: ExpectedVersion) -> Case:
    case = await cases.lock_case(work, case_id, expected)
    _check_child(work, case)
    return case


def _check_child(work: UnitOfWork, case: Case) -> None:
    lifecycle.check(case, Step.WORK)
    if not is_child(case, on=on_date(work.now)):
        raise NotAChild("The person is not a child, nor presumed one; correct the age first: PUT .../person.")


# ---------------------------------------------------------------- two cases of one child


def carry(case: Case, surviving: Case) -> None:
    """Of two merged cases: the child has been one since the earlier day, and a municipality's hours that run go on. Its task
    stays in the case that it knows; what it reports there holds here too."""
    surviving.child_since = _earlier(surviving.child_since, case.child_since)
    is_ones_own = surviving.municipality in (None, case.municipality)
    if case.child_notified_at and surviving.child_notified_at is None and is_ones_own:
        surviving.municipality, surviving.child_notified_at = case.municipality, case.child_notified_at
        surviving.child_assessed_at = case.child_assessed_at
    if surviving.representative_requested_on is None:
        surviving.representative_requested_on = case.representative_requested_on
        surviving.representative_appointed_on = case.representative_appointed_on


class ChildBefore(Protocol):
    """What the surviving case had of itself before a merge."""

    representative_requested_on: date | None
    child_since: datetime | None
    child_notified_at: datetime | None
    municipality: str | None


def give_back(case: Case, surviving: Case, *, before: ChildBefore) -> None:
    """The merge is undone: what it has changed, and nobody has changed since, is as it was."""
    if surviving.child_since == _earlier(before.child_since, case.child_since):
        surviving.child_since = before.child_since
    came_from_it = case.child_notified_at is not None and surviving.child_notified_at == case.child_notified_at
    if before.child_notified_at is None and came_from_it:
        surviving.municipality, surviving.child_notified_at = before.municipality, None
        surviving.child_assessed_at = None
    came_with_it = surviving.representative_requested_on == case.representative_requested_on
    if before.representative_requested_on is None and came_with_it:
        surviving.representative_requested_on = surviving.representative_appointed_on = None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [each for each in (one, other) if each]
    return min(known) if known else None


async def _assessed_where_it_goes_on(work: UnitOfWork, case: Case) -> None:
    """The municipality learns of no merge: what it reports in its case holds where the work on the child goes on."""
    for above in await cases.lock_above(work, case):
        if above.child_assessed_at is None and above.child_notified_at == case.child_notified_at:
            above.child_assessed_at = case.child_assessed_at
            await changes.case_changed(work, above)
            await _assessed_below(work, above)


async def _assessed_below(work: UnitOfWork, case: Case) -> None:
    """A child that is assessed where the work goes on needs no second assessment: no municipality is left with that task under a
    case that was merged into it."""
    for below in await cases.lock_below(work, case):
        if below.child_notified_at and below.child_assessed_at is None:
            below.child_assessed_at = case.child_assessed_at
            await changes.case_changed(work, below)
            await _take_part_of_municipality(work, below)


async def run_again(work: UnitOfWork, case: Case, *, group: Collection[UUID]) -> None:
    """A merge is undone: what was done for the other child only is still to be done for this one, by who had the task, in the
    case and in those that were merged into it."""
    async with as_itself(work):
        done = await repository.done_in(work, group)
        assessed = {each.assessed_at for each in done if isinstance(each, events.ChildAssessed)}
        appointed = {each.appointed_on for each in done if isinstance(each, events.RepresentativeAppointed)}
        for each in (case, *await cases.lock_below(work, case)):
            await _run_again(work, each, assessed=assessed, appointed=appointed)


async def _run_again(work: UnitOfWork, case: Case, *, assessed: set[datetime], appointed: set[date]) -> None:
    if case.child_assessed_at and case.child_assessed_at not in assessed:
        case.child_assessed_at = None
        if case.child_notified_at and case.municipality:
            await cases.give_part(work, case.id, organisation_of(case.municipality), Part.MUNICIPALITY)
        await changes.case_changed(work, case)
    if case.representative_appointed_on and case.representative_appointed_on not in appointed:
        case.representative_appointed_on = None
        if is_to_represent(REPRESENTATION, case, on=on_date(work.now)):
            await cases.give_part(work, case.id, REPRESENTATION, Part.REPRESENTATION)
        await changes.case_changed(work, case)


# ---------------------------------------------------------------- referrals that tell a municipality of a child


async def remember(work: UnitOfWork, *, referral_id: UUID, case_id: UUID, sender: str, recipient: str) -> None:
    """Somebody who has to do with a child's case has notified the child's municipality, or one where none was known yet."""
    municipality = municipality_of(recipient)
    if municipality is None or not await cases.has_to_do_with(work, case_id, sender):
        return
    case = await cases.case_for_itself(work, case_id)
    if case is None or not is_child(case, on=on_date(work.now)):
        return
    if case.child_notified_at is None:
        await notify_municipality(work, case, municipality)
        await changes.case_changed(work, case)
        await _notified_where_it_goes_on(work, case)
    if case.municipality == municipality:
        referral = ChildReferral(referral_id=referral_id, case_id=case_id, municipality=municipality)
        await repository.add_child_referral(work, referral)


async def _notified_where_it_goes_on(work: UnitOfWork, case: Case) -> None:
    """The sender learns of no merge: where the work on the child goes on, and no municipality was known, its hours run too."""
    for above in await cases.lock_above(work, case):
        if is_child(above, on=on_date(work.now)):
            carry(case, above)
            await changes.case_changed(work, above)


async def complete(work: UnitOfWork, *, referral_id: UUID, completed_at: datetime) -> None:
    """What the municipality was asked for is done: the child is assessed, unless that was recorded already, or the child is
    another municipality's by now."""
    referral = await repository.child_referral(work, referral_id)
    case = referral and await cases.case_for_itself(work, referral.case_id)
    if referral and case and case.child_assessed_at is None and case.municipality == referral.municipality:
        case.child_assessed_at = completed_at
        work.record(events.ChildAssessed(case_id=case.id, occurred_at=work.now, assessed_at=completed_at))
        await changes.case_changed(work, case)
        await _assessed_where_it_goes_on(work, case)
        await _assessed_below(work, case)
        await _end_part_of_municipality(work, case)
