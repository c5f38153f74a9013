"""The events that an organisation may know, in the order they were recorded, each cut by the visibility table as it is read: a
consent that was withdrawn meanwhile takes back what was not fetched yet."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from services.identification.case import repository as cases
from services.identification.consents import repository as consents_repository
from services.identification.overview import repository
from shared.contract import visibility
from shared.contract.codes import ShareScope
from shared.contract.events import name_of
from shared.contract.visibility import Part
from shared.contract.visible_events import FOR_THE_CENTRE, cut_event, other_cases
from shared.data.unit_of_work import UnitOfWork
from shared.http import feed
from shared.http.feed import FeedEvent, Row


async def read(work: UnitOfWork, *, after: UUID | None, limit: int) -> list[FeedEvent]:
    """Up to one more than `limit` events after that one; without one from the beginning. An event that was recorded before the
    organisation could know the case is among them only where it starts from before it."""
    return await feed.read(
        work, service="identification", after=after, limit=limit, recorded=repository.recorded_after, shown=_shown
    )


async def _shown(work: UnitOfWork, rows: Sequence[Row]) -> list[dict[str, Any] | None]:
    not_worked_on = {row["case_id"] for row in rows if row["part"] not in cases.WORKING}
    disclosable = await consents_repository.disclosable_to(work, work.actor.org, sorted(not_worked_on))
    others = await cases.worked_on_among(work, other_cases(rows))
    return [_data_of(work, row, disclosable.get(row["case_id"], ()), others) for row in rows]


def _data_of(
    work: UnitOfWork, row: Row, disclosable: Collection[ShareScope], others: Collection[UUID]
) -> dict[str, Any] | None:
    """The event's data as far as the actor may know it; None when it is not to know of the event at all. What a person lets be
    known under a case that was merged holds for that case alone, and nothing from before a part began is shown by it."""
    name = name_of(row["type"])
    if name in FOR_THE_CENTRE and row["part"] is not Part.CENTRE:
        return None
    if row["sequence"] is None or (row["is_earlier"] and row["part"] not in cases.WORKING):
        return None
    known = visibility.may_know(work.actor, row["part"], () if row["is_alias"] else disclosable)
    return cut_event(known, name, row["payload"], others)
