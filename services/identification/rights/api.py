"""Endpoints of the rights that are explained to a person."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Reader
from services.identification.records import repository as records
from services.identification.rights import domain
from services.identification.rights.models import RightsExplanation
from services.identification.rights.schemas import RightsAccount, RightsDetails, RightsReceipt, RightsReport
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/rights-explained", status_code=201)
async def explain_rights(
    work: Caseworker, case_id: UUID, report: RightsReport, expected: IfMatch
) -> Tagged[RightsReceipt]:
    """Record which rights were explained to the person. The answer names those that were not yet."""
    case, explanation, remaining = await domain.explain(work, case_id=case_id, report=report, expected=expected)
    return RightsReceipt(explanation_id=explanation.id, not_yet_explained=remaining).tagged(case)


@router.get("/cases/{case_id}/rights-explained")
async def list_rights_explained(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[RightsDetails]:
    """What was explained, oldest first, for those who work on the case; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="rights.list", purpose=purpose)
    rows = await records.list_records(work, case.id, RightsExplanation, after=pages.after, limit=pages.limit)
    accounts = await records.opened(work, rows, "account", RightsAccount)
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
