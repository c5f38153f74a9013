"""Endpoints of cases and the people they are about."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import cases
from services.identification.domain import opening as openings
from services.identification.repository.cases import Sought
from services.identification.schemas.cases import CaseDetails, CaseGlimpse, CaseState, EarlierIdentifications, Timeline
from services.identification.schemas.opening import CaseOpening, OpeningReceipt
from shared.contract.codes import Authority, CaseStatus
from shared.http.endpoint import Now, OptionalPurpose, Pages, PurposeMissing, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases")
async def list_cases(
    session: Session,
    actor: Reader,
    pages: Pages,
    status: CaseStatus | None = None,
    authority: Annotated[Authority | None, Query(description="Who decides; `needs_review`: nobody yet.")] = None,
    missing: bool | None = None,
) -> Page[CaseDetails | CaseGlimpse]:
    """The cases I have to do with, newest first; no personal data. A filter passes over cases of which I may not know it."""
    sought = Sought(status=status, authority=authority, missing=missing)
    found = await repository.cases.list_cases(session, actor, sought=sought, after=pages.after, limit=pages.limit)
    items = await views.cases.see_cases(session, actor, found)
    return pages.page(items, found, lambda row: [row[0].opened_at.isoformat(), str(row[0].id)])


@router.get("/cases/{case_id}")
async def read_case(case_id: UUID, response: Response, session: Session, actor: Reader) -> CaseDetails | CaseGlimpse:
    """A case: all of it for those who work on it, a glimpse for others who have to do with it; no personal data."""
    case, part = await repository.cases.find_case(session, actor, case_id, operation="case.read")
    tag(response, case)
    return (await views.cases.see_cases(session, actor, [(case, part)]))[0]


@router.post("/cases", status_code=201)
async def open_case(
    opening: CaseOpening, response: Response, session: Session, actor: Caseworker, now: Now
) -> OpeningReceipt:
    """Open a case without a referral (hotline, outreach). Always a new one: who may be the same person is in the answer."""
    case, found = await openings.open_without_referral(session, actor=actor, opening=opening, now=now)
    tag(response, case)
    return OpeningReceipt(case_id=case.id, possible_duplicates=found)


@router.get("/cases/{case_id}/earlier-identifications")
async def read_earlier_identifications(case_id: UUID, session: Session, actor: Reader) -> EarlierIdentifications:
    """What was decided of the same person before: for the authority that decides now, and for nobody else."""
    earlier = await cases.see_earlier_identifications(session, actor=actor, case_id=case_id)
    return EarlierIdentifications(items=earlier)


@router.get("/cases/{case_id}/status")
async def read_status(
    case_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> CaseState:
    """Where the case stands. Organisations that do not work on the case say for which purpose they ask."""
    case, part = await repository.cases.find_case(session, actor, case_id, operation="case.status", purpose=purpose)
    if part not in repository.cases.WORKING and purpose is None:
        raise PurposeMissing("Say why you ask: ?purpose=identification, support, investigation ...")
    tag(response, case)
    return await views.cases.see_state(session, actor, case, part, now=now)


@router.get("/cases/{case_id}/timeline")
async def read_timeline(case_id: UUID, session: Session, actor: Reader) -> Timeline:
    """What happened, in order; no personal data."""
    told = await repository.cases.told_of(session, actor, case_id)
    return Timeline(items=[views.timeline.see_event(event) for event in told])
