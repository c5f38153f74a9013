"""What a service does with the others' events: each takes effect once, in order per case, or ends as a dead letter.

The inbox keeps the last sequence number taken per source and case: a second delivery is passed by, a gap is put aside until
what is missing arrives. A handler that keeps failing costs its own case its turn, never the cases behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any

from pydantic import ValidationError

from shared.contract.events import EVENTS, Event
from shared.data.database import Database
from shared.data.outages import is_outage
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import PeerAway, Peers
from shared.identity.actor import Actor
from shared.kernel.settings import Settings
from shared.messaging import inbox, together
from shared.messaging.messages import Message
from shared.observability.logs import log
from shared.observability.metrics import EVENTS_HANDLED
from shared.observability.tracing import consumer_span

LONGEST_WAIT_SECONDS = 30.0
CASES_AT_ONCE = 4
_OF_THE_WORK = tuple(each.name for each in fields(UnitOfWork))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(UnitOfWork):
    """The unit of work of one event: with the neighbours, whom its handler may ask what the event does not carry."""

    peers: Peers
    sequence: int
    """The event's place among those of its case: what is kept of it by this is kept once."""

    @classmethod
    def of(cls, work: UnitOfWork, *, peers: Peers, sequence: int) -> "Delivery":
        """What an event brings about in this unit of work."""
        return cls(**{name: getattr(work, name) for name in _OF_THE_WORK}, peers=peers, sequence=sequence)


Handler = Callable[[Delivery, Any], Awaitable[None]]


class Handlers(dict[type[Event], Handler]):
    """A service's handlers by event; `@handlers.on(CaseOpened)` adds one. Its topics are those of the events' services."""

    def __init__(self) -> None:
        super().__init__()
        self.alone: set[type[Event]] = set()
        """Events that each need a transaction of their own."""

    def on(self, event: type[Event], *, together: bool = False) -> Callable[[Handler], Handler]:
        """`together`: the handler keeps what the event says and asks nobody; it may share a transaction with others."""

        def add(handler: Handler) -> Handler:
            self[event] = handler
            if not together:
                self.alone.add(event)
            return handler

        return add

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(f"havn.{event.service}" for event in self)


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
        """Handle all of them, in order per case: many in one transaction where that is allowed, else several cases side by side,
        each in one transaction of its own if all goes well.
        Returns when each has taken effect or is a dead letter; while the database or a neighbour is away it waits."""
        done = await self._take_together(messages)
        by_key: dict[str, list[Message]] = {}
        for message in messages:
            if message.key in done:
                continue
            by_key.setdefault(message.key, []).append(message)
        places = asyncio.Semaphore(CASES_AT_ONCE)

        async def one_case(of_case: list[Message]) -> None:
            async with places:
                if await self._take_case(of_case):
                    return
                for message in of_case:
                    following: Message | None = message
                    while following:
                        following = await self._take(following)

        async with asyncio.TaskGroup() as group:
            for of_case in by_key.values():
                group.create_task(one_case(of_case))

    async def _take_together(self, messages: Sequence[Message]) -> set[str]:
        """The keys of which every event has taken effect."""
        cases = together.plain(messages, self._handlers.alone)
        if len(cases) < 2:
            return set()

        def handling(work: UnitOfWork) -> together.Handle:
            return partial(self._handle, cache(partial(self._delivery, work)))  # one for each place in a case

        return await self._take_in_one(cases, handling)

    async def _take_case(self, messages: Sequence[Message]) -> bool:
        """Whether these events of one case have all taken effect, in one transaction. What one of them brings about is stored
        before the next, which finds it in the database and nowhere else."""
        cases = together.plain(messages) if len(messages) > 1 else {}
        if not cases:
            return False

        def handling(work: UnitOfWork) -> together.Handle:
            async def handle(received: inbox.Received) -> None:
                await self._handle(partial(self._delivery, work), received)
                await work.session.flush()
                work.session.forget()
                work.keys.clear()

            return handle

        first = messages[0]
        with consumer_span(first.traceparent, f"{self.service} handles {first.topic}"):
            return bool(await self._take_in_one(cases, handling))

    async def _take_in_one(
        self,
        cases: Mapping[inbox.Case, Sequence[inbox.Received]],
        handling: Callable[[UnitOfWork], together.Handle],
    ) -> set[str]:
        """The keys of which every event has taken effect."""
        try:
            async with self._transaction() as work:
                taken = await together.take(work, cases, handling(work))
        except Exception as error:
            # Nothing of it took effect. Whose fault it was shows when each is taken by itself.
            events = sum(map(len, cases.values()))
            log.info("events are taken one by one", service=self.service, events=events, reason=_reason(error))
            return set()
        EVENTS_HANDLED.labels(self.service).inc(sum(taken.values()))
        return {key for _, key in taken} - {key for _, key in cases.keys() - taken.keys()}

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
        received = inbox.read(message)
        async with self._transaction() as work:
            standing = await inbox.standing_of(work, received)
            if standing.order is inbox.Order.NOW:
                await self._handle(partial(self._delivery, work), received)
                if standing.is_put_aside:
                    await inbox.resolve(work, message.id)
            elif standing.order is not inbox.Order.TAKEN_ALREADY:
                await self._set_aside(work, received, standing.order.value, attempts=0)
            following = await inbox.next_put_aside(work, received) if standing.is_awaited else None
        if standing.order is inbox.Order.NOW:
            EVENTS_HANDLED.labels(self.service).inc()
        return following

    def _transaction(self) -> AbstractAsyncContextManager[UnitOfWork]:
        # What an event says is about one case, and is asked about by its key.
        return self._database.transaction(self._actor, asks_by_key=True)

    def _delivery(self, work: UnitOfWork, sequence: int) -> Delivery:
        return Delivery.of(work, peers=self._peers, sequence=sequence)

    async def _handle(self, delivery: Callable[[int], Delivery], received: inbox.Received) -> None:
        known = EVENTS.get(received.type)
        handler = self._handlers.get(known) if known else None
        if known is None or handler is None:
            return  # an event we do not listen to, or one that is newer than we are
        await handler(delivery(received.sequence), known.model_validate(received.payload))

    async def _bury(self, message: Message, reason: str, attempts: int) -> None:
        """Put the event aside so that the cases behind it go on. Its own case waits for the replay."""
        async with self._transaction() as work:
            try:
                received = inbox.read(message)
                order = (await inbox.standing_of(work, received)).order
            except inbox.Unreadable:
                received = inbox.Received(message, message.topic, "unreadable", 0, {})
                order = inbox.Order.NOW
            if order is inbox.Order.TAKEN_ALREADY:
                return  # another consumer of ours had better luck in the meantime
            await self._set_aside(work, received, reason, attempts=attempts)
        log.error("event is a dead letter", service=self.service, event_id=message.id, reason=reason)

    async def _set_aside(self, work: UnitOfWork, received: inbox.Received, reason: str, *, attempts: int) -> None:
        await work.session.put(
            inbox.DeadLetter(
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
        stuck: set[tuple[str, str]] = set()
        done = 0
        while True:  # what came meanwhile was put aside behind the others of its case
            async with self._transaction() as work:
                waiting = await inbox.to_replay(work)
            taken = await self._replay_each(waiting, stuck)
            if taken == 0:
                return done, len(waiting)
            done += taken

    async def _replay_each(self, waiting: Sequence[inbox.DeadLetter], stuck: set[tuple[str, str]]) -> int:
        """How many took effect; of which case one failed again is `stuck`."""
        taken = 0
        for letter in waiting:
            if (letter.source, letter.key) in stuck:
                continue
            try:
                taken += await self._replay_one(letter)
            except Exception as error:
                stuck.add((letter.source, letter.key))
                await self._note_failure(letter, _reason(error))
        return taken

    async def _replay_one(self, letter: inbox.DeadLetter) -> int:
        received = inbox.read(Message(f"havn.{letter.source}", letter.key, letter.event_id, letter.value, None))
        async with self._transaction() as work:
            if (await inbox.standing_of(work, received)).order is inbox.Order.AFTER_A_GAP:
                return 0  # still waiting for what is missing
            # Asked again under the case's lock: another replay, or the bus, may have been quicker.
            if await inbox.resolve(work, letter.event_id):
                await self._handle(partial(self._delivery, work), received)
        return 1

    async def _note_failure(self, letter: inbox.DeadLetter, reason: str) -> None:
        async with self._transaction() as work:
            await inbox.note_failure(work, letter.event_id, reason)


def _is_passing(error: Exception) -> bool:
    """Trouble that is not the event's: the database or a neighbour is away. Waited for, never counted against it."""
    return isinstance(error, PeerAway) or is_outage(error)


def _reason(error: Exception) -> str:
    """Type and place only: the message of an error may quote a row."""
    if isinstance(error, inbox.Unreadable):
        return str(error)
    if isinstance(error, ValidationError):
        places = ", ".join(sorted({".".join(map(str, found["loc"])) for found in error.errors()}))
        return f"The event does not fit its contract at {places}."
    step = error.__traceback__
    while step and step.tb_next:
        step = step.tb_next
    place = f" at {step.tb_frame.f_code.co_qualname}:{step.tb_lineno}" if step else ""
    return f"{type(error).__name__}{place}"
