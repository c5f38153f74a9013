"""Endpoints of the dated history of what the person's stay rests on."""

from uuid import UUID

from fastapi import Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import legal_status
from services.identification.schemas.legal_status import LegalStatusHistory, LegalStatusReceipt, LegalStatusReport
from shared.http.endpoint import IfMatch, Now, OptionalPurpose, Session
from shared.http.etag import tag
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/legal-status", status_code=201)
async def record_legal_status(
    case_id: UUID, report: LegalStatusReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> LegalStatusReceipt:  # fmt: skip
    """Add to the history of the legal status. An undecided case is routed again from that day; a decision never changes."""
    case, entry = await legal_status.record(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return LegalStatusReceipt(legal_status_id=entry.id, has_taken_effect=entry.has_taken_effect)


@router.get("/cases/{case_id}/legal-status")
async def read_legal_status(
    case_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> LegalStatusHistory:
    """The history, oldest first. Who said so is read with a purpose only."""
    case, entries = await repository.legal_status.read_history(session, actor, case_id, purpose=purpose)
    tag(response, case)
    return views.doors.see_legal_status(entries, today=on_date(now))
