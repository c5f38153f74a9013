"""The bus of one process: delivers to the handlers, in order per key."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from shared.messaging.messages import SILENCE_SECONDS, Deliver, Message, Subscription
from shared.observability.logs import log


class InProcessBus:
    """Delivers straight to the groups of this process; a message counts as taken once every group has handled it."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._locks: dict[str, asyncio.Lock] = {}
        self._failing_since: dict[str, float] = {}
        self._is_running = False

    def subscribe(self, group: str, topics: frozenset[str], deliver: Deliver) -> None:
        if self._is_running:
            # What was published before would never reach a group that comes late.
            raise RuntimeError(f"Group {group} must subscribe before the bus starts.")
        self._subscriptions.append(Subscription(group, topics, deliver))

    async def start(self) -> None:
        # One batch at a time for each group, as a Kafka consumer would have it.
        self._locks = {subscription.group: asyncio.Lock() for subscription in self._subscriptions}
        self._is_running = True

    async def stop(self) -> None:
        self._is_running = False
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                for lock in self._locks.values():
                    async with lock:  # the batch in hand is handled
                        pass

    async def publish(self, messages: Sequence[Message]) -> set[str]:
        if not self._is_running:
            return set()
        refused = await asyncio.gather(*(self._deliver(subscription, messages) for subscription in self._subscriptions))
        taken: set[str] = set()
        held: set[str] = set()
        for message in messages:
            if message.key in held or any(message.id in ids for ids in refused):
                held.add(message.key)
            else:
                taken.add(message.id)
        return taken

    async def lag(self) -> dict[tuple[str, str], int]:
        """Always empty: what is not handled is still in the outbox, and is counted there."""
        return {}

    @property
    def healthy(self) -> str | None:
        for group, since in self._failing_since.items():
            if (seconds := time.monotonic() - since) > SILENCE_SECONDS:
                return f"Group {group} has not been able to handle its messages for {seconds:.0f} seconds."
        return None

    async def _deliver(self, subscription: Subscription, messages: Sequence[Message]) -> set[str]:
        """The ids this group has not handled."""
        group = subscription.group
        batch = [message for message in messages if message.topic in subscription.topics]
        if not batch:
            return set()
        async with self._locks[group]:
            try:
                await subscription.deliver(batch)
            except Exception as error:
                self._failing_since.setdefault(group, time.monotonic())
                log.warning("bus.delivery_failed", group=group, messages=len(batch), error=type(error).__name__)
                return {message.id for message in batch}
        self._failing_since.pop(group, None)
        return set()
