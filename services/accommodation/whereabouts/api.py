"""The endpoint of where a child is placed."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.accommodation.whereabouts import domain, views
from services.accommodation.whereabouts.schemas import PlacedWhere
from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.parameters import NeighboursForCaller, PurposeOfReading
from shared.http.policy import Requires
from shared.identity.actor import Role
from shared.runtime.service import service_router

router = service_router()

Worker = Annotated[UnitOfWork, Depends(Requires(Scope.ACCOMMODATION_READ, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]
"""The roles that may know who the person is."""


@router.get("/whereabouts")
async def read_whereabouts(
    work: Worker, neighbours: NeighboursForCaller, case_id: UUID, purpose: PurposeOfReading
) -> PlacedWhere:
    """Where a child is placed, for the municipality that assesses what it needs, and for CMM. Who runs the place, and the
    region; of a facility that is no secret also which it is and its contact. The municipality knows it while it has that task;
    every read is kept with its purpose. 503 while identification, which says who has the task, does not answer."""
    found = await domain.find(work, neighbours, case_id=case_id, purpose=purpose)
    return views.see_where(found, case_id=case_id, now=work.now)
