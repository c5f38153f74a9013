"""Many events in one transaction, where their handlers allow it: facts that are kept, of many cases at once.

What each event does is the same as one by one, and so are order and inbox. Whatever is not plain (a gap, an earlier dead letter,
a handler that must be alone) is left to be taken case by case; and so is everything, when one of them fails."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from shared.contract.events import EVENTS, Event
from shared.data.unit_of_work import UnitOfWork
from shared.messaging import inbox
from shared.messaging.inbox import Case
from shared.messaging.messages import Message

Handle = Callable[[inbox.Received], Awaitable[None]]


async def take(work: UnitOfWork, cases: Mapping[Case, Sequence[inbox.Received]], handle: Handle) -> dict[Case, int]:
    """Let these events take effect, as far as they follow on what was taken before; says of how many, by case. A case that is
    not in the answer is left as it was."""
    upto = {case: max([each.sequence for each in received]) for case, received in cases.items()}
    last = await inbox.take_places(work, upto)
    taken: dict[Case, int] = {}
    for case, received in cases.items():
        if case not in last or (new := _following(received, last[case])) is None:
            continue
        for each in new:
            await handle(each)
        taken[case] = len(new)
    await inbox.give_back(work, {case: last[case] for case in last.keys() - taken.keys()})
    return taken


def _following(received: Sequence[inbox.Received], last: int) -> list[inbox.Received] | None:
    """Those that were not taken yet, each the next after the one before; None where one is missing between them."""
    new: list[inbox.Received] = []
    for each in received:
        if each.sequence <= last + len(new):
            continue
        if each.sequence != last + len(new) + 1:
            return None
        new.append(each)
    return new


def plain(messages: Sequence[Message], alone: Collection[type[Event]] = ()) -> dict[Case, list[inbox.Received]]:
    """The messages by case, without the keys that have one which cannot be read or must be alone: the events of a key are taken
    in one way, in their order."""
    cases: dict[Case, list[inbox.Received]] = {}
    left: set[str] = set()
    for message in messages:
        try:
            received = inbox.read(message)
        except inbox.Unreadable:
            left.add(message.key)
            continue
        if EVENTS.get(received.type) in alone:
            left.add(message.key)
        cases.setdefault((received.source, message.key), []).append(received)
    return {case: received for case, received in cases.items() if case[1] not in left}
