"""Drafts of cases: each its author's alone. What is noted of an access names no draft, so that nothing of one remains."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.case.repository import seal
from services.identification.opening.models import Draft
from services.identification.opening.schemas import SealedDraft
from shared.data import audit, sealed
from shared.http import idempotency
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.errors import NotFound

_MOST_AT_ONCE = 500


class DraftNotFound(NotFound):
    """No such draft, or somebody else's."""


async def add(session: AsyncSession, draft: Draft, content: SealedDraft) -> None:
    """Store a draft under a key of its own, and by which stored answer it is named."""
    sealed.new_key(session, draft.id, now=draft.saved_at)
    await seal(session, draft, {"content": content}, owner=draft.id)
    draft.answer_key = idempotency.answer_key(session)
    session.add(draft)
    await session.flush()
    audit.record(session, operation="draft.save")


async def replace(session: AsyncSession, draft: Draft, content: SealedDraft) -> None:
    """Seal another content in a locked draft."""
    await seal(session, draft, {"content": content}, owner=draft.id)
    audit.record(session, operation="draft.save")


async def open_draft(session: AsyncSession, draft: Draft) -> SealedDraft:
    """What the draft holds."""
    key = await sealed.key_of(session, draft.id)
    audit.record(session, operation="draft.read")
    return key.open(draft.content, SealedDraft, table="draft", column="content", row=draft.id)


async def find(session: AsyncSession, actor: Actor, draft_id: UUID, *, today: date) -> Draft:
    """The actor's own draft; raises DraftNotFound."""
    found = await session.scalar(_own(actor, today=today).where(col(Draft.id) == draft_id))
    if found is None:
        raise DraftNotFound
    return found


async def lock(session: AsyncSession, actor: Actor, draft_id: UUID, match: Match, *, today: date) -> Draft:
    """The actor's own draft, locked and at its next version; raises DraftNotFound, and Stale."""
    found = await session.scalar(_own(actor, today=today).where(col(Draft.id) == draft_id).with_for_update())
    if found is None:
        raise DraftNotFound
    match.check(found)
    found.version += 1
    return found


async def list_drafts(
    session: AsyncSession, actor: Actor, *, today: date, after: Sequence[str | int] | None, limit: int
) -> list[Draft]:
    """The actor's drafts, the one saved last first, up to one more than `limit`."""
    query = _own(actor, today=today)
    if after:
        query = query.where(
            tuple_(col(Draft.saved_at), col(Draft.id)) < (datetime.fromisoformat(str(after[0])), UUID(str(after[1])))
        )
    query = query.order_by(col(Draft.saved_at).desc(), col(Draft.id).desc()).limit(limit + 1)
    audit.record(session, operation="draft.list")
    return list(await session.scalars(query))


def _own(actor: Actor, *, today: date) -> Select[Draft]:
    # By the day, too: a draft is gone on its day, whether or not the sweep has been there.
    return select(Draft).where(
        col(Draft.org) == actor.org, col(Draft.subject) == actor.subject, col(Draft.delete_on) > today
    )


async def lock_due(session: AsyncSession, *, today: date) -> Sequence[Draft]:
    """The drafts that go today or went too late, and those whose owner is to be reminded and was not."""
    to_be_reminded = col(Draft.reminded_at).is_(None) & (col(Draft.remind_on) <= today)
    due = select(Draft).where(or_(col(Draft.delete_on) <= today, to_be_reminded))
    return (
        await session.scalars(due.order_by(col(Draft.id)).limit(_MOST_AT_ONCE).with_for_update(skip_locked=True))
    ).all()


async def forget(session: AsyncSession, draft: Draft) -> None:
    """Delete a locked draft with its key, its alert and the stored answer that names it."""
    session.expunge(draft)
    await session.execute(text("SELECT forget_draft(:id)"), {"id": draft.id})
    audit.record(session, operation="draft.forget")
