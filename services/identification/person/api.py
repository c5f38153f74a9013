"""Endpoints of who the person is and how to reach them."""

from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker, Reader
from services.identification.case.schemas import CasePerson
from services.identification.person import domain, legal_status, repository, views
from services.identification.person.schemas import (
    ContactAttemptReceipt,
    ContactAttemptReport,
    LegalStatusHistory,
    LegalStatusReceipt,
    LegalStatusReport,
    Refusal,
    RefusalReceipt,
)
from shared.http.endpoint import IfMatch, Now, OptionalPurpose, PurposeOfReading, RequiredIfMatch, Session
from shared.http.etag import tag
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/person")
async def read_person(
    case_id: UUID, response: Response, session: Session, actor: Reader, purpose: PurposeOfReading
) -> CasePerson:
    """Who the person is, for those who work on the case; every read is kept with its purpose."""
    case, person = await repository.read_person(session, actor, case_id, purpose=purpose)
    tag(response, case)
    return person


@router.put("/cases/{case_id}/person")
async def change_person(
    case_id: UUID, person: CasePerson, response: Response, session: Session, actor: Caseworker, now: Now,
    match: RequiredIfMatch,
) -> CasePerson:  # fmt: skip
    """Replace the description of the person. Changed facts are routed again until the decision."""
    case, person = await domain.describe_person(
        session, actor=actor, case_id=case_id, person=person, match=match, now=now
    )
    tag(response, case)
    return person


@router.post("/cases/{case_id}/refusal")
async def refuse(
    case_id: UUID, refusal: Refusal, response: Response, session: Session, actor: Caseworker, now: Now, match: IfMatch
) -> RefusalReceipt:
    """An adult declines: the case becomes an anonymous notification. Names, birth date, numbers and contact are gone for
    good; the coded facts stay. A child, or who is presumed one, cannot decline (409)."""
    case = await domain.refuse(session, actor=actor, case_id=case_id, refusal=refusal, match=match, now=now)
    tag(response, case)
    return RefusalReceipt(case_id=case.id, refused_on=refusal.on)


@router.post("/cases/{case_id}/contact-attempts", status_code=201)
async def attempt_contact(
    case_id: UUID, report: ContactAttemptReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> ContactAttemptReceipt:  # fmt: skip
    """Record an attempt to reach the person. Refused (409 UnsafeChannel) unless the channel is recorded as safe."""
    case, attempt = await domain.attempt_contact(
        session, actor=actor, case_id=case_id, report=report, match=match, now=now
    )
    tag(response, case)
    return ContactAttemptReceipt(
        contact_attempt_id=attempt.id, channel=attempt.channel, at=attempt.made_at, reached=attempt.reached
    )


# ---------------------------------------------------------------- Endpoints of the dated history of what the person'


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
    case, entries = await repository.read_history(session, actor, case_id, purpose=purpose)
    tag(response, case)
    return views.see_legal_status(entries, today=on_date(now))
