"""The events that an organisation may know, in the order they were recorded, each cut by the visibility table as it is read: a
consent that was withdrawn meanwhile takes back what was not fetched yet."""

from uuid import UUID

from services.identification.case import repository as cases
from services.identification.consents import repository as consents_repository
from services.identification.overview import repository
from services.identification.overview.schemas import FeedEvent
from shared.contract import visibility
from shared.contract.events import cloud_event
from shared.data.unit_of_work import UnitOfWork

_BATCH = 200


async def read(work: UnitOfWork, *, after: UUID | None, limit: int) -> list[FeedEvent]:
    """Up to one more than `limit` events after that one; without one from the beginning. An event that was recorded before the
    organisation could know the case is among them only where it starts from before it."""
    position = await repository.position_of(work, after)
    settled = await repository.last_settled(work, after=position)
    found: list[FeedEvent] = []
    while len(found) <= limit:
        rows = await repository.recorded_after(work, after=position, settled=settled, most=_BATCH)
        not_worked_on = {row["case_id"] for row in rows if row["part"] not in cases.WORKING}
        disclosable = await consents_repository.disclosable_to(work, work.actor.org, sorted(not_worked_on))
        others = await cases.known_among(work, visibility.other_cases(rows))
        for row in rows:
            known = visibility.may_know(work.actor, row["part"], disclosable.get(row["case_id"], ()))
            name = row["type"].split(".")[-2]
            shown = visibility.cut_event(known, name, row["payload"], others)
            if shown is not None:
                found.append(
                    FeedEvent.model_validate(
                        cloud_event(
                            service="identification",
                            event_id=row["event_id"],
                            type_=row["type"],
                            key=row["key"],
                            sequence=row["sequence"],
                            occurred_at=row["occurred_at"],
                            payload=shown,
                        )
                    )
                )
        if len(rows) < _BATCH:
            break
        position = rows[-1]["position"]
    found = found[: limit + 1]
    repository.note_feed(work, {UUID(event.subject) for event in found[:limit]})
    return found
