"""Endpoints of decisions, of appeals, and of closing and reopening a case."""

from uuid import UUID

from services.identification.case.models import Case
from services.identification.case.policies import Caseworker, Decider, Reader
from services.identification.case.schemas import SealedText
from services.identification.decisions import appeals, closing, domain, repository, views
from services.identification.decisions.models import Appeal, Closure
from services.identification.decisions.schemas import (
    AppealDetails,
    AppealFiling,
    AppealReceipt,
    AppealResult,
    AppealSummary,
    CaseStanding,
    ClosureDetails,
    ClosureReport,
    CourtDecision,
    DecisionGrounds,
    DecisionReceipt,
    DecisionReport,
    ReasonedDecision,
    ReopeningReport,
    Statement,
)
from services.identification.records import repository as records
from shared.contract.organisations import OrganisationKind
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading, RequiredIfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/decisions", status_code=201)
async def decide(
    work: Decider, case_id: UUID, report: DecisionReport, expected: RequiredIfMatch
) -> Tagged[DecisionReceipt]:
    """Decide, as a decider of the authority that the routing found. Send the case's ETag as If-Match."""
    case, decision = await domain.decide(work, case_id=case_id, report=report, expected=expected)
    return DecisionReceipt(decision_id=decision.id, is_current=decision.is_current).tagged(case)


@router.get("/cases/{case_id}/decisions")
async def list_decisions(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[ReasonedDecision | CourtDecision]:
    """All decisions with their reasons, those too that others have replaced; every read is kept with its purpose. The prosecution
    reads what courts have decided, and nothing of the person's stay; a consent lets it know an outcome by the case's status."""
    parts = records.with_the_prosecution(work.actor)
    case = await records.read_case(work, case_id, operation="decision.list", purpose=purpose, parts=parts)
    is_of_courts = work.actor.kind is OrganisationKind.PROSECUTION
    rows = await repository.list_decisions(
        work, case.id, is_of_courts=is_of_courts, after=pages.after, limit=pages.limit
    )
    grounds = await records.opened(work, rows, "reasons", DecisionGrounds)
    see = views.see_courts if is_of_courts else views.see_reasoned
    items: list[ReasonedDecision | CourtDecision] = [see(row, grounds.get(row.id)) for row in rows]
    return pages.page(items, rows, records.position)


# ---------------------------------------------------------------- appeals


@router.post("/cases/{case_id}/appeals", status_code=201)
async def file_appeal(
    work: Caseworker, case_id: UUID, filing: AppealFiling, expected: IfMatch
) -> Tagged[AppealReceipt]:
    """Record that a decision is appealed: `removal_hold` is true from now on. A closed case stays closed."""
    case, appeal = await appeals.file_appeal(work, case_id=case_id, filing=filing, expected=expected)
    return AppealReceipt(appeal_id=appeal.id, decision_id=appeal.decision_id, removal_hold=case.removal_hold).tagged(
        case
    )


@router.post("/cases/{case_id}/appeals/{appeal_id}/outcome")
async def decide_appeal(
    work: Caseworker, case_id: UUID, appeal_id: UUID, result: AppealResult, expected: IfMatch
) -> Tagged[AppealSummary]:
    """Record what became of an appeal. `removal_hold` ends when no other one is open. Referred back, the identification
    is pending again until the authority decides anew with `replaces`; a closed case is reopened for that."""
    case, appeal = await appeals.record_outcome(
        work, case_id=case_id, appeal_id=appeal_id, result=result, expected=expected
    )
    return views.see_appeal(appeal).tagged(case)


@router.get("/cases/{case_id}/appeals")
async def list_appeals(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> Page[AppealDetails]:
    """The appeals with their grounds, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="appeal.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Appeal, after=pages.after, limit=pages.limit)
    stated = await records.opened(work, rows, "statement", Statement)
    reasons = await records.opened(work, rows, "reasons", SealedText)
    items = [
        AppealDetails(
            **dict(views.see_appeal(row)),
            **dict(stated[row.id]),
            reasons=reasons[row.id].text if row.id in reasons else None,
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)


# ---------------------------------------------------------------- closing


@router.post("/cases/{case_id}/closure")
async def close_case(work: Caseworker, case_id: UUID, report: ClosureReport, expected: IfMatch) -> Tagged[CaseStanding]:
    """End the work on a decided case in which no appeal is open. No clock ever does this."""
    case = await closing.close(work, case_id=case_id, report=report, expected=expected)
    return _standing(case).tagged(case)


@router.post("/cases/{case_id}/reopening")
async def reopen_case(
    work: Caseworker, case_id: UUID, report: ReopeningReport, expected: IfMatch
) -> Tagged[CaseStanding]:
    """Work on a closed case again."""
    case = await closing.reopen(work, case_id=case_id, report=report, expected=expected)
    return _standing(case).tagged(case)


def _standing(case: Case) -> CaseStanding:
    return CaseStanding(case_id=case.id, status=case.status, closed_on=case.closed_on)


@router.get("/cases/{case_id}/closures")
async def list_closures(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> Page[ClosureDetails]:
    """When and why the case was closed and reopened, for those who work on it; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="closure.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Closure, after=pages.after, limit=pages.limit)
    reasons = await records.opened(work, rows, "reason", SealedText)
    reopenings = await records.opened(work, rows, "reopening", SealedText)
    items = [
        ClosureDetails(
            closure_id=row.id,
            closed_on=row.closed_on,
            reason=reasons[row.id].text,
            reopened_on=row.reopened_on,
            reopening_reason=reopenings[row.id].text if row.id in reopenings else None,
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)
