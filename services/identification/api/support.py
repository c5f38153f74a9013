"""Endpoints of the support package, and of what the person's health asks for."""

from uuid import UUID

from fastapi import Response

from services.identification import repository
from services.identification.api.policies import Caseworker, HealthWorker, Reader
from services.identification.domain import support
from services.identification.models.support import SupportMeasure
from services.identification.schemas.support import (
    HealthFlags,
    HealthNeedsDetails,
    HealthNeedsStated,
    Provision,
    SupportMeasureDetails,
    SupportMeasureEnded,
    SupportMeasureStarted,
    SupportReceipt,
)
from shared.http.endpoint import IfMatch, Now, Pages, PurposeOfReading, RequiredIfMatch, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/support-measures", status_code=201)
async def start_support(
    case_id: UUID, started: SupportMeasureStarted, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> SupportReceipt:  # fmt: skip
    """Begin a measure. Only a positive decision unlocks the whole package; what cannot wait may begin before, and a contact
    person is always possible."""
    case, measure = await support.start_measure(
        session, actor=actor, case_id=case_id, started=started, match=match, now=now
    )
    tag(response, case)
    return _receipt(measure)


@router.post("/cases/{case_id}/support-measures/{measure_id}/end")
async def end_support(
    case_id: UUID, measure_id: UUID, ended: SupportMeasureEnded, response: Response, session: Session,
    actor: Caseworker, now: Now, match: IfMatch,
) -> SupportReceipt:  # fmt: skip
    """Say on which day a measure ended."""
    case, measure = await support.end_measure(
        session, actor=actor, case_id=case_id, measure_id=measure_id, ended=ended, match=match, now=now
    )
    tag(response, case)
    return _receipt(measure)


@router.get("/cases/{case_id}/support-measures")
async def list_support(
    case_id: UUID, session: Session, actor: Reader, pages: Pages, purpose: PurposeOfReading
) -> Page[SupportMeasureDetails]:
    """The measures and who gives them, for those who work on the case; every read is kept with its purpose."""
    case = await repository.records.read_case(session, actor, case_id, operation="support.list", purpose=purpose)
    rows = await repository.records.list_records(session, case.id, SupportMeasure, after=pages.after, limit=pages.limit)
    provided = await repository.records.opened(session, rows, "details", Provision)
    items = [SupportMeasureDetails(**dict(_receipt(row)), **dict(provided[row.id])) for row in rows]
    return pages.page(items, rows, repository.records.position)


def _receipt(measure: SupportMeasure) -> SupportReceipt:
    return SupportReceipt(measure_id=measure.id, **measure.model_dump(include=set(SupportReceipt.model_fields)))


@router.put("/cases/{case_id}/health-needs")
async def state_health_needs(
    case_id: UUID, stated: HealthNeedsStated, response: Response, session: Session, actor: HealthWorker, now: Now,
    match: RequiredIfMatch,
) -> HealthNeedsDetails:  # fmt: skip
    """Say what the person's health asks of a place, and why. Send the case's ETag as If-Match."""
    case, _ = await support.state_health_needs(
        session, actor=actor, case_id=case_id, stated=stated, match=match, now=now
    )
    tag(response, case)
    return HealthNeedsDetails.model_validate(stated)


@router.get("/cases/{case_id}/health-needs")
async def read_health_needs(
    case_id: UUID, response: Response, session: Session, actor: Reader, purpose: PurposeOfReading
) -> HealthNeedsDetails:
    """What the person's health asks of a place. Why is for the role health and CMM's caseworkers alone, with
    `purpose=health`; for everybody else `reasons` is null."""
    case, needs, reasons = await support.read_health_needs(session, actor=actor, case_id=case_id, purpose=purpose)
    tag(response, case)
    return HealthNeedsDetails(**dict(HealthFlags.model_validate(needs)), reasons=reasons)
