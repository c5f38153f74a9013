"""How far the events of each case have taken effect in a service, what waits for a replay, and the locks that keep it so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic_core import from_json
from sqlalchemy import BigInteger, DateTime, LargeBinary, String, bindparam, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.columns import NOW
from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork
from shared.messaging.messages import Message

Case = tuple[str, str]
"""Source and key: what has a sequence of its own."""


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


class Unreadable(Exception):
    """A message that is no event of the contract; its sentence says why."""


class Received(NamedTuple):
    """A message, read as far as its place in the order goes."""

    message: Message
    source: str
    type: str
    sequence: int
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
    is_put_aside: bool
    """The event itself was put aside, and waits for what now comes."""
    is_awaited: bool
    """A later event was put aside, for want of this one or of one before it."""


def read(message: Message) -> Received:
    """The envelope of a CloudEvent; Unreadable when it is not one of ours."""
    try:
        envelope = from_json(message.value)
        return Received(
            message,
            source=str(envelope["source"]).removeprefix("/"),
            type=str(envelope["type"]),
            sequence=int(envelope["sequence"]),
            payload=dict(envelope["data"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"Not a CloudEvent of Havn ({type(error).__name__}).") from None


_WAITING: Final = DeadLetter.replayed_at.is_(None)
_OLDEST_FIRST: Final = select(DeadLetter).where(_WAITING).order_by(DeadLetter.failed_at)
_IN_ORDER: Final = select(DeadLetter).where(_WAITING).order_by(DeadLetter.source, DeadLetter.key, DeadLetter.sequence)
_NOTE_FAILURE: Final = (
    update(DeadLetter)
    .where(DeadLetter.event_id == bindparam("of_event", type_=String))
    .values(reason=bindparam("why", type_=String), attempts=DeadLetter.attempts + 1)
)
_NEXT_PUT_ASIDE: Final = select(DeadLetter).where(
    DeadLetter.source == bindparam("source"),
    DeadLetter.key == bindparam("key"),
    DeadLetter.sequence == bindparam("sequence"),
    DeadLetter.reason == Order.AFTER_A_GAP.value,
    _WAITING,
)
_RESOLVE: Final = (
    update(DeadLetter)
    .where(DeadLetter.event_id == bindparam("of_event", type_=String), _WAITING)
    .values(replayed_at=NOW)
    .returning(DeadLetter.event_id)
)


async def dead_letters(work: UnitOfWork) -> list[DeadLetter]:
    """The events that wait for a replay, oldest first."""
    return await work.session.scalars(_OLDEST_FIRST)


async def to_replay(work: UnitOfWork) -> list[DeadLetter]:
    """The events that wait for a replay, in the order in which they are to take effect."""
    return await work.session.scalars(_IN_ORDER)


async def note_failure(work: UnitOfWork, event_id: str, reason: str) -> None:
    """A replay of the event has failed as well, and why."""
    await work.session.execute(_NOTE_FAILURE, {"of_event": event_id, "why": reason})


# Taking the row locks it: two consumers that hold the same event wait for each other, and the second passes it by. The event
# that is next has its place with that: what comes of it commits in the same transaction, or nothing does. What waits for a
# replay is asked by a statement of its own, after the lock: it must see what the last holder of the lock committed.
TAKE_PLACE_SQL = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION take_place(
    of_source varchar, of_key varchar, number bigint,
    OUT last bigint, OUT is_behind boolean, OUT is_put_aside boolean, OUT is_awaited boolean)
    LANGUAGE plpgsql VOLATILE AS $fn$
BEGIN
    INSERT INTO inbox AS i (source, key, last_sequence) VALUES (of_source, of_key, 0)
    ON CONFLICT (source, key) DO UPDATE SET last_sequence = i.last_sequence
    RETURNING i.last_sequence INTO last;
    IF number = last + 1 THEN
        UPDATE inbox SET last_sequence = number WHERE source = of_source AND key = of_key;
    END IF;
    SELECT coalesce(bool_or(d.sequence < number), false), coalesce(bool_or(d.sequence = number), false),
           coalesce(bool_or(d.sequence > number), false)
    INTO is_behind, is_put_aside, is_awaited
    FROM dead_letter AS d WHERE d.source = of_source AND d.key = of_key AND d.replayed_at IS NULL;
END $fn$;
END $do$"""
"""For the migration of every service."""
_TAKE_PLACE = text("SELECT * FROM take_place(:source, :key, :sequence)")


async def standing_of(work: UnitOfWork, received: Received) -> Standing:
    """Where the event stands in its case, which is locked from here on. One that is next has its place taken: it takes effect in
    this transaction, or is put aside in it."""
    values = {"source": received.source, "key": received.message.key, "sequence": received.sequence}
    place = (await work.session.execute(_TAKE_PLACE, values)).one()
    if received.sequence <= place.last:
        order = Order.TAKEN_ALREADY
    elif received.sequence > place.last + 1:
        order = Order.AFTER_A_GAP
    else:
        order = Order.BEHIND_A_DEAD_LETTER if place.is_behind else Order.NOW
    return Standing(order, place.is_put_aside, place.is_awaited)


async def next_put_aside(work: UnitOfWork, received: Received) -> Message | None:
    """The event that was put aside for want of this one, if there is one."""
    asked = {"source": received.source, "key": received.message.key, "sequence": received.sequence + 1}
    letter = await work.session.scalar(_NEXT_PUT_ASIDE, asked)
    return Message(received.message.topic, letter.key, letter.event_id, letter.value, None) if letter else None


async def resolve(work: UnitOfWork, event_id: str) -> bool:
    """Mark the event's dead letter as done with; says whether there was one that was not."""
    return await work.session.scalar(_RESOLVE, {"of_event": event_id, "now": work.now}) is not None


# ---------------------------------------------------------------- many cases at once

# In the order of their keys, so that two consumers with the same cases wait for each other and do not deadlock. A case that has
# its turn nearly always follows on what was taken, so its place is taken with the lock; one that has not gets its own back.
_TAKE_PLACES = text("""
    INSERT INTO inbox AS i (source, key, last_sequence)
    SELECT source, key, sequence
    FROM unnest(CAST(:sources AS text[]), CAST(:keys AS text[]), CAST(:sequences AS bigint[]))
         AS asked (source, key, sequence)
    ORDER BY source, key
    ON CONFLICT (source, key) DO UPDATE SET last_sequence = greatest(i.last_sequence, excluded.last_sequence)
    RETURNING source, key, coalesce(old.last_sequence, 0) AS last_sequence
""")
_GIVE_BACK = text("""
    INSERT INTO inbox (source, key, last_sequence)
    SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:keys AS text[]), CAST(:sequences AS bigint[]))
    ON CONFLICT (source, key) DO UPDATE SET last_sequence = excluded.last_sequence
""")
_WAITING_ANY = text("""
    SELECT DISTINCT source, key FROM dead_letter
    JOIN unnest(CAST(:sources AS text[]), CAST(:keys AS text[])) AS asked (source, key) USING (source, key)
    WHERE replayed_at IS NULL
""")


async def take_places(work: UnitOfWork, upto: Mapping[Case, int]) -> dict[Case, int]:
    """Lock these cases, and take the places of their events up to these; says which was the last one taken before. Those for
    which something waits for a replay are locked, and not in the answer."""
    asked = _columns(upto)
    last = {(source, key): sequence for source, key, sequence in await work.session.execute(_TAKE_PLACES, asked)}
    del asked["sequences"]
    waiting = {(source, key) for source, key in await work.session.execute(_WAITING_ANY, asked)}
    await give_back(work, {case: last.pop(case) for case in waiting})
    return last


async def give_back(work: UnitOfWork, last: Mapping[Case, int]) -> None:
    """None of the events of these cases takes effect after these; their places were taken in this transaction."""
    if last:
        await work.session.execute(_GIVE_BACK, _columns(last))


def _columns(sequences: Mapping[Case, int]) -> dict[str, list[Any]]:
    sources, keys = [source for source, _ in sequences], [key for _, key in sequences]
    return {"sources": sources, "keys": keys, "sequences": list(sequences.values())}
