"""Alerts reach every configured channel at least once, tell nothing sensitive, and hold nobody up."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import URL, make_url, select, text
from structlog.testing import capture_logs

from shared.alerts.channels import Channel, ChannelInvalid, ChannelRefused, channels_of
from shared.alerts.queue import Alert, AlertSender, RaisedAlert, raise_alert
from shared.contract.codes import DeadlineKind
from shared.data.database import Database, runtime_password, service_url
from shared.data.keys import key_provider
from shared.data.migrations import migrate
from shared.dev.clock import DevelopmentClock
from shared.dev.development import Development
from shared.identity.actor import Actor
from shared.kernel.clock import SystemClock
from shared.kernel.settings import Settings
from shared.runtime.platform import ConfigurationRefused, make_platform
from tests.contracts.served import free_port

NIGHT = datetime(2026, 6, 20, 21, 30, tzinfo=UTC)
CASE = UUID("00000000-0000-4000-8000-000000000001")
ON_CALL = Alert(DeadlineKind.ON_CALL, CASE, "cmm", due_at=NIGHT + timedelta(hours=72), number=2)
ITSELF = Actor.system("identification")


@dataclass
class Deaf:
    """A channel that refuses so many alerts, and keeps what it takes."""

    name: str = "deaf"
    refusals: int = 10**6
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, alert: Any) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise ChannelRefused("HTTP 503")
        self.taken.append(dict(alert))


@pytest.fixture(scope="session")
async def alerts_url(databases: str, settings: Settings) -> URL:
    """A database of identification in which nobody works."""
    server = make_url(databases).set(database="alarmed").render_as_string(hide_password=False)
    password = runtime_password(settings, key_provider(settings).ring())
    await migrate(server, "identification", role_password=password)
    return service_url(server, "identification", role_password=password)


@pytest.fixture
async def database(alerts_url: URL, settings: Settings) -> AsyncIterator[Database]:
    clock = DevelopmentClock()
    clock.set(NIGHT)
    found = Database(alerts_url, ring=key_provider(settings).ring(), clock=clock, pool_size=4)
    async with found.transaction(ITSELF) as work:
        await work.session.execute(text("UPDATE alert SET sent_at = now()"))
    yield found
    await found.close()


@pytest.fixture
def webhook() -> Iterator[ThreadingHTTPServer]:
    """A real HTTP server that keeps what is posted; `answers` says how it answers next."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.taken.append((self.path, self.headers["idempotency-key"], json.loads(body)))  # type: ignore[attr-defined]
            self.send_response(server.answers.pop(0) if server.answers else 204)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.answers = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Mailbox:
    """A real SMTP server's handler that keeps the mails."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def post_office() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}?to=oncall@cmm.example&to=chief@cmm.example&from=havn@cmm.example"
    controller.stop()


class NeverAsked:
    """A mail server without TLS that would take any password, and notes that it was sent one."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, _server: Any, _session: Any, _envelope: Any, mechanism: str, _data: Any) -> AuthResult:
        self.heard.append(mechanism)
        return AuthResult(success=True)


async def test_a_password_is_never_sent_to_a_mail_server_in_the_open() -> None:
    asked, box, port = NeverAsked(), Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, authenticator=asked, auth_require_tls=False)
    controller.start()
    try:
        address = f"127.0.0.1:{port}?to=oncall@cmm.example&from=havn@cmm.example"
        (secret,), (open_,) = channels_of(f"smtp://user:secret@{address}"), channels_of(f"smtp://{address}")
        alert = {"kind": "on_call", "number": 1, "alert_id": "1"}
        with pytest.raises(ChannelRefused, match="offers no TLS"):
            await secret.send(alert)
        assert (asked.heard, box.mails) == ([], [])
        await open_.send(alert)
        assert len(box.mails) == 1
    finally:
        controller.stop()


def sender(database: Database, *channels: Channel, retry_seconds: float = 0.0) -> AlertSender:
    return AlertSender("identification", database, channels, poll_seconds=60, retry_seconds=retry_seconds)


async def raised(database: Database, *alerts: Alert) -> None:
    async with database.transaction(ITSELF) as work:
        for alert in alerts or (ON_CALL,):
            raise_alert(work, alert)


async def rows(database: Database) -> list[RaisedAlert]:
    async with database.transaction(ITSELF) as work:
        newest = select(RaisedAlert).where(RaisedAlert.raised_at == NIGHT).order_by(RaisedAlert.next_try_at)
        return [row for row in await work.session.scalars(newest) if row.sent_at is None]


async def test_a_webhook_gets_the_alert_as_json_and_nothing_sensitive(
    database: Database, webhook: ThreadingHTTPServer
) -> None:
    await raised(database)
    (channel,) = channels_of(f"http://127.0.0.1:{webhook.server_port}/hooks/secret-token")
    assert await sender(database, channel).send_pending() == 1
    ((path, key, told),) = webhook.taken  # type: ignore[attr-defined]
    assert path == "/hooks/secret-token"
    assert told == {
        "alert_id": key,
        "kind": "on_call",
        "case_id": str(CASE),
        "for_org": "cmm",
        "due_at": "2026-06-23T21:30:00+00:00",
        "number": 2,
        "raised_at": "2026-06-20T21:30:00+00:00",
    }
    assert "secret-token" not in channel.name
    assert await sender(database, channel).send_pending() == 0, "once is enough when it was taken"


async def test_a_mail_gets_through_to_everybody_named(database: Database, post_office: tuple[Mailbox, str]) -> None:
    box, address = post_office
    await raised(database)
    await sender(database, *channels_of(address)).send_pending()
    ((sent_by, sent_to, mail),) = box.mails
    assert (sent_by, sent_to) == ("havn@cmm.example", ["oncall@cmm.example", "chief@cmm.example"])
    assert "Subject: Havn: on call (2)" in mail
    assert str(CASE) in mail
    assert await rows(database) == []


async def test_the_log_is_a_channel_too(database: Database) -> None:
    await raised(database)
    with capture_logs() as lines:
        await sender(database, *channels_of("log:")).send_pending()
    (line,) = [each for each in lines if each["event"] == "alert"]
    assert (line["kind"], line["case_id"], line["count"], line["log_level"]) == ("on_call", str(CASE), 2, "warning")


async def test_a_dead_channel_stops_no_other_and_is_tried_until_it_answers(
    database: Database, webhook: ThreadingHTTPServer
) -> None:
    await raised(database)
    deaf = Deaf(refusals=2)
    (channel,) = channels_of(f"http://127.0.0.1:{webhook.server_port}/")
    alerting = sender(database, deaf, channel)
    await alerting.send_pending()
    (waiting,) = await rows(database)
    assert (waiting.attempts, waiting.last_error, waiting.taken_by) == (1, "HTTP 503", [channel.name])
    for _ in range(2):
        assert await alerting.send_pending() == 1
    assert len(deaf.taken) == 1
    assert len(webhook.taken) == 1, "who has taken it is not told again"  # type: ignore[attr-defined]
    assert await rows(database) == []


async def test_an_answer_that_is_no_success_is_no_receipt(database: Database, webhook: ThreadingHTTPServer) -> None:
    webhook.answers += [500, 302]  # type: ignore[attr-defined]
    await raised(database)
    alerting = sender(database, *channels_of(f"http://127.0.0.1:{webhook.server_port}/"))
    for said in ("HTTP 500", "HTTP 302"):
        await alerting.send_pending()
        (waiting,) = await rows(database)
        assert waiting.last_error == said
    await alerting.send_pending()
    assert await rows(database) == []


async def test_a_channel_that_cannot_be_reached_is_told_by_its_kind_of_trouble_alone(database: Database) -> None:
    await raised(database)
    dead = channels_of("http://127.0.0.1:9/secret,smtp://127.0.0.1:9?to=a@b.example&from=c@d.example")
    await sender(database, *dead).send_pending()
    (waiting,) = await rows(database)
    assert (waiting.taken_by, waiting.last_error) == ([], "httpx.ConnectError")


async def test_the_pause_between_tries_grows_and_ends_somewhere(database: Database) -> None:
    await raised(database)
    alerting = sender(database, Deaf(), retry_seconds=10)
    pauses = []
    for _ in range(9):
        before = SystemClock().now()
        assert await alerting.send_pending() == 1
        assert await alerting.send_pending() == 0, "not before its time"
        (waiting,) = await rows(database)
        assert waiting.next_try_at
        pauses.append(round((waiting.next_try_at - before).total_seconds() / 10))
        async with database.transaction(ITSELF) as work:
            await work.session.execute(text("UPDATE alert SET next_try_at = now() WHERE sent_at IS NULL"))
    assert pauses == [2, 4, 8, 16, 32, 64, 90, 90, 90]


async def test_an_alert_that_was_rolled_back_was_never_raised(database: Database) -> None:
    class Failure(Exception):
        pass

    async def fail() -> None:
        async with database.transaction(ITSELF) as work:
            raise_alert(work, ON_CALL)
            await work.session.flush()
            raise Failure

    with pytest.raises(Failure):
        await fail()
    assert await rows(database) == []


async def test_two_senders_never_send_the_same_alert_side_by_side(database: Database) -> None:
    await raised(database, *(Alert(DeadlineKind.CUSTODY, uuid4(), "cmm") for _ in range(50)))
    channel = Deaf(refusals=0)
    senders = [sender(database, channel) for _ in range(4)]

    async def all_of_them(alerting: AlertSender) -> None:
        while await alerting.send_pending():
            pass

    await asyncio.gather(*map(all_of_them, senders))
    told = [alert["alert_id"] for alert in channel.taken]
    assert (len(told), len(set(told))) == (50, 50)


async def test_what_a_dead_worker_had_taken_is_sent_by_the_next(database: Database) -> None:
    await raised(database)

    class Dies:
        name = "dies"

        async def send(self, alert: Any) -> None:
            await asyncio.sleep(60)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(sender(database, Dies()).send_pending())
        await asyncio.sleep(0.2)
        task.cancel()
    channel = Deaf(refusals=0)
    assert await sender(database, channel).send_pending() == 0, "its lease still runs"
    async with database.transaction(ITSELF) as work:
        await work.session.execute(text("UPDATE alert SET next_try_at = now() - interval '1 s' WHERE sent_at IS NULL"))
    assert await sender(database, channel).send_pending() == 1
    assert len(channel.taken) == 1


async def test_a_sender_at_work_sends_when_it_is_woken(database: Database) -> None:
    channel = Deaf(refusals=0)
    alerting = sender(database, channel)
    task = asyncio.create_task(alerting.run())
    await asyncio.sleep(0.1)
    await raised(database)
    alerting.wake()
    async with asyncio.timeout(10):
        while not channel.taken:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_sends_alerts_is_woken_by_an_alert_that_is_committed(database: Database) -> None:
    """And by nothing else: to look whether there is one costs as much as a small request."""
    seen: list[int] = []
    database.on_commit = lambda work: seen.append(len(work.alerts))
    await raised(database, ON_CALL, ON_CALL)
    async with database.transaction(ITSELF) as work:
        raise_alert(work, ON_CALL)
        work.forget()
    assert seen == [2]


async def test_a_sender_outlives_a_database_that_is_away(settings: Settings) -> None:
    nowhere = Database(
        make_url("postgresql+asyncpg://a:b@127.0.0.1:9/c"), ring=key_provider(settings).ring(), clock=SystemClock()
    )
    with capture_logs() as lines:
        task = asyncio.create_task(sender(nowhere).run())
        async with asyncio.timeout(10):
            while not lines:
                await asyncio.sleep(0.01)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert lines[0]["event"] == "alerts wait"


@pytest.mark.parametrize(
    ("configured", "why"),
    [
        ("pigeon://roof", "number 1 cannot be used: it starts with log:, https:// or smtp://"),
        ("log:,http://example.org/hook", "number 2 cannot be used: a webhook is https://HOST/..."),
        ("https:///hook", "a webhook is https://HOST/..."),
        ("smtp://mail.example:25", "a mail channel is smtp://HOST:PORT"),
        ("smtp://mail.example:25?to=nobody&from=a@b.example", "a mail channel is"),
        ("smtp://mail.example:25?to=a@b.example", "a mail channel is"),
        ("smtp://mail.example:port?to=a@b.example&from=a@b.example", "it is no address"),
        ("https://[::1/hook", "it is no address"),
    ],
)
def test_a_channel_that_cannot_work_is_one_sentence_at_the_start(
    configured: str, why: str, settings: Settings, server_url: str
) -> None:
    with pytest.raises(ChannelInvalid) as refused:
        channels_of(configured)
    assert why in str(refused.value)
    wrong = settings.model_copy(update={"alerts": type(settings.alerts)(configured)})
    with pytest.raises(ConfigurationRefused, match=r"^HAVN_ALERTS: The alert channel number"):
        make_platform(
            wrong,
            server_url=server_url,
            client_id="havn-identification",
            development=Development(wrong, {}),
        )


def test_several_channels_stand_side_by_side_and_none_is_allowed() -> None:
    several = channels_of(
        " log: , https://hooks.example/a?b=c , smtps://u:p@mail.example?to=a@b.example&from=c@d.example,"
    )
    assert [channel.name.split(":")[0] for channel in several] == ["log", "https", "smtps"]
    assert len({channel.name for channel in channels_of("https://a.example/1,https://a.example/2")}) == 2
    assert "u:p" not in several[2].name
    assert channels_of("") == ()
