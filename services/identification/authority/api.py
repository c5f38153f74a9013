from uuid import UUID

from fastapi import Response

from services.identification.authority import domain
from services.identification.authority.schemas import EarlierIdentifications, RoutingOfCase, Settlement
from services.identification.case.policies import Lawyer, Reader
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/earlier-identifications")
async def read_earlier_identifications(case_id: UUID, session: Session, actor: Reader) -> EarlierIdentifications:
    """What was decided of the same person before: for the authority that decides now, and for nobody else."""
    earlier = await domain.see_earlier_identifications(session, actor=actor, case_id=case_id)
    return EarlierIdentifications(items=earlier)


@router.post("/cases/{case_id}/route")
async def settle_route(
    case_id: UUID, settlement: Settlement, response: Response, session: Session, actor: Lawyer, now: Now,
    match: IfMatch,
) -> RoutingOfCase:  # fmt: skip
    """A lawyer of CMM settles who decides, where the table says `needs_review`."""
    case = await domain.settle(session, actor=actor, case_id=case_id, settlement=settlement, match=match, now=now)
    tag(response, case)
    return RoutingOfCase.model_validate(case)
