"""Endpoints of consents, of their withdrawal, and of disclosures."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case.policies import Caseworker, DisclosureReader, Reader
from services.identification.consents import disclosures, domain, repository, views
from services.identification.consents.schemas import (
    ConsentReceipt,
    ConsentReport,
    ConsentState,
    ConsentWithdrawal,
    DisclosureReceipt,
    DisclosureReport,
    DisclosureState,
    Withdrawal,
    WithdrawalReceipt,
)
from services.identification.records import repository as records
from shared.contract.codes import DisclosureBasis
from shared.contract.types import Moment, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()

NOW = ConsentWithdrawal()


@router.post("/cases/{case_id}/consents", status_code=201)
async def record_consent(
    work: Caseworker, case_id: UUID, report: ConsentReport, expected: IfMatch
) -> Tagged[ConsentReceipt]:
    """The person lets one recipient know, for one purpose. The recipient then sees what the scope says, and nothing else; a
    purpose that it may not state is kept, and named in `warnings` with those that it may, and so are words that open nothing."""
    case, consent = await domain.record_consent(work, case_id=case_id, report=report, expected=expected)
    warnings = await domain.warnings_of(work, consent.case_id, consent.recipient, consent.purpose)
    warnings += domain.warnings_of_scope(report)
    return ConsentReceipt(consent_id=consent.id, warnings=warnings).tagged(case)


@router.get("/cases/{case_id}/consents")
async def list_consents(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> Page[ConsentState]:
    """The person's consents, newest first, for those who work on the case; a withdrawn one whose `acknowledged_at` is null
    has not been taken note of by its recipient."""
    case = await records.read_case(work, case_id, operation="consent.list", purpose=purpose)
    found = await repository.consents_of(work, case, after=pages.after, limit=pages.limit)
    items = [views.see_consent(consent, words, in_case=case.id) for consent, words in found]
    return pages.page(items, found, lambda row: [row[0].recorded_at.isoformat(), str(row[0].id)])


@router.post("/cases/{case_id}/consents/{consent_id}/confirm")
async def confirm_consent(
    work: Caseworker, case_id: UUID, consent_id: UUID, expected: IfMatch
) -> Tagged[ConsentReceipt]:
    """CMM confirms that a consent which came with a merged case (`unconfirmed`) holds for this person. Until then it gives its
    recipient nothing of this case."""
    case, consent = await domain.confirm(work, case_id=case_id, consent_id=consent_id, expected=expected)
    return ConsentReceipt(consent_id=consent.id).tagged(case)


@router.post("/cases/{case_id}/consents/{consent_id}/withdraw")
async def withdraw_consent(
    work: Caseworker, case_id: UUID, consent_id: UUID, expected: IfMatch, withdrawal: ConsentWithdrawal = NOW
) -> Tagged[WithdrawalReceipt]:
    """The person takes back that this recipient knows for this purpose, however often that was recorded. From this instant
    nothing more reaches it, unless a consent for another purpose or the law covers it (`may_still_know`); the recipient must
    acknowledge it (`GET /identification/v1/withdrawals`)."""
    case, consent, may_still_know = await domain.withdraw(
        work, case_id=case_id, consent_id=consent_id, withdrawal=withdrawal, expected=expected
    )
    return views.see_withdrawn(consent, may_still_know=may_still_know).tagged(case)


@router.get("/withdrawals")
async def list_withdrawals(
    work: Reader,
    pages: Pages,
    acknowledged: Annotated[bool, Query(description="Those that were acknowledged too.")] = False,
) -> Page[Withdrawal]:
    """Consents that were taken back from my organisation and that it has not acknowledged, oldest first."""
    found = await repository.withdrawals_of(work, with_acknowledged=acknowledged, after=pages.after, limit=pages.limit)
    items = [views.see_withdrawal(consent) for consent in found]
    return pages.page(items, found, lambda row: [row.withdrawn_at.isoformat(), str(row.id)])


@router.get("/withdrawals/{consent_id}")
async def read_withdrawal(work: Reader, consent_id: UUID) -> Tagged[Withdrawal]:
    """One consent that was taken back from my organisation, also after it has acknowledged that."""
    consent = await repository.read_withdrawal(work, consent_id)
    return views.see_withdrawal(consent).tagged(repository.as_withdrawal(consent))


@router.post("/withdrawals/{consent_id}/acknowledge")
async def acknowledge_withdrawal(work: Reader, consent_id: UUID, expected: IfMatch) -> Tagged[Withdrawal]:
    """My organisation has taken note: it no longer uses this consent. Again gives the same answer."""
    consent = await domain.acknowledge(work, consent_id=consent_id, expected=expected)
    return views.see_withdrawal(consent).tagged(repository.as_withdrawal(consent))


@router.post("/cases/{case_id}/disclosures", status_code=201)
async def disclose(
    work: Caseworker, case_id: UUID, report: DisclosureReport, expected: IfMatch
) -> Tagged[DisclosureReceipt]:
    """Something about the person is told to a recipient: by a live consent that covers the fields, or by the law that is
    named with its reason (409 `ConsentMissing` without either). One for a purpose that the recipient may not state is kept, and
    named in `warnings` with those that it may."""
    case, made = await disclosures.disclose(work, case_id=case_id, report=report, expected=expected)
    warnings = await domain.warnings_of(work, made.case_id, made.recipient, made.purpose)
    return DisclosureReceipt(disclosure_id=made.id, basis=made.basis, warnings=warnings).tagged(case)


@router.get("/cases/{case_id}/disclosures")
async def list_case_disclosures(
    work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading
) -> Page[DisclosureState]:
    """What was told about the person, to whom and why, newest first, for those who work on the case."""
    case = await records.read_case(work, case_id, operation="disclosure.read", purpose=purpose)
    found = await repository.disclosures(work, purpose=purpose, case=case, after=pages.after, limit=pages.limit)
    items = [views.see_disclosure(row, words) for row, words in found]
    return pages.page(items, found, lambda row: [row[0].made_at.isoformat(), str(row[0].id)])


@router.post("/cases/{case_id}/disclosures/{disclosure_id}/end")
async def end_disclosure(
    work: Caseworker, case_id: UUID, disclosure_id: UUID, expected: IfMatch
) -> Tagged[DisclosureReceipt]:
    """A disclosure by law no longer lets the recipient know; it stays on record."""
    case, disclosure = await disclosures.end(work, case_id=case_id, disclosure_id=disclosure_id, expected=expected)
    return DisclosureReceipt(disclosure_id=disclosure.id, basis=disclosure.basis).tagged(case)


@router.get("/disclosures")
async def report_disclosures(
    work: DisclosureReader,
    pages: Pages,
    purpose: PurposeOfReading,
    basis: DisclosureBasis | None = None,
    since: Annotated[Moment | None, Query(description="Made at or after this time.")] = None,
) -> Page[DisclosureState]:
    """All disclosures, newest first, for those at CMM who work on cases or audit them; `?basis=law` is the report of those
    without consent, each with its law and reason. Every read is kept with its purpose."""
    found = await repository.disclosures(
        work, purpose=purpose, basis=basis, since=since, after=pages.after, limit=pages.limit
    )
    items = [views.see_disclosure(row, words) for row, words in found]
    return pages.page(items, found, lambda row: [row[0].made_at.isoformat(), str(row[0].id)])
