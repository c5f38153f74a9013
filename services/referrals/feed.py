"""The events of referrals that an organisation may know: those that were recorded while it was a party, as long as the
referral is open to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.referrals import repository
from services.referrals.models import Referral
from shared.contract import visibility
from shared.contract.codes import ReferralStatus
from shared.contract.events import ReferralWithdrawn, name_of
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Part
from shared.contract.visible_events import cut_event
from shared.data.unit_of_work import UnitOfWork
from shared.http import feed
from shared.http.feed import FeedEvent, Row
from shared.identity.actor import Actor

_OF_A_REFERRAL: Final = "referral_id"


async def read(work: UnitOfWork, *, after: UUID | None, limit: int) -> list[FeedEvent]:
    """Up to one more than `limit` events after that one; without one from the beginning."""
    return await feed.read(
        work, service="referrals", after=after, limit=limit, recorded=repository.recorded_after, shown=_shown
    )


async def _shown(work: UnitOfWork, rows: Sequence[Row]) -> list[dict[str, Any] | None]:
    ids = {UUID(row["key"]) for row in rows if _OF_A_REFERRAL in row["payload"]}
    open_ones = await repository.open_among(work, ids)
    return [_data_of(work.actor, row, open_ones.get(UUID(row["key"]))) for row in rows]


def _data_of(actor: Actor, row: Row, found: tuple[Referral, datetime | None] | None) -> dict[str, Any] | None:
    """The event's data as far as the actor may know it. To whom the referral came later, or with whom it no longer is, an event
    is shown by neither; of what the sender has withdrawn its recipient learns that, and nothing more."""
    name, payload = name_of(row["type"]), row["payload"]
    if _OF_A_REFERRAL not in payload:
        parts = [Part.CENTRE] if actor.kind is OrganisationKind.NATIONAL_CENTRE else []
        return cut_event(visibility.may_know(actor, parts), name, payload)
    if found is None or actor.org not in (payload["sender"], payload["recipient"]):
        return None
    referral, closed_since = found
    if closed_since and row["occurred_at"] > closed_since and row["actor_org"] != actor.org:
        return None
    is_taken_back = referral.status is ReferralStatus.WITHDRAWN and actor.org != referral.sender
    if is_taken_back and row["type"] != ReferralWithdrawn.type:
        return None
    known = visibility.may_know(actor, repository.parts_of(actor, referral))
    return cut_event(known, name, payload)
