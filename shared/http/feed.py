"""A feed of events: in the order in which they were recorded, each cut as it is read to what the reader may know now."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from shared.contract.events import cloud_event
from shared.contract.organisations import Scope
from shared.contract.types import Answer
from shared.data import history
from shared.data.unit_of_work import UnitOfWork
from shared.http.paging import CursorInvalid, Page, one_of
from shared.http.policy import Requires
from shared.identity.actor import Role

_BATCH = 200

Subscriber = Annotated[
    UnitOfWork,
    Depends(Requires(Scope.EVENTS_READ, Role.DASHBOARD, Role.SYSTEM, Role.CASEWORKER, Role.LAWYER, Role.DECIDER)),
]


# As in `parameters.py`: a coroutine, though it waits for nothing.
async def _after(
    after: Annotated[
        UUID | None, Query(description="The id of the last event you have; all events without it.")
    ] = None,
    cursor: Annotated[UUID | None, Query(description="`next_cursor` of the page before: the same as `after`.")] = None,
) -> UUID | None:
    return one_of(after, cursor)


After = Annotated[UUID | None, Depends(_after)]

Row = Mapping[str, Any]
"""A row of the history of events, with what the service knows of it besides."""


class FeedEvent(Answer):
    """A CloudEvent 1.0."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    sequence: str
    data: Annotated[
        dict[str, Any],
        Field(
            description="The event's data as AsyncAPI (/asyncapi.json) has it for this `type`, without what its reader may not "
            "know: a field that is required there may be missing here."
        ),
    ]


class Recorded(Protocol):
    def __call__(self, work: UnitOfWork, *, after: int, settled: int, most: int) -> Awaitable[Sequence[Row]]:
        """The next events that may concern the reader, in the order of the history: fewer than `most` only where there are no
        more."""


class Shown(Protocol):
    def __call__(self, work: UnitOfWork, rows: Sequence[Row]) -> Awaitable[Sequence[dict[str, Any] | None]]:
        """The data of each of these events as far as the reader may know it; None of one that it is not to know of at all."""


async def read(
    work: UnitOfWork, *, service: str, after: UUID | None, limit: int, recorded: Recorded, shown: Shown
) -> list[FeedEvent]:
    """Up to one more than `limit` events after that one; without one from the beginning. An event that is committed late is
    not passed by. Raises CursorInvalid."""
    position = await history.position_of(work, after)
    if position is None:
        raise CursorInvalid(
            "`after`, or `cursor`, is the id of an event that this list has given; start again without it."
        )
    settled = await history.last_settled(work, after=position)
    found: list[FeedEvent] = []
    while len(found) <= limit:
        rows = await recorded(work, after=position, settled=settled, most=_BATCH)
        for row, data in zip(rows, await shown(work, rows), strict=True):
            if data is not None:
                found.append(_event(service, row, data))
        if len(rows) < _BATCH:
            break
        position = rows[-1]["position"]
    found = found[: limit + 1]
    subjects = {UUID(event.subject) for event in found[:limit]}
    work.audit(operation="event.list", object_ids=sorted(subjects))
    return found


def _event(service: str, row: Row, data: Mapping[str, Any]) -> FeedEvent:
    return FeedEvent.model_validate(
        cloud_event(
            service=service,
            event_id=row["event_id"],
            type_=row["type"],
            key=row["key"],
            sequence=row["sequence"],
            occurred_at=row["occurred_at"],
            payload=data,
        )
    )


def page_of(found: Sequence[FeedEvent], limit: int) -> Page[FeedEvent]:
    """The page of these events, of which there may be one beyond the limit. The id of its last one leads on."""
    more = len(found) > limit
    return Page(items=list(found[:limit]), next_cursor=found[limit - 1].id if more else None)
