from typing import Annotated

from fastapi import Depends

from shared.contract.organisations import Scope
from shared.http.endpoint import STAFF, Requires
from shared.identity.actor import Actor

Reader = Annotated[Actor, Depends(Requires(Scope.ACCOMMODATION_READ, *STAFF))]
Writer = Annotated[Actor, Depends(Requires(Scope.ACCOMMODATION_WRITE, *STAFF))]
