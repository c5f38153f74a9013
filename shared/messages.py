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
