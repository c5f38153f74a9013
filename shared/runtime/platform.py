"""What the services of one process stand on: keys, clock, who is trusted, the bus, the neighbours."""

import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from starlette.types import ASGIApp

from shared.alerts.channels import Channel, ChannelInvalid, channels_of
from shared.data.database import DatabaseAddressInvalid, runtime_password, server_address
from shared.data.keys import KeyRing, key_provider
from shared.files.scanning import Scanner
from shared.http.paging import Cursors
from shared.http.peers import IssuedTokens, LocalTokens, Peers, TokenSource
from shared.identity.issuer_keys import KeySource, RemoteKeys
from shared.identity.tokens import TokenVerifier, TrustedIssuer
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.settings import LOOPBACK, Settings, is_this_machine
from shared.messaging.in_process import InProcessBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.kafka_security import KafkaUnreadable, security_of
from shared.messaging.messages import Bus
from shared.runtime.tls import OwnCertificate, TlsUnreadable, own_certificate, trust_in_issuers, trust_in_services

NEIGHBOUR_SECONDS = 5.0
SERVICE_CLIENT_SECRET = "dev"  # noqa: S105  (the development issuer's; production configures its own)


class ConfigurationRefused(Exception):
    """Havn cannot run as it is configured; the sentence says what to set."""


class Development(Protocol):
    """What a developer's Havn has besides, handed in by who starts it (`shared/dev/development.py`). Production has none."""

    @property
    def clock(self) -> Clock: ...

    @property
    def trusted(self) -> TrustedIssuer: ...

    @property
    def keys(self) -> KeySource: ...

    def service_token(self, client_id: str) -> str: ...

    def pages(self, *, do_what_is_due: Callable[[], Awaitable[None]]) -> Mapping[str, ASGIApp]: ...


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that is the same for all services of this process."""

    settings: Settings
    server_url: str
    ring: KeyRing
    clock: Clock
    verifier: TokenVerifier
    bus: Bus
    neighbours: httpx.AsyncClient
    """Reaches the other services: in this process where they are all here."""
    issuer: httpx.AsyncClient
    """Reaches the token endpoint, always over the network."""
    development: Development | None
    cursors: Cursors
    runtime_password: str
    scanner: Scanner
    alert_channels: tuple[Channel, ...]

    def peers_of(self, service: str) -> Peers:
        """The other services, as this one asks them: as itself."""
        return Peers(self.settings, self.tokens_of(service), self.neighbours)

    def tokens_of(self, service: str) -> TokenSource:
        """Where this service gets the tokens that it shows to the others."""
        return _tokens(self, f"havn-{service}")

    async def close(self) -> None:
        await self.neighbours.aclose()
        await self.issuer.aclose()


def make_platform(
    settings: Settings,
    *,
    server_url: str,
    client_id: str,
    transport: httpx.AsyncBaseTransport | None = None,
    development: Development | None = None,
    bus: Bus | None = None,
) -> Platform:
    """A platform from the settings, with a developer's clock and issuer where they are handed in; `transport` reaches neighbours
    in this process instead of over the network. Raises ConfigurationRefused."""
    verifier = TokenVerifier(_trusted(settings, development))
    _check_own_calls(settings, development)
    ring = key_provider(settings).ring()
    services, issuers = trust_of(settings)
    return Platform(
        settings=settings,
        server_url=server_url,
        ring=ring,
        clock=development.clock if development else SystemClock(),
        verifier=verifier,
        bus=bus or _bus(settings, client_id),
        neighbours=httpx.AsyncClient(transport=transport, verify=services, timeout=NEIGHBOUR_SECONDS, trust_env=False),
        issuer=httpx.AsyncClient(verify=issuers, timeout=NEIGHBOUR_SECONDS, trust_env=False),
        development=development,
        cursors=Cursors(ring.derived("cursors")),
        runtime_password=runtime_password(settings, ring),
        scanner=Scanner(settings.clamd),
        alert_channels=_alert_channels(settings),
    )


def check_configuration(settings: Settings, development: Development | None = None) -> None:
    """Refuse settings that no platform can be made from, before anything is made. Raises ConfigurationRefused, and
    MasterKeyMissing for a key that was given; one in a file is made the first time."""
    check_exposure(settings)
    _alert_channels(settings)
    _trusted(settings, development)
    _check_own_calls(settings, development)
    kafka_security(settings)
    trust_of(settings)
    try:
        server_address(settings)
    except DatabaseAddressInvalid as error:
        raise ConfigurationRefused(str(error)) from None
    if settings.master_key or settings.master_key_command:
        key_provider(settings).ring()


def check_exposure(settings: Settings) -> None:
    """Refuse to let other machines reach a developer's Havn, unless that is said. Raises ConfigurationRefused."""
    if not (settings.is_production or settings.dev_exposed or is_this_machine(settings.host)):
        raise ConfigurationRefused(
            f"HAVN_HOST={settings.host} lets other machines reach a Havn for development, which gives anyone any identity: "
            "set HAVN_ENV=production, or HAVN_DEV_EXPOSED=1 where nobody else can reach it."
        )


def _check_own_calls(settings: Settings, development: Development | None) -> None:
    """Refuse what would keep the services from asking each other, or would let the network hear their tokens."""
    if development is None and settings.token_url is None:
        raise ConfigurationRefused("Set HAVN_TOKEN_URL, where Havn's own services get their tokens.")
    if not settings.is_production:
        return
    if not settings.service_client_secret:
        raise ConfigurationRefused(
            "Production needs HAVN_SERVICE_CLIENT_SECRET, with which Havn's own services get their tokens."
        )
    if not str(settings.token_url).startswith("https://"):
        raise ConfigurationRefused("HAVN_TOKEN_URL must be https:// in production: who listens there has our secret.")
    plain = sorted(name for name, url in settings.service_urls.items() if not url.startswith("https://"))
    if plain:
        raise ConfigurationRefused(
            f"HAVN_SERVICE_URLS must be https:// in production, as the answers are about people: {', '.join(plain)}."
        )


def kafka_security(settings: Settings) -> Mapping[str, Any]:
    """What Kafka's clients are given for TLS and for logging in."""
    if settings.kafka and settings.is_production and settings.kafka_security is None:
        places = [place.strip().rpartition(":")[0] or place.strip() for place in settings.kafka.split(",")]
        if not all(map(is_this_machine, places)):
            raise ConfigurationRefused(
                "Production needs HAVN_KAFKA_SECURITY=SSL or SASL_SSL; PLAINTEXT says that the network is trusted."
            )
    try:
        return security_of(settings)
    except KafkaUnreadable as error:
        raise ConfigurationRefused(str(error)) from None


def certificate_of(settings: Settings) -> OwnCertificate | None:
    """What the port for partners is served with; None where it speaks plain HTTP. Raises ConfigurationRefused."""
    try:
        return own_certificate(settings)
    except TlsUnreadable as error:
        raise ConfigurationRefused(str(error)) from None


def trust_of(settings: Settings) -> tuple[ssl.SSLContext | bool, ssl.SSLContext | bool]:
    """Whom we believe to be one of our services, and to be an issuer. Raises ConfigurationRefused."""
    try:
        return trust_in_services(settings), trust_in_issuers(settings)
    except TlsUnreadable as error:
        raise ConfigurationRefused(str(error)) from None


def _bus(settings: Settings, client_id: str) -> Bus:
    if not settings.kafka:
        return InProcessBus()
    return KafkaBus(settings.kafka, client_id, security=kafka_security(settings))


def _alert_channels(settings: Settings) -> tuple[Channel, ...]:
    try:
        return channels_of(settings.alerts.get_secret_value())
    except ChannelInvalid as error:
        raise ConfigurationRefused(f"HAVN_ALERTS: {error}") from None


def _trusted(settings: Settings, development: Development | None) -> dict[TrustedIssuer, KeySource]:
    trusted: dict[TrustedIssuer, KeySource] = {}
    if development:
        trusted[development.trusted] = development.keys
    if settings.issuers:
        try:
            configured = [TrustedIssuer.model_validate(entry) for entry in json.loads(settings.issuers.read_text())]
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationRefused(
                f"HAVN_ISSUERS={settings.issuers} is not a readable list of issuers ({type(error).__name__})."
            ) from None
        plain = LOOPBACK | settings.plain_http_hosts
        _, verify = trust_of(settings)
        trusted |= {
            # Our own client takes no proxy or certificates from the environment: whoever sets those could give us keys.
            issuer: RemoteKeys(
                issuer.jwks_uri, httpx.AsyncClient(verify=verify, trust_env=False), plain_http_hosts=plain
            )
            for issuer in configured
        }
    if not trusted:
        raise ConfigurationRefused("No token issuer is trusted: set HAVN_ISSUERS to a file that lists them.")
    return trusted


def _tokens(platform: Platform, client_id: str) -> TokenSource:
    settings, development = platform.settings, platform.development
    if development:
        return LocalTokens(lambda: development.service_token(client_id))
    secret = settings.service_client_secret
    return IssuedTokens(
        platform.issuer,
        str(settings.token_url),
        client_id=client_id,
        secret=secret.get_secret_value() if secret else SERVICE_CLIENT_SECRET,
    )
