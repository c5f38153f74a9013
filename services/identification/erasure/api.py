"""The endpoint that says who has confirmed an erasure, and who has not."""

from typing import Annotated

from fastapi import Depends, Query

from services.identification.erasure import repository, views
from services.identification.erasure.schemas import ErasureReport, ErasureState
from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.paging import Page, Pages
from shared.http.policy import Requires
from shared.identity.actor import Role
from shared.runtime.service import service_router

router = service_router()

Auditor = Annotated[UnitOfWork, Depends(Requires(Scope.AUDIT_READ, Role.AUDITOR, Role.ADMIN))]


@router.get("/erasures")
async def list_erasures(
    work: Auditor,
    pages: Pages,
    state: Annotated[ErasureState | None, Query(description="Those alone that stand so.")] = None,
) -> Page[ErasureReport]:
    """What was erased, newest first, and which services have confirmed that they hold nothing of it any more; `late` are those
    that have not within the hour."""
    found = await repository.list_erasures(work, state=state, after=pages.after, limit=pages.limit)
    holders = await repository.holders_of(work, found)
    items = [views.see_erasure(erasure, holders[erasure.id], now=work.now) for erasure in found]
    return pages.page(items, found, lambda row: [row.erased_at.isoformat(), str(row.id)])
