"""What the services of one process stand on: keys, clock, who is trusted, the bus, the neighbours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from shared.alerts.channels import Channel, ChannelInvalid, channels_of
from shared.contract.organisations import OrganisationKind
from shared.data.database import runtime_password
from shared.data.keys import KeyRing, key_provider
from shared.dev.issuer import DevIssuer
from shared.files.scanning import Scanner
from shared.http.paging import Cursors
from shared.http.peers import IssuedTokens, LocalTokens, Peers, TokenSource
from shared.identity.issuer_keys import KeySource, RemoteKeys
from shared.identity.tokens import TokenVerifier, TrustedIssuer
from shared.kernel.clock import Clock, DevelopmentClock, SystemClock
from shared.kernel.settings import LOOPBACK, Settings
from shared.messaging.in_process import InProcessBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.messages import Bus

NEIGHBOUR_SECONDS = 5.0
SERVICE_CLIENT_SECRET = "dev"  # noqa: S105  (the development issuer's; production configures its own)


class ConfigurationRefused(Exception):
    """Havn cannot run as it is configured; the sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that is the same for all services of this process."""

    settings: Settings
    server_url: str
    ring: KeyRing
    clock: Clock
    verifier: TokenVerifier
    bus: Bus
    peers: Peers
    cursors: Cursors
    runtime_password: str
    scanner: Scanner
    alert_channels: tuple[Channel, ...]
    dev_issuer: DevIssuer | None = None


def make_platform(
    settings: Settings,
    *,
    server_url: str,
    client_id: str,
    transport: httpx.AsyncBaseTransport | None = None,
    organisations: Mapping[str, OrganisationKind] | None = None,
    bus: Bus | None = None,
) -> Platform:
    """A platform from the settings. With `organisations`, the development issuer runs in this process and serves them;
    `transport` reaches neighbours in this process instead of over the network."""
    ring = key_provider(settings).ring()
    client = httpx.AsyncClient(transport=transport, timeout=NEIGHBOUR_SECONDS, trust_env=False)
    dev_issuer = None
    if organisations is not None and not settings.is_production:
        dev_issuer = DevIssuer(f"{settings.origin}/oidc", organisations, environment=settings.env)
    return Platform(
        settings=settings,
        server_url=server_url,
        ring=ring,
        clock=SystemClock() if settings.is_production else DevelopmentClock(),
        verifier=TokenVerifier(_trusted(settings, dev_issuer)),
        bus=bus or (KafkaBus(settings.kafka, client_id) if settings.kafka else InProcessBus()),
        peers=Peers(settings, _tokens(settings, dev_issuer, client, client_id), client),
        cursors=Cursors(ring.derived("cursors")),
        runtime_password=runtime_password(settings, ring),
        scanner=Scanner(settings.clamd),
        alert_channels=_alert_channels(settings),
        dev_issuer=dev_issuer,
    )


def _alert_channels(settings: Settings) -> tuple[Channel, ...]:
    try:
        return channels_of(settings.alerts.get_secret_value())
    except ChannelInvalid as error:
        raise ConfigurationRefused(f"HAVN_ALERTS: {error}") from None


def _trusted(settings: Settings, dev_issuer: DevIssuer | None) -> dict[TrustedIssuer, KeySource]:
    trusted: dict[TrustedIssuer, KeySource] = {}
    if dev_issuer:
        trusted[dev_issuer.trusted] = dev_issuer.keys
    if settings.issuers:
        try:
            configured = [TrustedIssuer.model_validate(entry) for entry in json.loads(settings.issuers.read_text())]
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationRefused(
                f"HAVN_ISSUERS={settings.issuers} is not a readable list of issuers ({type(error).__name__})."
            ) from None
        plain = LOOPBACK | settings.plain_http_hosts
        trusted |= {issuer: RemoteKeys(issuer.jwks_uri, plain_http_hosts=plain) for issuer in configured}
    if not trusted:
        raise ConfigurationRefused("No token issuer is trusted: set HAVN_ISSUERS to a file that lists them.")
    return trusted


def _tokens(settings: Settings, dev_issuer: DevIssuer | None, client: httpx.AsyncClient, client_id: str) -> TokenSource:
    if dev_issuer:
        return LocalTokens(lambda: dev_issuer.service_token(client_id))
    if settings.token_url is None:
        raise ConfigurationRefused("Set HAVN_TOKEN_URL, where Havn's own services get their tokens.")
    secret = settings.service_client_secret
    return IssuedTokens(
        client,
        settings.token_url,
        client_id=client_id,
        secret=secret.get_secret_value() if secret else SERVICE_CLIENT_SECRET,
    )
