"""Endpoints of the support package, of what the person's health asks for, and of the prepared return."""

from uuid import UUID

from services.identification.case.policies import Caseworker, HealthWorker, Reader
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from services.identification.support import domain, returns
from services.identification.support.models import FollowUp, ReturnPlan, SupportMeasure
from services.identification.support.schemas import (
    FollowUpDetails,
    FollowUpReceipt,
    FollowUpReport,
    FollowUpSummary,
    HealthFlags,
    HealthNeedsDetails,
    HealthNeedsStated,
    Provision,
    ReturnPlanDetails,
    ReturnPlanned,
    SupportMeasureDetails,
    SupportMeasureEnded,
    SupportMeasureStarted,
    SupportReceipt,
)
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading, RequiredIfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/support-measures", status_code=201)
async def start_support(
    work: Caseworker, case_id: UUID, started: SupportMeasureStarted, expected: IfMatch
) -> Tagged[SupportReceipt]:
    """Begin a measure. Only a positive decision unlocks the whole package; what cannot wait may begin before, and a contact
    person is always possible."""
    case, measure = await domain.start_measure(work, case_id=case_id, started=started, expected=expected)
    return _receipt(measure).tagged(case)


@router.post("/cases/{case_id}/support-measures/{measure_id}/end")
async def end_support(
    work: Caseworker, case_id: UUID, measure_id: UUID, ended: SupportMeasureEnded, expected: IfMatch
) -> Tagged[SupportReceipt]:
    """Say on which day a measure ended."""
    case, measure = await domain.end_measure(
        work, case_id=case_id, measure_id=measure_id, ended=ended, expected=expected
    )
    return _receipt(measure).tagged(case)


@router.get("/cases/{case_id}/support-measures")
async def list_support(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[SupportMeasureDetails]:
    """The measures and who gives them, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="support.list", purpose=purpose)
    rows = await records.list_records(work, case.id, SupportMeasure, after=pages.after, limit=pages.limit)
    provided = await records.opened(work, rows, "details", Provision)
    items = [SupportMeasureDetails(**dict(_receipt(row)), **dict(provided[row.id])) for row in rows]
    return pages.page(items, rows, records.position)


def _receipt(measure: SupportMeasure) -> SupportReceipt:
    return SupportReceipt(measure_id=measure.id, **measure.model_dump(include=set(SupportReceipt.model_fields)))


@router.put("/cases/{case_id}/health-needs")
async def state_health_needs(
    work: HealthWorker, case_id: UUID, stated: HealthNeedsStated, expected: RequiredIfMatch
) -> Tagged[HealthNeedsDetails]:
    """Say what the person's health asks of a place, and why. Send the case's ETag as If-Match."""
    case, _ = await domain.state_health_needs(work, case_id=case_id, stated=stated, expected=expected)
    return HealthNeedsDetails.of_row(stated).tagged(case)


@router.get("/cases/{case_id}/health-needs")
async def read_health_needs(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Tagged[HealthNeedsDetails]:
    """What the person's health asks of a place. Why is for the role health and CMM's caseworkers alone, with
    `purpose=health`; for everybody else `reasons` is null."""
    case, needs, reasons = await domain.read_health_needs(work, case_id=case_id, purpose=purpose)
    return HealthNeedsDetails(**dict(HealthFlags.of_row(needs)), reasons=reasons).tagged(case)


# ---------------------------------------------------------------- prepared return


@router.put("/cases/{case_id}/return-plan")
async def plan_return(
    work: Caseworker, case_id: UUID, planned: ReturnPlanned, expected: RequiredIfMatch
) -> Tagged[ReturnPlanDetails]:
    """Record the plan, or what has changed in it; `departed_on` once the person has left. Send the case's ETag as If-Match."""
    case, plan = await returns.plan_return(work, case_id=case_id, planned=planned, expected=expected)
    return _details(plan, await records.records_of(work, case.id, FollowUp)).tagged(case)


@router.get("/cases/{case_id}/return-plan")
async def read_return_plan(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Tagged[ReturnPlanDetails]:
    """The plan, and which follow-ups are made and due, for those who work on the case; every read is kept with its
    purpose."""
    case, plan = await returns.read_plan(work, case_id=case_id, purpose=purpose)
    return _details(plan, await records.records_of(work, case.id, FollowUp)).tagged(case)


def _details(plan: ReturnPlan, made: list[FollowUp]) -> ReturnPlanDetails:
    by_month = {each.month: each for each in made}
    months = returns.follow_up_days(plan).items()
    follow_ups = [
        FollowUpSummary(
            month=month,
            due_on=due_on,
            on=by_month[month].made_on if month in by_month else None,
            contacted=by_month[month].contacted if month in by_month else None,
        )
        for month, due_on in months
    ]
    return ReturnPlanDetails(**plan.model_dump(include=set(ReturnPlanDetails.model_fields)), follow_ups=follow_ups)


@router.post("/cases/{case_id}/return-plan/follow-ups", status_code=201)
async def follow_up(
    work: Caseworker, case_id: UUID, report: FollowUpReport, expected: IfMatch
) -> Tagged[FollowUpReceipt]:
    """Record a month's follow-up after the departure, made in that month or later. Not reached: CMM is alerted, the
    person may be in danger."""
    case, made = await returns.follow_up(work, case_id=case_id, report=report, expected=expected)
    return _return_receipt(made).tagged(case)


@router.get("/cases/{case_id}/return-plan/follow-ups")
async def list_follow_ups(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[FollowUpDetails]:
    """The follow-ups with their notes, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="follow-up.list", purpose=purpose)
    rows = await records.list_records(work, case.id, FollowUp, after=pages.after, limit=pages.limit)
    notes = await records.opened(work, rows, "note", SealedText)
    items = [
        FollowUpDetails(**dict(_return_receipt(row)), note=notes[row.id].text if row.id in notes else None)
        for row in rows
    ]
    return pages.page(items, rows, records.position)


def _return_receipt(made: FollowUp) -> FollowUpReceipt:
    return FollowUpReceipt(follow_up_id=made.id, month=made.month, contacted=made.contacted, on=made.made_on)
