"""Who may call what."""

from typing import Annotated

from fastapi import Depends

from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.policy import STAFF, Requires, RequiresNoRows
from shared.identity.actor import Actor, Role

Reader = Annotated[UnitOfWork, Depends(Requires(Scope.ACCOMMODATION_READ, *STAFF))]
Asker = Annotated[Actor, Depends(RequiresNoRows(Scope.ACCOMMODATION_READ, *STAFF))]
"""Who asks what the rules say, of nobody in particular."""

Writer = Annotated[UnitOfWork, Depends(Requires(Scope.ACCOMMODATION_WRITE, *STAFF))]
"""Who describes facilities and their places, of which every one of these roles may know."""
PlacementWriter = Annotated[
    UnitOfWork,
    Depends(
        Requires(
            Scope.ACCOMMODATION_WRITE,
            Role.CASEWORKER,
            Role.DECIDER,
            Role.LAWYER,
            Role.FACILITY_MANAGER,
            Role.SYSTEM,
        )
    ),
]
"""Who asks for places, offers them and runs stays: the roles that may know who needs what, and where they live
(visibility.ROLES)."""
