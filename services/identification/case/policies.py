"""Who may call what."""

from typing import Annotated

from fastapi import Depends

from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.policy import STAFF, Requires, RequiresNoRows
from shared.identity.actor import Actor, Role

Reader = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_READ, *STAFF))]
Asker = Annotated[Actor, Depends(RequiresNoRows(Scope.CASES_READ, *STAFF))]
"""Who asks what the rules say, of nobody in particular."""

Caseworker = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_WRITE, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]
Dutiful = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_DUTY, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]
"""Who works on the case, or has the task in it that is reported here."""
Itself = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_READ, Role.SYSTEM))]
"""Havn's own services; the rule says that they alone are meant."""
Lawyer = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_WRITE, Role.LAWYER))]
Decider = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_DECIDE, Role.DECIDER))]
HealthWorker = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_WRITE, Role.HEALTH, Role.CASEWORKER))]
Overseer = Annotated[
    UnitOfWork,
    Depends(Requires(Scope.AUDIT_READ, Role.AUDITOR, Role.LAWYER, Role.CASEWORKER, Role.DECIDER, Role.ADMIN)),
]
"""Whoever at CMM looks over what is to be erased; the scope is CMM's alone."""
DisclosureReader = Annotated[
    UnitOfWork, Depends(Requires(Scope.AUDIT_READ, Role.AUDITOR, Role.LAWYER, Role.CASEWORKER, Role.DECIDER))
]
"""Whoever at CMM looks over what was disclosed, and may read why: an administrator may not."""
Administrator = Annotated[UnitOfWork, Depends(Requires(Scope.ADMIN, Role.ADMIN))]
FileReader = Annotated[
    UnitOfWork,
    Depends(Requires(Scope.CASES_READ, Role.CASEWORKER, Role.DECIDER, Role.LAWYER, Role.ADMIN, Role.SYSTEM)),
]
"""The roles that may know the file of a case, not its standing alone (visibility.ROLES)."""
FileWorker = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_READ, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]
"""The roles that may know who the person is."""
