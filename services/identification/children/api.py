"""Endpoints of a child's protection: its municipality and its representative."""

from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker
from services.identification.children import domain, views
from services.identification.children.schemas import (
    ChildAssessmentReport,
    ChildNotification,
    ChildProtection,
    RepresentativeReport,
)
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/child-notification")
async def notify_municipality(
    case_id: UUID, notification: ChildNotification, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> ChildProtection:  # fmt: skip
    """Name the acting municipality of a child. It is told, and has 24 hours to assess; where another one was told before, its
    time ends and it has no more to do with the child."""
    case = await domain.notify(session, actor=actor, case_id=case_id, notification=notification, match=match, now=now)
    tag(response, case)
    return views.see_child_protection(case)


@router.post("/cases/{case_id}/child-assessment")
async def assess_child(
    case_id: UUID, report: ChildAssessmentReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> ChildProtection:  # fmt: skip
    """The municipality has assessed what the child needs; its 24 hours end."""
    case = await domain.assess(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.see_child_protection(case)


@router.post("/cases/{case_id}/representative")
async def record_representative(
    case_id: UUID, report: RepresentativeReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> ChildProtection:  # fmt: skip
    """A personal representative was asked for, or appointed; send both days when there is one."""
    case = await domain.represent(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return views.see_child_protection(case)
