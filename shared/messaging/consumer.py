"""What a service does with the others' events: each takes effect once, in order per case, or ends as a dead letter.

The inbox keeps the last sequence number taken per source and case: a second delivery is passed by, a gap is put aside until
what is missing arrives. A handler that keeps failing costs its own case its turn, never the cases behind it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import BigInteger, DateTime, LargeBinary, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from shared.contract.events import EVENTS, Event
from shared.data.database import Database
from shared.data.outages import is_outage
from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import PeerAway, Peers
from shared.identity.actor import Actor
from shared.kernel.settings import Settings
from shared.messaging.messages import Message
from shared.observability.logs import log
from shared.observability.metrics import EVENTS_HANDLED
from shared.observability.tracing import consumer_span

LONGEST_WAIT_SECONDS = 30.0
CASES_AT_ONCE = 4


class InboxPosition(PlumbingTable):
    """How far one case's events of one source have taken effect here."""

    __tablename__ = "inbox"
    source: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    last_sequence: Mapped[int] = mapped_column(BigInteger)


class DeadLetter(PlumbingTable):
    """An event that could not be handled, with the reason; `havn dead-letters replay` tries it again."""

    __tablename__ = "dead_letter"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    key: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    value: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    attempts: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    replayed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(UnitOfWork):
    """The unit of work of one event: with the neighbours, whom its handler may ask what the event does not carry."""

    peers: Peers
    sequence: int
    """The event's place among those of its case: what is kept of it by this is kept once."""

    @classmethod
    def of(cls, work: UnitOfWork, *, peers: Peers, sequence: int) -> "Delivery":
        """What an event brings about in this unit of work."""
        return cls(**{each.name: getattr(work, each.name) for each in fields(work)}, peers=peers, sequence=sequence)


Handler = Callable[[Delivery, Any], Awaitable[None]]


class Handlers(dict[type[Event], Handler]):
    """A service's handlers by event; `@handlers.on(CaseOpened)` adds one. Its topics are those of the events' services."""

    def on(self, event: type[Event]) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self[event] = handler
            return handler

        return add

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(f"havn.{event.service}" for event in self)


class Unreadable(Exception):
    """A message that is no event of the contract; its sentence says why."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message, read as far as its place in the order goes."""

    message: Message
    source: str
    type: str
    sequence: int
    occurred_at: datetime
    payload: Mapping[str, Any]


class Order(StrEnum):
    NOW = "now"
    TAKEN_ALREADY = "taken already"
    AFTER_A_GAP = "after a gap"
    BEHIND_A_DEAD_LETTER = "behind a dead letter"


@dataclass(frozen=True, slots=True)
class Standing:
    """An event's place in its case, as it is here and now, under the case's lock."""

    order: Order
    is_awaited: bool
    """A later event was put aside, for want of this one or of one before it."""


def read(message: Message) -> Received:
    """The envelope of a CloudEvent; Unreadable when it is not one of ours."""
    try:
        envelope = json.loads(message.value)
        return Received(
            message,
            source=str(envelope["source"]).removeprefix("/"),
            type=str(envelope["type"]),
            sequence=int(envelope["sequence"]),
            occurred_at=datetime.fromisoformat(envelope["time"]),
            payload=dict(envelope["data"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"Not a CloudEvent of Havn ({type(error).__name__}).") from None


class Consumer:
    """Takes messages from the bus into one service."""

    def __init__(
        self, service: str, database: Database, handlers: Handlers, *, settings: Settings, peers: Peers
    ) -> None:
        self.service = service
        self.topics = handlers.topics
        self._database = database
        self._handlers = handlers
        self._settings = settings
        self._peers = peers
        self._actor = Actor.system(service)

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Handle all of them, in order per case, several cases side by side. Returns when each has taken effect or is a
        dead letter; while the database or a neighbour is away it waits."""
        by_key: dict[str, list[Message]] = {}
        for message in messages:
            by_key.setdefault(message.key, []).append(message)
        places = asyncio.Semaphore(CASES_AT_ONCE)

        async def one_case(of_case: list[Message]) -> None:
            async with places:
                for message in of_case:
                    following: Message | None = message
                    while following:
                        following = await self._take(following)

        async with asyncio.TaskGroup() as group:
            for of_case in by_key.values():
                group.create_task(one_case(of_case))

    async def _take(self, message: Message) -> Message | None:
        """Gives the event that was put aside for want of this one, if there is one."""
        with consumer_span(message.traceparent, f"{self.service} handles {message.topic}"):
            failures = 0
            wait = self._settings.retry_seconds
            while True:
                try:
                    return await self._take_once(message)
                except Exception as error:
                    if not _is_passing(error):
                        failures += 1
                    log.warning(
                        "event not handled yet",
                        service=self.service,
                        event_id=message.id,
                        reason=_reason(error),
                        attempt=failures,
                    )
                    if failures >= self._settings.handler_attempts:
                        await self._bury(message, _reason(error), failures)
                        return None
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _take_once(self, message: Message) -> Message | None:
        received = read(message)
        async with self._database.transaction(self._actor) as work:
            standing = await _standing_of(work, received)
            if standing.order is Order.NOW:
                await self._handle(work, received)
                await _resolve(work, message.id)
            elif standing.order is not Order.TAKEN_ALREADY:
                await self._set_aside(work, received, standing.order.value, attempts=0)
            if standing.order is not Order.AFTER_A_GAP:
                await _advance(work, received)
            following = await _next_put_aside(work, received) if standing.is_awaited else None
        if standing.order is Order.NOW:
            EVENTS_HANDLED.labels(self.service).inc()
        return following

    async def _handle(self, work: UnitOfWork, received: Received) -> None:
        known = EVENTS.get(received.type)
        handler = self._handlers.get(known) if known else None
        if known is None or handler is None:
            return  # an event we do not listen to, or one that is newer than we are
        event = known.model_validate(received.payload)
        await handler(Delivery.of(work, peers=self._peers, sequence=received.sequence), event)

    async def _bury(self, message: Message, reason: str, attempts: int) -> None:
        """Put the event aside so that the cases behind it go on. Its own case waits for the replay."""
        async with self._database.transaction(self._actor) as work:
            try:
                received = read(message)
                order = (await _standing_of(work, received)).order
            except Unreadable:
                received = Received(message, message.topic, "unreadable", 0, work.now, {})
                order = Order.NOW
            if order is Order.TAKEN_ALREADY:
                return  # another consumer of ours had better luck in the meantime
            await self._set_aside(work, received, reason, attempts=attempts)
            if order is not Order.AFTER_A_GAP:
                await _advance(work, received)
        log.error("event is a dead letter", service=self.service, event_id=message.id, reason=reason)

    async def _set_aside(self, work: UnitOfWork, received: Received, reason: str, *, attempts: int) -> None:
        await work.session.merge(
            DeadLetter(
                event_id=received.message.id,
                source=received.source,
                key=received.message.key,
                sequence=received.sequence,
                type=received.type,
                value=received.message.value,
                reason=reason,
                attempts=attempts,
                failed_at=work.now,
                replayed_at=None,
            )
        )

    async def replay(self) -> tuple[int, int]:
        """Try every dead letter again, in order per case; the first that fails again keeps the rest of its case waiting.
        Says how many took effect and how many remain."""
        async with self._database.transaction(self._actor) as work:
            waiting = list(
                await work.session.scalars(
                    select(DeadLetter)
                    .where(DeadLetter.replayed_at.is_(None))
                    .order_by(DeadLetter.source, DeadLetter.key, DeadLetter.sequence)
                )
            )
        stuck: set[tuple[str, str]] = set()
        done = 0
        for letter in waiting:
            if (letter.source, letter.key) in stuck:
                continue
            try:
                done += await self._replay_one(letter)
            except Exception as error:
                stuck.add((letter.source, letter.key))
                await self._note_failure(letter, _reason(error))
        return done, len(waiting) - done

    async def _replay_one(self, letter: DeadLetter) -> int:
        received = read(Message(f"havn.{letter.source}", letter.key, letter.event_id, letter.value, None))
        async with self._database.transaction(self._actor) as work:
            if (await _standing_of(work, received)).order is Order.AFTER_A_GAP:
                return 0  # still waiting for what is missing
            # Asked again under the case's lock: another replay, or the bus, may have been quicker.
            if await _resolve(work, letter.event_id):
                await self._handle(work, received)
                await _advance(work, received)
        return 1

    async def _note_failure(self, letter: DeadLetter, reason: str) -> None:
        async with self._database.transaction(self._actor) as work:
            await work.session.execute(
                update(DeadLetter)
                .where(DeadLetter.event_id == letter.event_id)
                .values(reason=reason, attempts=DeadLetter.attempts + 1)
            )


async def dead_letters(work: UnitOfWork) -> list[DeadLetter]:
    """The events that wait for a replay, oldest first."""
    waiting = select(DeadLetter).where(DeadLetter.replayed_at.is_(None)).order_by(DeadLetter.failed_at)
    return list(await work.session.scalars(waiting))


def _is_passing(error: Exception) -> bool:
    """Trouble that is not the event's: the database or a neighbour is away. Waited for, never counted against it."""
    return isinstance(error, PeerAway) or is_outage(error)


def _reason(error: Exception) -> str:
    """Type and place only: the message of an error may quote a row."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, ValidationError):
        places = ", ".join(sorted({".".join(map(str, found["loc"])) for found in error.errors()}))
        return f"The event does not fit its contract at {places}."
    step = error.__traceback__
    while step and step.tb_next:
        step = step.tb_next
    place = f" at {step.tb_frame.f_code.co_qualname}:{step.tb_lineno}" if step else ""
    return f"{type(error).__name__}{place}"


# Taking the row locks it: two consumers that hold the same event wait for each other, and the second passes it by.
_LOCK = text("""
    INSERT INTO inbox AS i (source, key, last_sequence) VALUES (:source, :key, 0)
    ON CONFLICT (source, key) DO UPDATE SET last_sequence = i.last_sequence
    RETURNING last_sequence
""")
# A statement of its own, after the lock: it must see what the last holder of the lock committed.
_WAITING = text("""
    SELECT coalesce(bool_or(sequence < :sequence), false) AS is_behind,
           coalesce(bool_or(sequence > :sequence), false) AS is_awaited
    FROM dead_letter WHERE source = :source AND key = :key AND replayed_at IS NULL
""")


async def _standing_of(work: UnitOfWork, received: Received) -> Standing:
    values = {"source": received.source, "key": received.message.key, "sequence": received.sequence}
    last = int((await work.session.execute(_LOCK, values)).scalar_one())
    waiting = (await work.session.execute(_WAITING, values)).one()
    if received.sequence <= last:
        order = Order.TAKEN_ALREADY
    elif received.sequence > last + 1:
        order = Order.AFTER_A_GAP
    else:
        order = Order.BEHIND_A_DEAD_LETTER if waiting.is_behind else Order.NOW
    return Standing(order, waiting.is_awaited)


async def _next_put_aside(work: UnitOfWork, received: Received) -> Message | None:
    letter = await work.session.scalar(
        select(DeadLetter)
        .where(DeadLetter.source == received.source, DeadLetter.key == received.message.key)
        .where(DeadLetter.sequence == received.sequence + 1, DeadLetter.reason == Order.AFTER_A_GAP.value)
        .where(DeadLetter.replayed_at.is_(None))
    )
    return Message(received.message.topic, letter.key, letter.event_id, letter.value, None) if letter else None


async def _advance(work: UnitOfWork, received: Received) -> None:
    await work.session.execute(
        update(InboxPosition)
        .where(InboxPosition.source == received.source, InboxPosition.key == received.message.key)
        .where(InboxPosition.last_sequence < received.sequence)
        .values(last_sequence=received.sequence)
    )


async def _resolve(work: UnitOfWork, event_id: str) -> bool:
    """Mark the event's dead letter as done with; says whether there was one that was not."""
    resolved = await work.session.scalar(
        update(DeadLetter)
        .where(DeadLetter.event_id == event_id, DeadLetter.replayed_at.is_(None))
        .values(replayed_at=work.now)
        .returning(DeadLetter.event_id)
    )
    return resolved is not None
