"""Who keeps a connection open while Havn ends is answered, and hears that the connection closes."""

import asyncio
import os
import signal
import time

import httpx
from starlette.types import Receive, Scope, Send

from shared.contract.as_given import Checks
from shared.kernel.settings import Settings
from shared.runtime.serving import LAST_CALL_SECONDS, serve, take_port
from tests.contracts.served import free_port


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await asyncio.sleep(0.2 if scope["path"] == "/slow" else 0)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def start(settings: Settings) -> "asyncio.Task[None]":
    ready = asyncio.Event()
    serving = asyncio.create_task(serve(answer, settings, take_port(settings), ready=ready.set))
    await asyncio.wait_for(ready.wait(), 10)
    return serving


async def test_a_connection_that_is_kept_is_answered_once_more_and_closed_and_so_is_what_is_under_way() -> None:
    settings = Settings(port=free_port())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as kept:
        serving = await start(settings)
        assert "connection" not in (await kept.get("/")).headers
        slow = asyncio.create_task(kept.get("/slow"))
        await asyncio.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.02)
        last = await kept.get("/")
        assert (last.status_code, last.headers["connection"]) == (200, "close")
        assert (await slow).status_code == 200
        await asyncio.wait_for(serving, 10)


async def test_nobody_who_keeps_a_connection_in_silence_holds_the_end_up() -> None:
    settings = Settings(port=free_port())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as silent:
        serving = await start(settings)
        assert (await silent.get("/")).status_code == 200
        started = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 10)
        assert time.monotonic() - started >= LAST_CALL_SECONDS / 2


async def test_where_nobody_is_connected_the_end_comes_at_once() -> None:
    serving = await start(Settings(port=free_port()))
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, LAST_CALL_SECONDS)


async def test_who_serves_checks_no_answers() -> None:
    assert Checks.are_on, "as in every test"
    serving = await start(Settings(port=free_port()))
    try:
        assert not Checks.are_on
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 10)
