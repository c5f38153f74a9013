"""Endpoints of a child's protection: its municipality and its representative."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Dutiful
from services.identification.children import domain, views
from services.identification.children.schemas import (
    ChildAssessmentReport,
    ChildNotification,
    ChildProtection,
    RepresentativeReport,
)
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/child-notification")
async def notify_municipality(
    work: Caseworker, case_id: UUID, notification: ChildNotification, expected: IfMatch
) -> Tagged[ChildProtection]:
    """Name the acting municipality of a child. It is told, and has 24 hours to assess; where another one was told before, its
    time ends and it has no more to do with the child."""
    case = await domain.notify(work, case_id=case_id, notification=notification, expected=expected)
    return views.see_child_protection(case).tagged(case)


@router.post("/cases/{case_id}/child-assessment")
async def assess_child(
    work: Dutiful, case_id: UUID, report: ChildAssessmentReport, expected: IfMatch
) -> Tagged[ChildProtection]:
    """The municipality has assessed what the child needs; its 24 hours end, and with them what it may know of the case. By the
    municipality itself, or by those who work on the case."""
    case = await domain.assess(work, case_id=case_id, report=report, expected=expected)
    return views.see_child_protection(case).tagged(case)


@router.post("/cases/{case_id}/representative")
async def record_representative(
    work: Dutiful, case_id: UUID, report: RepresentativeReport, expected: IfMatch
) -> Tagged[ChildProtection]:
    """A personal representative was asked for, or appointed; send both days when there is one. Until then Familieretshuset has
    the task and a deadline, reads who the child is and how to reach them, and reports the appointment here; with that its
    part in the case ends."""
    case = await domain.represent(work, case_id=case_id, report=report, expected=expected)
    return views.see_representative(case, organisation=work.actor.org).tagged(case)
