"""Endpoints of requests for access to what is held of a person."""

from uuid import UUID

from services.identification.access_requests import domain, repository, views
from services.identification.access_requests.schemas import (
    AccessHandOut,
    AccessRequestDetails,
    AccessRequestReport,
    AccessRequestState,
    AccessReview,
)
from services.identification.case.policies import Caseworker, FileWorker
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/access-requests", status_code=201)
async def record_access_request(
    work: Caseworker, case_id: UUID, report: AccessRequestReport, expected: IfMatch
) -> Tagged[AccessRequestState]:
    """CMM takes down that somebody asks for what is held of the person: the person, or somebody on their behalf. It is answered
    within a month, and nothing is handed out before another person has granted it."""
    case, request = await domain.record(work, case_id=case_id, report=report, expected=expected)
    return views.see_state(request, on=on_date(work.now)).tagged(case)


@router.get("/cases/{case_id}/access-requests")
async def list_access_requests(
    work: FileWorker, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[AccessRequestDetails]:
    """Who has asked for what is held of the person, oldest first, and what came of it, for CMM alone. Every read is kept with its
    purpose."""
    case = await records.read_case(work, case_id, operation="access_request.list", purpose=purpose, parts=domain.CENTRE)
    found = await repository.requests_of(work, case, after=pages.after, limit=pages.limit)
    items = [views.see_request(*each, on=on_date(work.now)) for each in found]
    return pages.page(items, found, lambda row: records.position(row[0]))


@router.post("/cases/{case_id}/access-requests/{access_request_id}/review")
async def review_access_request(
    work: Caseworker, case_id: UUID, access_request_id: UUID, said: AccessReview, expected: IfMatch
) -> Tagged[AccessRequestState]:
    """Another person of CMM than who took the request down grants or refuses it, with the reason. Whoever took it down is
    refused (403 `NotASecondPerson`). Who asks on behalf of the person and has not proven that they may is refused."""
    case, request = await domain.review(
        work, case_id=case_id, request_id=access_request_id, said=said, expected=expected
    )
    return views.see_state(request, on=on_date(work.now)).tagged(case)


@router.post("/cases/{case_id}/access-requests/{access_request_id}/hand-out")
async def hand_out_access(
    work: Caseworker, case_id: UUID, access_request_id: UUID, said: AccessHandOut, expected: IfMatch
) -> Tagged[AccessRequestState]:
    """What is held was handed out. Once, and while the grant holds (409 `AccessNotGranted`)."""
    case, request = await domain.hand_out(
        work, case_id=case_id, request_id=access_request_id, said=said, expected=expected
    )
    return views.see_state(request, on=on_date(work.now)).tagged(case)
