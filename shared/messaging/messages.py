"""What travels on the bus, and who takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way: `value` is CloudEvents JSON, `key` decides what it may not be overtaken by."""

    topic: str
    key: str
    id: str
    value: bytes
    traceparent: str | None


class Deliver(Protocol):
    """Takes a batch in its order; returns once every message is handled or a dead letter.

    Raises only when nothing can be handled, as when the database is away; the batch then comes again.
    """

    async def __call__(self, messages: Sequence[Message]) -> None: ...


@dataclass(frozen=True, slots=True)
class Subscription:
    group: str
    topics: frozenset[str]
    deliver: Deliver


class Bus(Protocol):
    """What the outbox relay and the consumers need of a bus."""

    async def publish(self, messages: Sequence[Message]) -> set[str]:
        """The ids the bus has taken; the others stay in the outbox and are tried again."""
        ...

    def subscribe(self, group: str, topics: frozenset[str], deliver: Deliver) -> None:
        """Deliver every message on these topics to this group, at least once; to be called before `start`."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def lag(self) -> dict[tuple[str, str], int]:
        """Messages not handled yet, by group and topic, whichever process reads them."""
        ...

    @property
    def healthy(self) -> str | None:
        """None when well, otherwise one sentence saying what is wrong."""
        ...


SILENCE_SECONDS = 60.0
