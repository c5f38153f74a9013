"""Endpoints of drafts: a half-entered case, for the one who enters it."""

from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker
from services.identification.opening import domain, drafts, repository, views
from services.identification.opening.schemas import (
    CaseOpening,
    DraftBody,
    DraftDetails,
    DraftHead,
    DraftReceipt,
    OpeningReceipt,
)
from shared.http.endpoint import IfMatch, Now, Pages, RequiredIfMatch, Session
from shared.http.etag import tag
from shared.http.paging import Page
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.post("/drafts", status_code=201)
async def save_draft(
    body: DraftBody, response: Response, session: Session, actor: Caseworker, now: Now
) -> DraftReceipt:
    """Keep a half-entered case. Only you see it; on `delete_on` it is deleted, its key and this answer with it."""
    draft = await drafts.save(session, actor=actor, body=body, now=now)
    tag(response, draft)
    return views.see_draft(draft)


@router.get("/drafts")
async def list_drafts(session: Session, actor: Caseworker, pages: Pages, now: Now) -> Page[DraftHead]:
    """My drafts, the one saved last first; without what they hold."""
    found = await repository.list_drafts(session, actor, today=on_date(now), after=pages.after, limit=pages.limit)
    items = [views.see_draft(draft) for draft in found]
    return pages.page(items, found, lambda draft: [draft.saved_at.isoformat(), str(draft.id)])


@router.get("/drafts/{draft_id}")
async def read_draft(draft_id: UUID, response: Response, session: Session, actor: Caseworker, now: Now) -> DraftDetails:
    """My draft, with what it holds."""
    draft = await repository.find(session, actor, draft_id, today=on_date(now))
    content = await repository.open_draft(session, draft)
    tag(response, draft)
    return DraftDetails(**dict(views.see_draft(draft)), content=content.content)


@router.put("/drafts/{draft_id}")
async def save_draft_again(
    draft_id: UUID, body: DraftBody, response: Response, session: Session, actor: Caseworker, now: Now,
    match: RequiredIfMatch,
) -> DraftReceipt:  # fmt: skip
    """Replace what the draft holds. The day on which it is deleted stays."""
    draft = await drafts.save_again(session, actor=actor, draft_id=draft_id, body=body, match=match, now=now)
    tag(response, draft)
    return views.see_draft(draft)


@router.delete("/drafts/{draft_id}", status_code=204)
async def delete_draft(draft_id: UUID, session: Session, actor: Caseworker, now: Now, match: IfMatch) -> None:
    """Throw the draft away, without a trace."""
    await drafts.throw_away(session, actor=actor, draft_id=draft_id, match=match, now=now)


@router.post("/drafts/{draft_id}/open", status_code=201)
async def open_draft(
    draft_id: UUID, response: Response, session: Session, actor: Caseworker, now: Now, match: IfMatch
) -> OpeningReceipt:
    """Open the case that the draft has become, as POST /cases does; the draft goes. 422 names what is still missing."""
    case, found = await drafts.open_case(session, actor=actor, draft_id=draft_id, match=match, now=now)
    tag(response, case)
    return OpeningReceipt(case_id=case.id, possible_duplicates=found)


@router.post("/cases", status_code=201)
async def open_case(
    opening: CaseOpening, response: Response, session: Session, actor: Caseworker, now: Now
) -> OpeningReceipt:
    """Open a case without a referral (hotline, outreach). Always a new one: who may be the same person is in the answer."""
    case, found = await domain.open_without_referral(session, actor=actor, opening=opening, now=now)
    tag(response, case)
    return OpeningReceipt(case_id=case.id, possible_duplicates=found)
