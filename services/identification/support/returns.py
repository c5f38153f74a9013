"""Prepared return: an individual plan, and six months of reintegration with a follow-up in each.

It does not depend on testimony or on any other step of the criminal track (docs/rules.md, process-13).
"""

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import Field

from services.identification import tables
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from services.identification.support.models import FollowUp, ReturnPlan
from services.identification.support.schemas import FollowUpReport, ReturnPlanned
from shared.alerts.queue import Alert, raise_alert
from shared.contract import events
from shared.contract.codes import DeadlineKind, Purpose
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import months_after
from shared.kernel.errors import Conflict, Unprocessable
from shared.rules.decision_tables import Dated, Versions


class ReintegrationTerms(Dated):
    """For how many months after a departure reintegration is followed, for departures while this version is in force."""

    months: int = Field(gt=0)


TERMS: Final = Versions(tables.FOLDER, "reintegration", ReintegrationTerms)


class PlanOutOfOrder(Unprocessable):
    """A return is agreed on first, and then the person leaves."""


class DepartureStands(Conflict):
    """A departure that was recorded may be corrected to another day, not taken back."""


class NotDeparted(Conflict):
    """Follow-ups come after the departure."""


class FollowUpOutOfTime(Unprocessable):
    """The follow-up lies before its month after the departure begins, or in a month that is not followed."""


class FollowUpAlreadyMade(Conflict):
    """Each month has one follow-up."""


def follow_up_due_on(departed_on: date, month: int) -> date:
    """The last day for the follow-up of that month after a departure."""
    return months_after(departed_on, month)


def follow_up_begins_on(departed_on: date, month: int) -> date:
    """The first day of that month after a departure, on which its follow-up can be made at the earliest."""
    return months_after(departed_on, month - 1)


def reintegration_months(departed_on: date) -> int:
    """For how many months a departure of that day is followed."""
    return TERMS.on(departed_on).months


def follow_up_days(plan: ReturnPlan) -> dict[int, date]:
    """The months that are followed after the departure, and when the follow-up of each is due; none before it."""
    if plan.departed_on is None:
        return {}
    months = range(1, reintegration_months(plan.departed_on) + 1)
    return {month: follow_up_due_on(plan.departed_on, month) for month in months}


async def plan_return(
    work: UnitOfWork, *, case_id: UUID, planned: ReturnPlanned, expected: ExpectedVersion
) -> tuple[Case, ReturnPlan]:
    """Record the plan, or what has changed in it; with `departed_on` the months of reintegration begin. Where the
    person lives in a place here all the same, CMM is alerted (docs/rules.md, process-18)."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    _check_order(planned)
    known = await records.find_own(work, case.id, ReturnPlan)
    departed_before = known.departed_on if known else None
    is_new = known is None or (known.destination, known.agreed_on, known.planned_departure_on) != (
        planned.destination,
        planned.agreed_on,
        planned.planned_departure_on,
    )
    if departed_before and planned.departed_on is None:
        raise DepartureStands(f"The person left on {departed_before}; send `departed_on`, corrected if it was wrong.")
    until = (
        months_after(planned.departed_on, reintegration_months(planned.departed_on)) if planned.departed_on else None
    )
    plan = ReturnPlan(
        case_id=case.id,
        **planned.model_dump(),
        reintegration_until=until,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    await records.put(work, plan, operation="return.plan")
    if is_new:
        _record_plan(work, plan)
    if until and planned.departed_on and planned.departed_on != departed_before:
        departed = events.PersonDeparted(
            case_id=case.id, occurred_at=work.now, departed_on=planned.departed_on, reintegration_until=until
        )
        work.record(departed)
        if await cases.is_housed(work, case.id):
            raise_alert(work, Alert(DeadlineKind.ENDED_WHILE_HOUSED, case.id, CENTRE))
    await changes.case_changed(work, case)
    return case, plan


def _check_order(planned: ReturnPlanned) -> None:
    for day, what in ((planned.planned_departure_on, "planned departure"), (planned.departed_on, "departure")):
        if day and day < planned.agreed_on:
            raise PlanOutOfOrder(f"The {what} lies before {planned.agreed_on}, the day on which the return was agreed.")


def _record_plan(work: UnitOfWork, plan: ReturnPlan) -> None:
    work.record(
        events.ReturnPlanned(
            case_id=plan.case_id,
            occurred_at=work.now,
            destination=plan.destination,
            agreed_on=plan.agreed_on,
            planned_departure_on=plan.planned_departure_on,
        )
    )


async def follow_up(
    work: UnitOfWork, *, case_id: UUID, report: FollowUpReport, expected: ExpectedVersion
) -> tuple[Case, FollowUp]:
    """Record a month's follow-up, in the case that planned the return, also when it was merged since. A person who was not
    reached may be in danger."""
    case = await cases.lock_case(work, case_id, expected, even_merged=True)
    lifecycle.check(case, Step.WORK)
    plan = await records.find_own(work, case.id, ReturnPlan)
    if plan is None or plan.departed_on is None:
        raise NotDeparted("The person has not left yet; PUT .../return-plan with `departed_on` first.")
    months = reintegration_months(plan.departed_on)
    if report.month > months or report.on < plan.departed_on:
        raise FollowUpOutOfTime(
            f"The person left on {plan.departed_on}; months 1 to {months} after that day are followed."
        )
    begins_on = follow_up_begins_on(plan.departed_on, report.month)
    if report.on < begins_on:
        raise FollowUpOutOfTime(
            f"Month {report.month} after the departure begins on {begins_on}; its follow-up is made then or later."
        )
    made = await records.records_of(work, case.id, FollowUp)
    note = SealedText(text=report.note) if report.note else None
    following = next((each for each in made if each.month == report.month), None)
    if following is None:
        following = FollowUp(
            case_id=case.id,
            month=report.month,
            contacted=report.contacted,
            made_on=report.on,
            recorded_at=work.now,
            recorded_by=work.actor.org,
        )
        await records.add(work, following, operation="follow-up.add", note=note)
    elif following.contacted or not report.contacted:
        raise FollowUpAlreadyMade(f"The follow-up of month {report.month} is recorded already.")
    else:  # who was not reached at first was later in that month
        following.contacted, following.made_on = True, report.on
        following.recorded_at, following.recorded_by = work.now, work.actor.org
        await records.change(work, following, operation="follow-up.change", note=note)
    if not report.contacted:
        raise_alert(work, Alert(DeadlineKind.FOLLOW_UP, case.id, CENTRE, number=report.month))
    case.last_follow_up_on = max(report.on, case.last_follow_up_on or report.on)
    work.record(events.FollowUpMade(case_id=case.id, occurred_at=work.now, **report.model_dump(exclude={"note"})))
    await changes.case_changed(work, case)
    return case, following


async def read_plan(work: UnitOfWork, *, case_id: UUID, purpose: Purpose) -> tuple[Case, ReturnPlan]:
    """The plan, for those who work on the case."""
    case = await records.read_case(work, case_id, operation="return.read", purpose=purpose)
    plan = await records.find_own(work, case.id, ReturnPlan)
    if plan is None:
        raise records.RecordNotFound
    return case, plan
