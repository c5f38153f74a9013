"""The endpoint that ends a part."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.identification.case.policies import Caseworker, Itself
from services.identification.parties import domain
from services.identification.parties.schemas import PartyEnd, PartyEndReceipt, PartyState
from shared.contract.types import Organisation, Tagged
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/parties/{org}")
async def read_party(
    work: Itself, case_id: UUID, organisation: Annotated[Organisation, Path(alias="org")]
) -> PartyState:
    """Whether an organisation has anything to do with a case: for Havn's own services, when somebody refers to a case by its id.
    For everybody else there is nothing here."""
    has_part = await domain.has_part(work, case_id=case_id, organisation=organisation)
    return PartyState(org=organisation, has_part=has_part)


@router.post("/cases/{case_id}/parties/{org}/end")
async def end_part(
    work: Caseworker,
    case_id: UUID,
    organisation: Annotated[Organisation, Path(alias="org")],
    said: PartyEnd,
    expected: IfMatch,
) -> Tagged[PartyEndReceipt]:
    """CMM ends an organisation's part in the case. From then on the case does not exist for it, and nothing more reaches it;
    its own referral stays its own. Not for who decides, nor while a task of its own runs (409)."""
    case = await domain.end(work, case_id=case_id, organisation=organisation, said=said, expected=expected)
    return PartyEndReceipt(org=organisation, ended_at=work.now).tagged(case)
