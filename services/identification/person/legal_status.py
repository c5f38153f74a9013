"""On what the person's stay rests: a dated history. What holds on a day is the latest entry that has begun, and of
several from one day the one recorded last. An undecided case is routed again by it; a decision never changes."""

from datetime import datetime
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.person import description, repository
from services.identification.person.models import LegalStatusEntry
from services.identification.person.schemas import LegalStatusReport
from services.identification.routing import domain as routing
from shared.contract import events
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date


async def begin(work: UnitOfWork, case: Case, *, by: str) -> None:
    """The first entry, made at the opening from the description."""
    await repository.add(work, _as_described(case, by=by, now=work.now))


async def record(
    work: UnitOfWork, *, case_id: UUID, report: LegalStatusReport, expected: ExpectedVersion
) -> tuple[Case, LegalStatusEntry]:
    """Add an entry. It takes effect at once where its day has come, else on that day."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    entry = LegalStatusEntry(
        case_id=case.id,
        residence_basis=report.residence_basis,
        valid_from=report.valid_from,
        valid_until=report.valid_until,
        unpermitted_work=bool(report.unpermitted_work),
        asylum_pending=bool(report.asylum_pending),
        recorded_at=work.now,
        recorded_by=work.actor.org,
        has_taken_effect=report.valid_from <= on_date(work.now),
    )
    await repository.add(work, entry, SealedText(text=report.source) if report.source else None)
    _record_change(work, entry)
    if entry.has_taken_effect:
        await _heed(work, case)
    return case, entry


async def follow_the_description(
    work: UnitOfWork, case: Case, *, said_by: str, source: SealedText | None = None
) -> None:
    """A description that says something else of the stay is an entry from today."""
    described = _as_described(case, by=said_by, now=work.now)
    held = await repository.holding(work, case, on=on_date(work.now))
    if held is None or _said(held) != _said(described):
        await repository.add(work, described, source)
        _record_change(work, described)


async def take_effect(work: UnitOfWork) -> None:
    """Entries whose day has come take effect, and stays that have run out do so too; for the sweep."""
    for case in await repository.lock_cases_with_due_entries(work, on=on_date(work.now)):
        await repository.note_effect(work, case, on=on_date(work.now))
        await _heed(work, case)
    for case in await repository.lock_undecided_whose_stay_ran_out(work, on=on_date(work.now)):
        await _heed_the_end(work, case)


async def _heed_the_end(work: UnitOfWork, case: Case) -> None:
    """The permit, the visa or the visa-free days are over since the case was routed: another rule may hold now."""
    if routing.route(routing.facts_on(case, on_date(work.now))).rule == case.rule:
        case.routed_at = work.now  # and is not looked at again
    else:
        await authority.route_again(work, case)


async def _heed(work: UnitOfWork, case: Case) -> None:
    """What holds today is what the case says; an undecided case is routed by it."""
    today = on_date(work.now)
    held = await repository.holding(work, case, on=today)
    before = routing.facts_on(case, today)
    if held is None or _said(held) == _said(_as_described(case, by=held.recorded_by, now=work.now)):
        return
    basis_before = case.residence_basis
    case.residence_basis, case.residence_valid_until = held.residence_basis, held.valid_until
    case.unpermitted_work, case.asylum_pending = held.unpermitted_work, held.asylum_pending
    await repository.amend_person(
        work,
        case,
        residence_basis=held.residence_basis,
        residence_valid_until=held.valid_until,
        unpermitted_work=held.unpermitted_work,
        asylum_pending=held.asylum_pending,
    )
    if basis_before is not case.residence_basis:
        description.record_description(work, case)
    if before != routing.facts_on(case, today) and case.status not in lifecycle.DECIDED:
        await authority.route_again(work, case)
    else:
        await changes.case_changed(work, case)


def _as_described(case: Case, *, by: str, now: datetime) -> LegalStatusEntry:
    """What the case says of the stay, as an entry from today; its end may have passed already."""
    return LegalStatusEntry(
        case_id=case.id,
        residence_basis=case.residence_basis,
        valid_from=on_date(now),
        valid_until=case.residence_valid_until,
        unpermitted_work=case.unpermitted_work,
        asylum_pending=case.asylum_pending,
        recorded_at=now,
        recorded_by=by,
        has_taken_effect=True,
    )


def _said(entry: LegalStatusEntry) -> tuple[object, ...]:
    return entry.residence_basis, entry.valid_until, entry.unpermitted_work, entry.asylum_pending


def _record_change(work: UnitOfWork, entry: LegalStatusEntry) -> None:
    work.record(
        events.LegalStatusChanged(
            case_id=entry.case_id,
            occurred_at=work.now,
            residence_basis=entry.residence_basis,
            valid_from=entry.valid_from,
            valid_until=entry.valid_until,
            asylum_pending=entry.asylum_pending,
            unpermitted_work=entry.unpermitted_work,
        )
    )
