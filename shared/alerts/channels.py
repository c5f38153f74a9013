"""The ways by which an alert reaches people: a line in the log, a webhook, a mail. `HAVN_ALERTS` lists them."""

import asyncio
import hashlib
import json
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import httpx

from shared.observability.logs import log

SECONDS: Final = 10.0
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MAIL_PORTS: Final = {"smtp": 25, "smtps": 465}


class ChannelInvalid(ValueError):
    """A channel that `HAVN_ALERTS` names cannot be used; the sentence says why, and never repeats what was written."""


class ChannelRefused(Exception):
    """The channel answered, and has not taken the alert."""


class Channel(Protocol):
    """A way to people. `name` tells channels apart and holds no secret."""

    @property
    def name(self) -> str: ...

    async def send(self, alert: Mapping[str, Any]) -> None:
        """Raises when the alert was not taken."""


class LogChannel:
    """A warning in the log, where somebody's monitoring finds it."""

    name = "log"

    async def send(self, alert: Mapping[str, Any]) -> None:
        log.warning("alert", kind=alert["kind"], case_id=alert["case_id"], count=alert["number"])


class WebhookChannel:
    """The alert as JSON, posted. Whoever sees the same `alert_id` twice passes the second by."""

    def __init__(self, url: SplitResult) -> None:
        if not url.hostname or (url.scheme == "http" and url.hostname not in LOOPBACK):
            raise ChannelInvalid("a webhook is https://HOST/... (http only on this machine)")
        self.name = _name_of(url)
        self._url = url.geturl()

    async def send(self, alert: Mapping[str, Any]) -> None:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            answer = await client.post(self._url, json=dict(alert), headers={"idempotency-key": str(alert["alert_id"])})
        if not answer.is_success:
            raise ChannelRefused(f"HTTP {answer.status_code}")


class MailChannel:
    """A short mail: smtp://[USER:PASSWORD@]HOST[:PORT]?to=...&from=...; smtps:// where TLS comes before the first word.

    Who logs in does so under TLS or not at all: whoever can strip STARTTLS from an answer would be given the password."""

    def __init__(self, url: SplitResult) -> None:
        asked = parse_qs(url.query)
        self._to, self._from = asked.get("to", []), asked.get("from", [""])[0]
        if not url.hostname or not self._to or not all(map(_is_address, (*self._to, self._from))):
            raise ChannelInvalid("a mail channel is smtp://HOST:PORT?to=ADDRESS&from=ADDRESS")
        self.name = _name_of(url)
        self._url = url

    async def send(self, alert: Mapping[str, Any]) -> None:
        await asyncio.to_thread(self._send, self._message(alert))

    def _message(self, alert: Mapping[str, Any]) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"Havn: {alert['kind'].replace('_', ' ')} ({alert['number']})"
        message["From"], message["To"] = self._from, ", ".join(self._to)
        message["Date"], message["Message-ID"] = formatdate(), f"<{alert['alert_id']}@havn>"
        # Nothing but codes, ids and times: whoever may know more finds it in Havn.
        message.set_content(json.dumps(dict(alert), indent=2) + "\n")
        return message

    def _send(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        host, port = str(self._url.hostname), self._url.port or MAIL_PORTS[self._url.scheme]
        with (
            smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
            if self._url.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=SECONDS)
        ) as server:
            server.ehlo()
            if self._url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif self._url.scheme == "smtp" and self._url.username:
                raise ChannelRefused("the mail server offers no TLS, and a password is never sent without")
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.send_message(message)


def channels_of(configured: str) -> tuple[Channel, ...]:
    """The channels of a comma-separated list of addresses; ChannelInvalid, with a sentence, when one cannot be used."""
    return tuple(_channel(number, address) for number, address in enumerate(_addresses(configured), 1))


def _addresses(configured: str) -> list[str]:
    return [address for part in configured.split(",") if (address := part.strip())]


def _channel(number: int, address: str) -> Channel:
    try:
        url = urlsplit(address)
        _ = url.port  # a port that is no number is found here, not in the first alert
        if url.scheme == "log":
            return LogChannel()
        if url.scheme in ("http", "https"):
            return WebhookChannel(url)
        if url.scheme in MAIL_PORTS:
            return MailChannel(url)
        raise ChannelInvalid("it starts with log:, https:// or smtp://")
    except ValueError as error:
        why = str(error) if isinstance(error, ChannelInvalid) else "it is no address"
        raise ChannelInvalid(f"The alert channel number {number} cannot be used: {why}.") from None


def _is_address(text: str) -> bool:
    return "@" in text and not any(sign.isspace() for sign in text)


def _name_of(url: SplitResult) -> str:
    """Scheme and host, and a hash of the rest, which may be a secret."""
    return f"{url.scheme}:{url.hostname}:{hashlib.sha256(url.geturl().encode()).hexdigest()[:12]}"
