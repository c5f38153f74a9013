"""Endpoints of who the person is and how to reach them."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Reader
from services.identification.case.schemas import CasePerson
from services.identification.consents import domain as consents
from services.identification.person import domain, legal_status, repository, views
from services.identification.person.schemas import (
    ContactAttemptReceipt,
    ContactAttemptReport,
    DescribedPerson,
    LegalStatusHistory,
    LegalStatusReceipt,
    LegalStatusReport,
    Refusal,
    RefusalReceipt,
)
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch, PurposeOfReading, RequiredIfMatch
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/person")
async def read_person(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Tagged[CasePerson]:
    """Who the person is, for those who work on the case; every read is kept with its purpose."""
    case, person = await repository.read_person(work, case_id, purpose=purpose)
    return person.tagged(case)


@router.put("/cases/{case_id}/person")
async def change_person(
    work: Caseworker, case_id: UUID, person: CasePerson, expected: RequiredIfMatch
) -> Tagged[DescribedPerson]:
    """Replace the description of the person. Changed facts are routed again until the decision. An age that was assessed
    (`age_basis: assessed`) holds until it is assessed anew; `differs` names what was sent against it. A consent that is new is
    recorded; one that is left out stands until it is withdrawn."""
    case, described = await domain.describe_person(work, case_id=case_id, person=person, expected=expected)
    purposes = await consents.warnings_of_described(work, case.id, person.consents, at=("body",))
    return views.see_description(described, sent=person, today=on_date(work.now), purposes=purposes).tagged(case)


@router.post("/cases/{case_id}/refusal")
async def refuse(work: Caseworker, case_id: UUID, refusal: Refusal, expected: IfMatch) -> Tagged[RefusalReceipt]:
    """An adult declines: the case becomes an anonymous notification. Names, birth date, numbers and contact are gone for
    good, in this case and in those that were merged into it; the coded facts stay. A child, or who is presumed one, cannot
    decline, and nothing is erased while a legal hold stands or a request for access waits (409). Who has declined stays so."""
    case = await domain.refuse(work, case_id=case_id, refusal=refusal, expected=expected)
    return RefusalReceipt(case_id=case.id, refused_on=case.refused_on or refusal.on).tagged(case)


@router.post("/cases/{case_id}/contact-attempts", status_code=201)
async def attempt_contact(
    work: Caseworker, case_id: UUID, report: ContactAttemptReport, expected: IfMatch
) -> Tagged[ContactAttemptReceipt]:
    """Record an attempt to reach the person. Refused (409 UnsafeChannel) unless the channel is recorded as safe."""
    case, attempt = await domain.attempt_contact(work, case_id=case_id, report=report, expected=expected)
    return ContactAttemptReceipt(
        contact_attempt_id=attempt.id, channel=attempt.channel, at=attempt.made_at, reached=attempt.reached
    ).tagged(case)


# ---------------------------------------------------------------- legal status


@router.post("/cases/{case_id}/legal-status", status_code=201)
async def record_legal_status(
    work: Caseworker, case_id: UUID, report: LegalStatusReport, expected: IfMatch
) -> Tagged[LegalStatusReceipt]:
    """Add to the history of the legal status. An undecided case is routed again from that day; a decision never changes."""
    case, entry = await legal_status.record(work, case_id=case_id, report=report, expected=expected)
    return LegalStatusReceipt(legal_status_id=entry.id, has_taken_effect=entry.has_taken_effect).tagged(case)


@router.get("/cases/{case_id}/legal-status")
async def read_legal_status(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Tagged[LegalStatusHistory]:
    """The history, oldest first, and who said so, for those who work on the case; every read is kept with its purpose."""
    case, entries = await repository.read_history(work, case_id, purpose=purpose)
    return views.see_legal_status(entries, today=on_date(work.now)).tagged(case)
