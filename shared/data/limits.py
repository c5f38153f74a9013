"""What clients have asked, counted for several processes at once: two tables that a crash may empty.

A statement of its own, outside every request's transaction: what was asked stays asked, whatever becomes of the request.
"""

import time
from datetime import datetime
from typing import Any

from sqlalchemy import URL, DateTime, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.data.database import make_engine
from shared.data.plumbing import PlumbingTable
from shared.data.row_security import guarded


class ClientRate(PlumbingTable):
    """When a client's rate is unused again."""

    __tablename__ = "client_rate"
    client: Mapped[str] = mapped_column(primary_key=True)
    pool: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ClientMiss(PlumbingTable):
    """What a client asked for and may not see, as a hash, and when."""

    __tablename__ = "client_miss"
    client: Mapped[str] = mapped_column(primary_key=True)
    asked: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_TABLES = """
CREATE UNLOGGED TABLE client_rate (
    client varchar NOT NULL, pool varchar NOT NULL, full_at timestamptz NOT NULL, PRIMARY KEY (client, pool));
CREATE UNLOGGED TABLE client_miss (
    client varchar NOT NULL, asked bytea NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (client, asked));
"""


def tables() -> list[str]:
    """The statements that make them."""
    itself = "havn_org() = 'havn'"
    return [
        _TABLES,
        *guarded("client_rate", "SELECT, INSERT, UPDATE", visible=itself, writable=itself),
        *guarded("client_miss", "SELECT, INSERT, DELETE", visible=itself, writable=itself),
    ]


# One more is taken where it fits into the burst; what was filled before says whether it did.
_TAKE = text("""
    INSERT INTO client_rate AS r (client, pool, full_at)
    VALUES (:client, :pool, now() + make_interval(secs => :each))
    ON CONFLICT (client, pool) DO UPDATE SET full_at =
        CASE WHEN greatest(r.full_at, now()) + make_interval(secs => :each) <= now() + make_interval(secs => :whole)
             THEN greatest(r.full_at, now()) + make_interval(secs => :each) ELSE r.full_at END
    RETURNING coalesce(extract(epoch FROM greatest(old.full_at, now()) - now()), 0)::float AS used
""")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:client, 0))")
_MISS = text("""
    WITH forgotten AS (DELETE FROM client_miss WHERE client = :client AND at <= now() - make_interval(secs => :hour)),
         known AS (SELECT asked, at FROM client_miss WHERE client = :client AND at > now() - make_interval(secs => :hour)),
         added AS (INSERT INTO client_miss (client, asked, at) SELECT :client, :asked, now()
                   WHERE (SELECT count(*) FROM known) < :budget AND NOT EXISTS (SELECT FROM known WHERE asked = :asked)
                   ON CONFLICT DO NOTHING RETURNING 1)
    SELECT (SELECT count(*) FROM known) + (SELECT count(*) FROM added) AS used,
           EXISTS (SELECT FROM added) OR EXISTS (SELECT FROM known WHERE asked = :asked) AS is_known,
           coalesce(extract(epoch FROM (SELECT min(at) FROM known) - now()), 0)::float + :hour AS seconds
""")


class StoredCounts:
    """Counts in a service's own database, for all processes that serve it."""

    def __init__(self, url: URL) -> None:
        # A connection that is lost with a count on it costs a count: nothing here waits for the disk.
        settings = {"application_name": "havn limits", "havn.org": "havn", "synchronous_commit": "off"}
        connecting: dict[str, Any] = {"timeout": 5, "command_timeout": 5, "server_settings": settings}
        self._engine = make_engine(url, connecting=connecting, pool_size=2, max_overflow=2, pool_timeout=1)
        self._at_once = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._refused_until: dict[tuple[str, str], float] = {}

    async def used(self, client: str, pool: str, *, per_second: float, burst: int) -> float:
        """Take one, if it fits; for how many seconds the rate was filled before."""
        # Who was refused is refused here until there is room again: a flood does not reach the database.
        until = self._refused_until.get((client, pool), 0.0)
        if (left := until - time.monotonic()) > 0:
            return left + (burst - 1) / per_second
        values = {"client": client, "pool": pool, "each": 1 / per_second, "whole": burst / per_second}
        async with self._at_once.connect() as connection:
            used = float((await connection.execute(_TAKE, values)).scalar_one())
        if (too_much := used - (burst - 1) / per_second) > 0:
            self._refused_until[client, pool] = time.monotonic() + too_much
        else:
            self._refused_until.pop((client, pool), None)
        return used

    async def missed(self, client: str, asked: bytes, *, budget: int, seconds: float) -> tuple[int, bool, float]:
        """Note what was asked for, if the budget allows: how many there are now, whether this is one of them, and for how long
        the first of them counts yet."""
        values = {"client": client, "asked": asked, "budget": budget, "hour": seconds}
        async with self._engine.begin() as connection:
            await connection.execute(_ALONE, {"client": client})
            row = (await connection.execute(_MISS, values)).one()
        return row.used, row.is_known, row.seconds

    async def close(self) -> None:
        await self._engine.dispose()
