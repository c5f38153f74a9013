"""A service that does not answer, as another one meets it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from shared.http.peers import Peers
from tests.world import World


@asynccontextmanager
async def away_from(havn: World, asking: str, service: str) -> AsyncIterator[None]:
    """Until the block ends nobody answers where `asking` looks for the service."""
    state, platform = havn.application.asgi.apps[asking].state, havn.application.platform
    nowhere = platform.settings.model_copy(update={"service_urls": {service: "http://127.0.0.1:9"}})
    before = state.peers
    async with httpx.AsyncClient() as far:
        state.peers = Peers(nowhere, platform.tokens_of(asking), _Partly(platform.neighbours, far))
        try:
            yield
        finally:
            state.peers = before


class _Partly(httpx.AsyncClient):
    """Reaches the services of this process, and over the network the one that has an address of its own."""

    def __init__(self, near: httpx.AsyncClient, far: httpx.AsyncClient) -> None:
        super().__init__()
        self._near, self._far = near, far

    async def get(self, url: Any, **options: Any) -> httpx.Response:
        client = self._far if str(url).startswith("http://127.0.0.1:9/") else self._near
        return await client.get(url, **options)
