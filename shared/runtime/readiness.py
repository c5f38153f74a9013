"""Whether a process can do its work, and if not, why not: for whoever asks `/health/ready`."""

import asyncio
import time

from shared.data.database import Database
from shared.http.peers import PeerAway
from shared.observability.logs import log
from shared.runtime.platform import Platform

TOKEN_SECONDS = 5.0
"""So long what the token issuer answered stands: probes come often, and from many."""


class Readiness:
    """Of one service, in one process. A worker needs the database, the bus and a token of its own, all the time. An API takes
    what comes into its outbox while the bus or the issuer is away; but it is not ready before it has had a token once, as what
    is wrongly configured would never open a case."""

    def __init__(self, service: str, database: Database, platform: Platform, *, is_worker: bool) -> None:
        self._database = database
        self._bus = platform.bus
        self._tokens = platform.tokens_of(service)
        self._is_worker = is_worker
        self._has_had_token = False
        self._token_trouble: str | None = None
        self._asked_at = -TOKEN_SECONDS
        self._asking = asyncio.Lock()

    async def trouble(self) -> str | None:
        """What is in the way, in a sentence; None when the process is ready."""
        try:
            async with asyncio.timeout(3):
                await self._database.ping()
        except Exception as error:
            log.warning("not ready", reason=type(error).__name__)
            return "The database does not answer."
        if self._is_worker and (trouble := self._bus.healthy):
            return trouble
        return await self._no_token()

    async def _no_token(self) -> str | None:
        if self._has_had_token and not self._is_worker:
            return None
        async with self._asking:  # who comes while the issuer is asked waits for its answer
            if time.monotonic() - self._asked_at >= TOKEN_SECONDS:
                await self._ask()
        return self._token_trouble

    async def _ask(self) -> None:
        try:
            await self._tokens.token()
            self._has_had_token, self._token_trouble = True, None
        except PeerAway as away:
            log.warning("not ready: no token for our own calls", reason=str(away))
            self._token_trouble = f"{away} See HAVN_TOKEN_URL and HAVN_SERVICE_CLIENT_SECRET."
        self._asked_at = time.monotonic()
