"""Trouble that passes: the database, the network or a neighbour is away. It is nobody's fault who met it."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

# SQLSTATE: connection, transaction rolled back (deadlock), resources used up, operator or time limit, lock not had in time.
_PASSING_STATES = ("08", "40", "53", "57", "55P03")

NO_SERVER: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises where a server cannot be reached or does not let us in; all timeouts are OSErrors."""


def is_outage(error: BaseException) -> bool:
    """Whether the same thing, tried again later, may well succeed."""
    # Lost and refused connections and all timeouts are OSErrors. What a server says while it ends may come between any two
    # messages, and asyncpg then no longer knows where in them it is.
    if isinstance(error, OSError | PoolExhausted | asyncpg.InternalClientError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return isinstance(state, str) and state.startswith(_PASSING_STATES)
