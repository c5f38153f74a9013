"""Drafts: what somebody has begun to enter survives a lost session, and is gone without a trace on the day that is said."""

import json
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import PositiveInt, ValidationError

from services.identification import tables
from services.identification.opening import domain, repository
from services.identification.opening.models import Draft
from services.identification.opening.schemas import CaseOpening, DraftBody, SealedDraft
from shared.alerts import queue
from shared.alerts.queue import Alert
from shared.contract.codes import DeadlineKind
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.http.problems import speakable
from shared.kernel.clock import on_date, start_of
from shared.kernel.errors import Unprocessable
from shared.rules.decision_tables import Dated, Versions


class DraftIncomplete(Unprocessable):
    """The draft is not yet what a case needs."""


class KeepingOfDrafts(Dated):
    """How long a draft is kept, and when its owner is reminded."""

    deleted_after_days: PositiveInt
    reminded_days_before: PositiveInt


KEEPING: Final = Versions(tables.FOLDER, "drafts", KeepingOfDrafts)


async def save(work: UnitOfWork, *, body: DraftBody) -> Draft:
    """Keep what is there; it is its author's alone. Saving it again does not move the day on which it goes."""
    domain.check_opener(work.actor)
    today = on_date(work.now)
    rule = KEEPING.on(today)
    delete_on = today + timedelta(days=rule.deleted_after_days)
    draft = Draft(
        org=work.actor.org,
        subject=work.actor.subject,
        saved_at=work.now,
        remind_on=delete_on - timedelta(days=rule.reminded_days_before),
        delete_on=delete_on,
    )
    await repository.add(work, draft, SealedDraft(content=body.content))
    return draft


async def save_again(work: UnitOfWork, *, draft_id: UUID, body: DraftBody, expected: ExpectedVersion) -> Draft:
    """Put something else in the draft's place."""
    draft = await repository.lock(work, draft_id, expected, today=on_date(work.now))
    draft.saved_at = work.now
    await repository.replace(work, draft, SealedDraft(content=body.content))
    return draft


async def throw_away(work: UnitOfWork, *, draft_id: UUID, expected: ExpectedVersion) -> None:
    """The draft is no longer wanted."""
    draft = await repository.lock(work, draft_id, expected, today=on_date(work.now))
    await repository.forget(work, draft)


async def take_out(work: UnitOfWork, *, draft_id: UUID, expected: ExpectedVersion) -> CaseOpening:
    """The case that the draft has become, to be opened; the draft goes. Raises DraftIncomplete with what is missing."""
    draft = await repository.lock(work, draft_id, expected, today=on_date(work.now))
    content = await repository.open_draft(work, draft)
    try:
        complete = CaseOpening.model_validate_json(json.dumps(content.content.value))
    except ValidationError as error:
        raise DraftIncomplete(
            "The draft is not yet a case; see `errors`.", errors=speakable(error.errors(include_url=False))
        ) from None
    await repository.forget(work, draft)
    return complete


async def sweep(work: UnitOfWork) -> None:
    """Remind whose draft is about to go, and delete those whose day has come."""
    today = on_date(work.now)
    for draft in await repository.lock_due(work, today=today):
        if draft.delete_on <= today:
            await repository.forget(work, draft)
        else:
            draft.reminded_at = work.now
            due_at = start_of(draft.delete_on)
            queue.raise_alert(work, Alert(kind=DeadlineKind.DRAFT, case_id=draft.id, for_org=draft.org, due_at=due_at))
