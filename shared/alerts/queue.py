"""Alerts to people: a row in the transaction that raised it, sent after the commit until every channel has taken it.

Nothing sensitive can be in one: a kind, ids, a time and a number. At least once: a worker that dies between sending and
noting it sends again. A channel that is away holds up neither a request nor the other channels.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

from shared.alerts.channels import Channel, ChannelRefused
from shared.data.database import Database
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.clock import SystemClock
from shared.observability.logs import error_type, log

BATCH = 20
LEASE = timedelta(seconds=60)
LONGEST_WAIT = timedelta(minutes=15)

ALERT_SQL = """
CREATE TABLE alert (
    id uuid PRIMARY KEY,
    kind varchar NOT NULL,
    case_id uuid NOT NULL,
    for_org varchar NOT NULL,
    due_at timestamptz,
    number integer NOT NULL,
    raised_at timestamptz NOT NULL,
    taken_by varchar[] NOT NULL,
    sent_at timestamptz,
    attempts integer NOT NULL,
    next_try_at timestamptz,
    last_error varchar,
    acknowledged_at timestamptz);
CREATE INDEX ix_alert_unsent ON alert (next_try_at) WHERE sent_at IS NULL;
CREATE INDEX ix_alert_raised ON alert (raised_at, id);
CREATE INDEX ix_alert_case ON alert (case_id)
"""
"""The table of a service that raises alerts, for its migration."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody has to know now. `number` counts the times that the same thing is said."""

    kind: StrEnum
    case_id: UUID
    for_org: str
    due_at: datetime | None = None
    number: int = 1


class _Base(DeclarativeBase):
    metadata = MetaData()


class RaisedAlert(_Base):
    """An alert and what has become of it. `next_try_at` and `sent_at` are of the real clock, not of the domain's."""

    __tablename__ = "alert"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    case_id: Mapped[UUID]
    for_org: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    number: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    taken_by: Mapped[list[str]] = mapped_column(ARRAY(String))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column()
    next_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def table_in(metadata: MetaData) -> Table:
    """The alert table among a service's own."""
    return _Base.metadata.tables["alert"].to_metadata(metadata)


def raise_alert(work: UnitOfWork, alert: Alert) -> None:
    """Alert people, if and when this transaction commits."""
    row = RaisedAlert(id=uuid7(), **asdict(alert), raised_at=work.now, taken_by=[], attempts=0)
    work.session.add(row)
    work.alerts.append(row.id)


# ---------------------------------------------------------------- sending

# Taken under a lease, not under a lock: while a channel is slow nobody waits for the row, and a worker that dies
# meanwhile leaves it to the next one.
_TAKE = text("""
    UPDATE alert SET next_try_at = :lease, attempts = attempts + 1
    WHERE id IN (SELECT id FROM alert WHERE sent_at IS NULL AND (next_try_at IS NULL OR next_try_at <= :now)
                 ORDER BY raised_at, id LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, case_id, for_org, due_at, number, raised_at, taken_by, attempts
""")
_NOTE = text("""
    UPDATE alert SET taken_by = taken_by || CAST(:taken AS varchar[]), last_error = CAST(:error AS varchar),
                     next_try_at = :next_try_at, sent_at = :sent_at
    WHERE id = :id
""")


class AlertSender:
    """Sends one service's alerts to the configured channels."""

    def __init__(
        self,
        service: str,
        database: Database,
        channels: Sequence[Channel],
        *,
        poll_seconds: float,
        retry_seconds: float,
    ) -> None:
        self._actor = Actor.system(service)
        self._database = database
        self._channels = channels
        self._poll_seconds = poll_seconds
        self._retry = timedelta(seconds=retry_seconds)
        self._clock = SystemClock()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to send; without this the next poll finds it."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. Trouble is logged and tried again; the alerts stay where they are."""
        while True:
            self._wake.clear()
            try:
                while await self.send_pending():
                    pass
            except Exception as error:
                log.warning("alerts wait", reason=type(error).__name__)
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def send_pending(self) -> int:
        """One pass over what is to be sent now; says how many alerts that were."""
        now = self._clock.now()
        async with self._database.transaction(self._actor) as work:
            taken = (await work.session.execute(_TAKE, {"lease": now + LEASE, "now": now, "batch": BATCH})).all()
        await asyncio.gather(*(self._send(row) for row in taken))
        return len(taken)

    async def _send(self, row: Any) -> None:
        waiting = [channel for channel in self._channels if channel.name not in row.taken_by]
        message = _message(row)
        found = await asyncio.gather(*(channel.send(message) for channel in waiting), return_exceptions=True)
        errors = [error for error in found if isinstance(error, BaseException)]
        for channel, error in zip(waiting, found, strict=True):
            if isinstance(error, BaseException):
                log.warning("alert not taken", kind=row.kind, resource=channel.name, reason=_code_of(error))
        now = self._clock.now()
        wait = min(self._retry * 2 ** min(row.attempts, 20), LONGEST_WAIT)
        values = {
            "id": row.id,
            "taken": [
                channel.name
                for channel, error in zip(waiting, found, strict=True)
                if not isinstance(error, BaseException)
            ],
            "error": _code_of(errors[0]) if errors else None,
            "next_try_at": now + wait if errors else None,
            "sent_at": None if errors else now,
        }
        async with self._database.transaction(self._actor) as work:
            await work.session.execute(_NOTE, values)


def _message(row: Any) -> dict[str, Any]:
    return {
        "alert_id": str(row.id),
        "kind": str(row.kind),
        "case_id": str(row.case_id),
        "for_org": row.for_org,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "number": row.number,
        "raised_at": row.raised_at.isoformat(),
    }


def _code_of(error: BaseException) -> str:
    """What went wrong, without a word that the other side chose."""
    return str(error) if isinstance(error, ChannelRefused) else error_type(error)
