"""The events of a service: their history, and the queue of those that the relay has still to send."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.plumbing import PlumbingTable
from shared.data.unit_of_work import UnitOfWork


class RecordedEvent(PlumbingTable):
    """The history: one row for each event this service ever recorded, in order. Never changed, never deleted."""

    __tablename__ = "event_history"
    __table_args__ = (UniqueConstraint("key", "sequence"),)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(server_default=text("uuidv7()"), unique=True)
    key: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_org: Mapped[str]
    traceparent: Mapped[str | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)


class QueuedEvent(PlumbingTable):
    """What is still to be sent."""

    __tablename__ = "outbox"
    position: Mapped[int] = mapped_column(ForeignKey("event_history.position"), primary_key=True, autoincrement=False)


class EventSequence(PlumbingTable):
    """The last sequence number of each case; its row lock keeps a case's events in commit order."""

    __tablename__ = "event_sequence"
    key: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


# Cases are counted up in the order of their keys: two transactions that touch the same ones wait for each other instead of
# deadlocking. The sort before `kept` needs every count, so a position is drawn only after the case's row is locked:
# within a case, positions are in commit order. It runs with the owner's rights: whoever makes something true records it, also
# where that ends its own part in the case, and sees of history and numbers no more than its part gives.
RECORD_SQL = """DO $do$ BEGIN
CREATE FUNCTION record_events(events jsonb, trace varchar) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF havn_org() IS NULL THEN
        RAISE EXCEPTION 'Nobody records nothing.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH recorded AS (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(events)
                                 AS (key text, step bigint, type text, occurred_at timestamptz, payload jsonb))
                 WITH ORDINALITY AS e (key, step, type, occurred_at, payload, nr)),
    counts AS (SELECT key, count(*) AS n FROM recorded GROUP BY key),
    counted AS (
        INSERT INTO event_sequence AS s (key, last) SELECT key, n FROM counts ORDER BY key
        ON CONFLICT (key) DO UPDATE SET last = s.last + excluded.last RETURNING s.key, s.last),
    kept AS (
        INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, traceparent, payload)
        SELECT key, counted.last - counts.n + recorded.step, type, occurred_at, havn_org(), trace, payload
        FROM recorded JOIN counted USING (key) JOIN counts USING (key) ORDER BY recorded.nr RETURNING position)
    INSERT INTO outbox (position) SELECT position FROM kept;
END $fn$;
END $do$"""
"""For the migration of every service."""


def lines(work: UnitOfWork) -> list[dict[str, Any]]:
    """What was recorded, in order, as JSON has it (`end_work` writes it); of each case counted from 1."""
    if not work.events:
        return []
    steps: Counter[str] = Counter()
    rows = []
    for event in work.events:
        steps[event.key] += 1
        rows.append(
            {
                "key": event.key,
                "step": steps[event.key],
                "type": event.type,
                "occurred_at": event.occurred_at.isoformat(),
                "payload": event.model_dump(mode="json"),
            }
        )
    return rows
