"""Endpoints of the rights that are explained to a person."""

from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker, Reader
from services.identification.records import repository as records
from services.identification.rights import domain
from services.identification.rights.models import RightsExplanation
from services.identification.rights.schemas import RightsAccount, RightsDetails, RightsReceipt, RightsReport
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/rights-explained", status_code=201)
async def explain_rights(
    case_id: UUID, report: RightsReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> RightsReceipt:  # fmt: skip
    """Record which rights were explained to the person. The answer names those that were not yet."""
    case, explanation, remaining = await domain.explain(
        session, actor=actor, case_id=case_id, report=report, match=match, now=now
    )
    tag(response, case)
    return RightsReceipt(explanation_id=explanation.id, not_yet_explained=remaining)


@router.get("/cases/{case_id}/rights-explained")
async def list_rights_explained(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[RightsDetails]:
    """What was explained, oldest first, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(session, actor, case_id, operation="rights.list", purpose=purpose)
    rows = await records.list_records(session, case.id, RightsExplanation, after=pages.after, limit=pages.limit)
    accounts = await records.opened(session, rows, "account", RightsAccount)
    items = [
        RightsDetails(
            explanation_id=row.id,
            interpreter=accounts[row.id].interpreter,
            note=accounts[row.id].note,
            **row.model_dump(include=set(RightsDetails.model_fields)),
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)
