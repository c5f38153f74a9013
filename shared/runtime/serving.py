"""Listening and answering: the port for partners, and the one for those who operate Havn."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from types import EllipsisType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contract.as_given import Checks
from shared.http.server import server_config
from shared.kernel.settings import Settings
from shared.runtime.tls import OwnCertificate

LAST_CALL_SECONDS = 2
"""For how long whoever keeps a connection open is still answered, and hears that it closes, before those that are idle are
closed: a request that is sent at that instant would be lost on its way."""
GRACE_SECONDS = 5
"""For how long a request that is under way may go on then."""
_LOOK_SECONDS = 0.05


class PortTaken(Exception):
    """We cannot listen at our port; mostly because something else does."""


def take_port(settings: Settings) -> socket.socket:
    """The listening socket, before anything else is touched; PortTaken when somebody has the port."""
    return _listener(settings.host, settings.port, "HAVN_HOST", "HAVN_PORT")


def take_operations_port(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """The socket for health, metrics and OpenAPI; None where they have no port of their own. Raises PortTaken."""
    return nullcontext() if settings.operations is None else take_only_port(settings)


def take_only_port(settings: Settings) -> socket.socket:
    """The socket of a process that has nothing to answer but for operations. Raises PortTaken."""
    if settings.operations is None:
        return take_port(settings)
    return _listener(settings.operations_host, settings.operations, "HAVN_OPERATIONS_HOST", "HAVN_OPERATIONS_PORT")


def _listener(host: str, port: int, host_setting: str, port_setting: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            sentence = f"Port {port} is taken ({error.strerror}); stop what uses it or set {port_setting} to another."
        else:
            place = f"{host}, port {port}"
            sentence = f"Havn cannot listen at {place} ({error.strerror}); mend {host_setting} or {port_setting}."
        raise PortTaken(sentence) from None
    return listener


class LastCall:
    """Answers as the application does; once `is_ending`, with `Connection: close`, so that who asks next connects anew: to
    another process of Havn, where there is one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _closing(send) if self.is_ending else send)


def _closing(send: Send) -> Send:
    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return send_last


async def serve(
    app: ASGIApp,
    settings: Settings,
    listener: socket.socket,
    *,
    ready: Callable[[], None],
    operations: tuple[ASGIApp, socket.socket] | None = None,
    certificate: OwnCertificate | None = None,
    hosts: Collection[str] | EllipsisType | None = ...,
) -> None:
    """Answer until SIGINT or SIGTERM; then let what is under way finish, and whoever keeps a connection open connect anew.

    `hosts` are the names that are answered to, the settings' own where it is left out, any where it is None; `operations`, at
    its own port, answers to any, and without TLS."""
    Checks.are_on = False  # that they are as the contract says is what tests see to
    names = settings.hosts if isinstance(hosts, EllipsisType) else hosts
    last_call = LastCall(app)
    servers = [(_server(last_call, listener, names, certificate), listener)]
    if operations:
        servers.append((_server(*operations, None), operations[1]))

    asked_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    # Not `serve`: it takes the signals for itself and ends the process before the workers have ended in order.
    serving = [asyncio.create_task(server._serve([socket])) for server, socket in servers]  # noqa: SLF001
    while not all(server.started for server, _ in servers) and not any(task.done() for task in serving):
        await asyncio.sleep(0.01)
    if not any(task.done() for task in serving):
        # What the start has made stays until the end: the collector need not look at it, nor take it apart on the way out.
        gc.freeze()
        ready()
    beside = [asyncio.create_task(_end(asked_to_end, last_call, [server for server, _ in servers]))]
    if certificate:
        beside.append(asyncio.create_task(certificate.keep_fresh()))
    try:
        await asyncio.gather(*serving)
    finally:
        for task in beside:
            task.cancel()


async def _end(asked_to_end: asyncio.Event, last_call: LastCall, servers: Sequence[uvicorn.Server]) -> None:
    """When asked to, end the servers as soon as nobody keeps a connection to the first, or after the last call."""
    await asked_to_end.wait()
    last_call.is_ending = True
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_CALL_SECONDS):
            while servers[0].server_state.connections:
                await asyncio.sleep(_LOOK_SECONDS)
    for server in servers:
        server.should_exit = True


def _server(
    app: ASGIApp, listener: socket.socket, hosts: Collection[str] | None, certificate: OwnCertificate | None = None
) -> uvicorn.Server:
    host, port = listener.getsockname()[:2]
    tls = {"ssl_context_factory": lambda _config, _default: certificate.context} if certificate else {}
    return uvicorn.Server(
        server_config(app, host=host, port=port, allowed_hosts=hosts, timeout_graceful_shutdown=GRACE_SECONDS, **tls)
    )
