"""A whole Havn at a loopback port, in a thread with an event loop of its own: for tools that call from outside.

Our pools belong to the loop they were made on, so that a tool that calls the application directly, on loops of its own,
would tear them apart. Over HTTP it also meets the protocol that partners meet."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from sqlalchemy import make_url

from shared.dev.development import Development
from shared.http.server import server_config
from shared.kernel.settings import Settings
from shared.messaging.messages import Bus
from shared.runtime.running import Application, migrate_all, open_application
from shared.runtime.service import Service
from tests.world import ORGANISATIONS

READY_SECONDS = 60


@contextmanager
def served(
    services: Sequence[Service], settings: Settings, server_url: str, *, database: str, bus: Bus | None = None
) -> Iterator[Application]:
    """The application, answering at `settings.origin` until the block ends, on databases of its own named after `database`, and
    on that bus; without one on that of the settings."""
    own = make_url(server_url).set(database=database).render_as_string(hide_password=False)
    # The protocol by name: only then does asyncio send at once (TCP_NODELAY); otherwise every answer waits 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
        thread = _Serving(services, settings, own, listener, bus)
        thread.start()
        try:
            yield thread.wait()
        finally:
            thread.stop()


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


class _Serving(threading.Thread):
    def __init__(
        self,
        services: Sequence[Service],
        settings: Settings,
        server_url: str,
        listener: socket.socket,
        bus: Bus | None,
    ) -> None:
        super().__init__(name="havn", daemon=True)
        self._services = services
        self._settings = settings
        self._server_url = server_url
        self._listener = listener
        self._bus = bus
        self._is_ready = threading.Event()
        self._application: Application | None = None
        self._server: uvicorn.Server | None = None
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._is_ready.set()

    def wait(self) -> Application:
        assert self._is_ready.wait(READY_SECONDS), "Havn did not start in time."
        assert self._application, f"Havn did not start: {self._failure!r}"
        return self._application

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True
        self.join(READY_SECONDS)
        assert self._failure is None, repr(self._failure)

    async def _serve(self) -> None:
        await migrate_all([service.name for service in self._services], self._settings, self._server_url)
        development = Development(self._settings, ORGANISATIONS)
        async with open_application(
            self._services, self._settings, self._server_url, development=development, bus=self._bus
        ) as application:
            config = server_config(
                application.asgi, host=self._settings.host, port=self._settings.port, timeout_graceful_shutdown=2
            )
            self._server = uvicorn.Server(config)
            serving = asyncio.create_task(self._server.serve([self._listener]))
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.01)
            self._application = application
            self._is_ready.set()
            await serving
