"""Who may call what."""

from typing import Annotated

from fastapi import Depends

from shared.auth import Actor, Role, Scope
from shared.endpoint import (
    STAFF,
    Requires,
)

Reader = Annotated[Actor, Depends(Requires(Scope.CASES_READ, *STAFF))]


Caseworker = Annotated[Actor, Depends(Requires(Scope.CASES_WRITE, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]


Lawyer = Annotated[Actor, Depends(Requires(Scope.CASES_WRITE, Role.LAWYER))]


Decider = Annotated[Actor, Depends(Requires(Scope.CASES_DECIDE, Role.DECIDER))]


HealthWorker = Annotated[Actor, Depends(Requires(Scope.CASES_WRITE, Role.HEALTH, Role.CASEWORKER))]
