"""Drafts of cases: each its author's alone. What is noted of an access names no draft, so that nothing of one remains."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Select, and_, bindparam, or_, select, text
from sqlmodel import col

from services.identification.case.repository import seal
from services.identification.opening.models import Draft
from services.identification.opening.schemas import SealedDraft
from shared.data import sealed
from shared.data.columns import ORGANISATION
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import NotFound

_MOST_AT_ONCE = 500


class DraftNotFound(NotFound):
    """No such draft, or somebody else's."""


async def add(work: UnitOfWork, draft: Draft, content: SealedDraft) -> None:
    """Store a draft under a key of its own, and by which stored answer it is named."""
    sealed.new_key(work, draft.id)
    await seal(work, draft, {"content": content}, owner=draft.id)
    draft.answer_key = work.answer_key
    work.session.add(draft)
    await work.session.flush()
    work.audit(operation="draft.save")


async def replace(work: UnitOfWork, draft: Draft, content: SealedDraft) -> None:
    """Seal another content in a locked draft."""
    await seal(work, draft, {"content": content}, owner=draft.id)
    work.audit(operation="draft.save")


async def open_draft(work: UnitOfWork, draft: Draft) -> SealedDraft:
    """What the draft holds."""
    key = await sealed.key_of(work, draft.id)
    work.audit(operation="draft.read")
    return key.open(draft.content, SealedDraft, table="draft", column="content", row=draft.id)


_TODAY: Final = bindparam("today", type_=Date())
# By the day, too: a draft is gone on its day, whether or not the sweep has been there.
_OWN: Final = select(Draft).where(
    col(Draft.org) == ORGANISATION, col(Draft.subject) == bindparam("subject"), col(Draft.delete_on) > _TODAY
)
_ONE: Final = _OWN.where(col(Draft.id) == bindparam("draft_id"))
_ONE_LOCKED: Final = _ONE.with_for_update()
_FORGET: Final = text("SELECT forget_draft(:id)")


@cache
def _drafts(*, goes_on: bool) -> Select[Draft]:
    return newest_first(_OWN, col(Draft.saved_at), col(Draft.id), goes_on=goes_on)


def _asks(work: UnitOfWork, today: date) -> dict[str, Any]:
    return {"org": work.actor.org, "subject": work.actor.subject, "today": today}


async def find(work: UnitOfWork, draft_id: UUID, *, today: date) -> Draft:
    """The actor's own draft; raises DraftNotFound."""
    found = await work.session.scalar(_ONE, _asks(work, today) | {"draft_id": draft_id})
    if found is None:
        raise DraftNotFound
    return found


async def lock(work: UnitOfWork, draft_id: UUID, expected: ExpectedVersion, *, today: date) -> Draft:
    """The actor's own draft, locked and at its next version; raises DraftNotFound, and Stale."""
    found = await work.session.scalar(_ONE_LOCKED, _asks(work, today) | {"draft_id": draft_id})
    if found is None:
        raise DraftNotFound
    expected.check(found)
    found.version += 1
    return found


async def list_drafts(work: UnitOfWork, *, today: date, after: Sequence[str | int] | None, limit: int) -> list[Draft]:
    """The actor's drafts, the one saved last first, up to one more than `limit`."""
    work.audit(operation="draft.list")
    return await work.session.scalars(_drafts(goes_on=bool(after)), _asks(work, today) | page(after, limit))


async def lock_due(work: UnitOfWork, *, today: date) -> Sequence[Draft]:
    """The drafts that go today or went too late, and those whose owner is to be reminded and was not."""
    return await work.session.scalars(_DUE, {"today": today})


_DUE: Final = (
    select(Draft)
    .where(or_(col(Draft.delete_on) <= _TODAY, and_(col(Draft.reminded_at).is_(None), col(Draft.remind_on) <= _TODAY)))
    .order_by(col(Draft.id))
    .limit(_MOST_AT_ONCE)
    .with_for_update(skip_locked=True)
)


async def forget(work: UnitOfWork, draft: Draft) -> None:
    """Delete a locked draft with its key, its alert and the stored answer that names it."""
    work.session.expunge(draft)
    await work.session.execute(_FORGET, {"id": draft.id})
    work.audit(operation="draft.forget")
