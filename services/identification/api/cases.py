"""Endpoints of cases and the people they are about."""

from uuid import UUID

from fastapi import Response

from services.identification import repository, views
from services.identification.api.policies import Caseworker, Reader
from services.identification.domain import cases
from services.identification.schemas.cases import CaseDetails, CaseGlimpse, CaseState, Timeline
from services.identification.schemas.person import CasePerson
from shared.codes import CaseStatus
from shared.concurrency import tag
from shared.endpoint import (
    Now,
    OptionalPurpose,
    Pages,
    PurposeMissing,
    PurposeOfReading,
    RequiredIfMatch,
    Session,
)
from shared.paging import Page
from shared.service import service_router

router = service_router()


@router.get("/cases")
async def list_cases(
    session: Session, actor: Reader, pages: Pages, status: CaseStatus | None = None
) -> Page[CaseDetails | CaseGlimpse]:
    """The cases I have to do with, newest first; no personal data."""
    found = await repository.cases.list_cases(session, actor, status=status, after=pages.after, limit=pages.limit)
    items = await views.see_cases(session, actor, found)
    return pages.page(items, found, lambda row: [row[0].opened_at.isoformat(), str(row[0].id)])


@router.get("/cases/{case_id}")
async def read_case(case_id: UUID, response: Response, session: Session, actor: Reader) -> CaseDetails | CaseGlimpse:
    """A case: all of it for those who work on it, a glimpse for others who have to do with it; no personal data."""
    case, part = await repository.cases.find_case(session, actor, case_id, operation="case.read")
    tag(response, case)
    return (await views.see_cases(session, actor, [(case, part)]))[0]


@router.get("/cases/{case_id}/status")
async def read_status(
    case_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> CaseState:
    """Where the case stands. Organisations that do not work on the case say for which purpose they ask."""
    case, part = await repository.cases.find_case(session, actor, case_id, operation="case.status", purpose=purpose)
    if part not in repository.cases.WORKING and purpose is None:
        raise PurposeMissing("Say why you ask: ?purpose=identification, support, investigation ...")
    tag(response, case)
    made = await repository.decisions.decisions_of(session, [case.id])
    return views.see_state(actor, case, part, made[case.id], now=now)


@router.get("/cases/{case_id}/person")
async def read_person(
    case_id: UUID, response: Response, session: Session, actor: Reader, purpose: PurposeOfReading
) -> CasePerson:
    """Who the person is, for those who work on the case; every read is kept with its purpose."""
    case, person = await repository.person.read_person(session, actor, case_id, purpose=purpose)
    tag(response, case)
    return person


@router.put("/cases/{case_id}/person")
async def change_person(
    case_id: UUID, person: CasePerson, response: Response, session: Session, actor: Caseworker, now: Now,
    match: RequiredIfMatch,
) -> CasePerson:  # fmt: skip
    """Replace the description of the person. Changed facts are routed again until the decision."""
    case, person = await cases.describe_person(
        session, actor=actor, case_id=case_id, person=person, match=match, now=now
    )
    tag(response, case)
    return person


@router.get("/cases/{case_id}/timeline")
async def read_timeline(case_id: UUID, session: Session, actor: Reader) -> Timeline:
    """What happened, in order; no personal data."""
    told = await repository.cases.told_of(session, actor, case_id)
    return Timeline(items=[views.see_event(event) for event in told])
