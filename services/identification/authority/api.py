"""Endpoints of who decides in a case."""

from uuid import UUID

from services.identification.authority import domain
from services.identification.authority.schemas import EarlierIdentifications, RoutingOfCase, Settlement
from services.identification.case.policies import Lawyer, Reader
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/earlier-identifications")
async def read_earlier_identifications(
    work: Reader, case_id: UUID, purpose: PurposeOfReading
) -> EarlierIdentifications:
    """What was decided of the same person before: for the authority that decides now, and for nobody else."""
    earlier = await domain.see_earlier_identifications(work, case_id=case_id, purpose=purpose)
    return EarlierIdentifications(items=earlier)


@router.post("/cases/{case_id}/route")
async def settle_route(work: Lawyer, case_id: UUID, settlement: Settlement, expected: IfMatch) -> Tagged[RoutingOfCase]:
    """A lawyer of CMM settles who decides, where the table says `needs_review`."""
    case = await domain.settle(work, case_id=case_id, settlement=settlement, expected=expected)
    return RoutingOfCase.of_row(case).tagged(case)
