"""Endpoints of opening a case without a referral: at once, or from a draft that only its author sees."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.case.models import Case
from services.identification.case.policies import Caseworker
from services.identification.case.schemas import CasePerson
from services.identification.consents import domain as consents
from services.identification.finding.schemas import PossibleDuplicate
from services.identification.opening import domain, drafts, repository, views
from services.identification.opening.schemas import (
    CaseOpening,
    DraftBody,
    DraftDetails,
    DraftHead,
    DraftReceipt,
    OpeningReceipt,
)
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, RequiredIfMatch
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/drafts", status_code=201)
async def save_draft(work: Caseworker, body: DraftBody) -> Tagged[DraftReceipt]:
    """Keep a half-entered case. Only you see it; on `delete_on` it is deleted, its key and this answer with it."""
    draft = await drafts.save(work, body=body)
    return views.see_draft(draft).tagged(draft)


@router.get("/drafts")
async def list_drafts(work: Caseworker, pages: Pages) -> Page[DraftHead]:
    """My drafts, the one saved last first; without what they hold."""
    found = await repository.list_drafts(work, today=on_date(work.now), after=pages.after, limit=pages.limit)
    items = [views.see_draft(draft) for draft in found]
    return pages.page(items, found, lambda draft: [draft.saved_at.isoformat(), str(draft.id)])


@router.get("/drafts/{draft_id}")
async def read_draft(work: Caseworker, draft_id: UUID) -> Tagged[DraftDetails]:
    """My draft, with what it holds."""
    draft = await repository.find(work, draft_id, today=on_date(work.now))
    content = await repository.open_draft(work, draft)
    return DraftDetails(**dict(views.see_draft(draft)), content=content.content).tagged(draft)


@router.put("/drafts/{draft_id}")
async def save_draft_again(
    work: Caseworker, draft_id: UUID, body: DraftBody, expected: RequiredIfMatch
) -> Tagged[DraftReceipt]:
    """Replace what the draft holds. The day on which it is deleted stays."""
    draft = await drafts.save_again(work, draft_id=draft_id, body=body, expected=expected)
    return views.see_draft(draft).tagged(draft)


@router.delete("/drafts/{draft_id}", status_code=204)
async def delete_draft(work: Caseworker, draft_id: UUID, expected: IfMatch) -> None:
    """Throw the draft away, without a trace."""
    await drafts.throw_away(work, draft_id=draft_id, expected=expected)


@router.post("/drafts/{draft_id}/open", status_code=201)
async def open_draft(work: Caseworker, draft_id: UUID, expected: IfMatch) -> Tagged[OpeningReceipt]:
    """Open the case that the draft has become, as POST /cases does; the draft goes. 422 names what is still missing."""
    opening = await drafts.take_out(work, draft_id=draft_id, expected=expected)
    case, found = await domain.open_without_referral(work, opening=opening)
    return (await _opened(work, case, found, opening.person)).tagged(case)


@router.post("/cases", status_code=201)
async def open_case(work: Caseworker, opening: CaseOpening) -> Tagged[OpeningReceipt]:
    """Open a case without a referral (hotline, outreach). Always a new one: who may be the same person is in the answer."""
    case, found = await domain.open_without_referral(work, opening=opening)
    return (await _opened(work, case, found, opening.person)).tagged(case)


async def _opened(
    work: UnitOfWork, case: Case, found: Sequence[PossibleDuplicate], person: CasePerson
) -> OpeningReceipt:
    purposes = await consents.warnings_of_described(work, case.id, person.consents, at=views.PERSON)
    return views.see_opening(case, found, person, purposes=purposes)
