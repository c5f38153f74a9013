"""What can be configured, read from `HAVN_...` variables. Defaults run everything on one machine, for development."""

import ipaddress
import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class SettingsInvalid(Exception):
    """A `HAVN_` variable cannot be what it is; the sentence names it."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class KafkaSecurity(StrEnum):
    """How Kafka is spoken to, in Kafka's own words. To log in without TLS is not offered."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class SslMode(StrEnum):
    """How PostgreSQL is spoken to, in its own words. What is not here asks for TLS and goes on without."""

    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class Settings(BaseSettings):
    """What the environment says; secrets never show in a `repr`."""

    model_config = SettingsConfigDict(env_prefix="HAVN_", frozen=True, hide_input_in_errors=True)

    env: Environment = Environment.DEVELOPMENT
    commit: str | None = Field(default=None, pattern=r"^([0-9a-f]{7,64}(-dirty)?|unknown)$")
    """What the image was built from; its build sets it, nobody else."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    home: Path = Path(".havn")
    public_origin: str | None = None
    """Where partners reach us, e.g. https://havn.example, separated by commas: a request for another Host is refused. Unset:
    http://127.0.0.1:PORT, and any name of this machine."""
    dev_exposed: bool = False
    """A developer's Havn, which gives anyone any identity, may be reached from other machines."""
    operations_port: int | None = Field(default=None, ge=1, le=65535)
    """Health, metrics and OpenAPI are served here and not at `port`; unset: in production 1000 above `port`, in development at
    `port`."""
    operations_host: str = "127.0.0.1"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    """PEM files of a certificate and its key: `port` is served over TLS, the operations port never. Renewed files are taken
    without a restart."""

    rate_limit: str | None = None
    """Requests that one client may make, `50/200`: so many a second, and so many at once; `none`: any number. Unset: 50/200 in
    production, none in development."""
    miss_budget: int | None = Field(default=None, ge=0)
    """How many different ids that are not its own a client may ask for in an hour. Unset: 100 in production, in development any
    number."""

    database_url: SecretStr | None = None
    """postgresql://owner:...@server/havn: the owner, who migrates. Unset: the embedded PostgreSQL under `home`."""
    database_sslmode: SslMode | None = None
    """TLS to PostgreSQL, where `database_url` has no `sslmode` of its own; unset: in production verify-full, unless the server is
    on this machine."""
    database_ca: Path | None = None
    """PEM file of who signs the server's certificate; unset: whom this machine trusts."""
    runtime_password: SecretStr | None = None
    """Password of the runtime roles; unset: derived from the master key."""

    kafka: str | None = None
    """Bootstrap servers; unset: the in-process bus."""
    kafka_security: KafkaSecurity | None = None
    """Unset: PLAINTEXT, which production takes only where it is said, or for a Kafka on this machine."""
    kafka_ca: Path | None = None
    """PEM file of who signs the brokers' certificates; unset: whom this machine trusts."""
    kafka_certificate: Path | None = None
    kafka_key: Path | None = None
    """PEM files of our own certificate and its key, for brokers that ask for one."""
    kafka_sasl: SaslMechanism = SaslMechanism.SCRAM_SHA_512
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None

    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    master_key_command: str | None = None

    issuers: Path | None = None
    """JSON file with the trusted OIDC issuers; unset: the development issuer alone."""
    plain_http_hosts: frozenset[str] = frozenset()
    """Hosts whose issuer's keys may be fetched without TLS, for development: ["issuer"]. Refused in production."""
    service_urls: dict[str, str] = {}
    """Where the other services are when they run as processes of their own, {"referrals": "http://..."}."""
    service_ca: Path | None = None
    """PEM file of who signs the other services' certificates, and who alone is believed; unset: whoever the world believes."""
    issuer_ca: Path | None = None
    """PEM file of who may sign the issuers' certificates besides whoever the world believes."""
    service_client_secret: SecretStr | None = None
    token_url: str | None = None
    """Token endpoint for Havn's own calls between services; unset: the development issuer's."""

    clamd: str | None = Field(default=None, pattern=r"^(unix:/.+|tcp:.+:[0-9]{1,5})$")
    """Where a clamd scans evidence: unix:/run/clamav/clamd.ctl or tcp:host:3310; unset: nothing is scanned."""
    evidence_max_bytes: int = Field(default=25 * 1024 * 1024, ge=1, le=100 * 1024 * 1024)
    """The largest file that is kept as evidence."""

    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/\s]+")
    relay_poll_seconds: float = Field(default=0.2, gt=0, le=60)
    sweep_seconds: float = Field(default=5.0, gt=0, le=3600)
    handler_attempts: int = Field(default=5, ge=1, le=100)
    retry_seconds: float = Field(default=0.2, gt=0, le=60)
    """First wait before a failed handler is tried again; it doubles up to 30 s."""

    alerts: SecretStr = SecretStr("log:")
    """Where people are alerted, separated by commas: log:, https://HOST/..., smtp://HOST:PORT?to=ADDRESS&from=ADDRESS."""
    alert_poll_seconds: float = Field(default=2.0, gt=0, le=60)

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.match(r"postgres(ql)?(\+[a-z0-9]+)?://", value.get_secret_value()):
            raise ValueError("an address is written postgresql://owner:...@server/havn")
        return value

    @field_validator("public_origin")
    @classmethod
    def _are_origins(cls, value: str | None) -> str | None:
        for origin in filter(None, map(str.strip, (value or "").split(","))):
            if not re.fullmatch(r"https?://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?", origin):
                raise ValueError("an origin is written https://havn.example, several with commas between")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _is_a_rate(cls, value: str | None) -> str | None:
        if value:
            read_rate(value)
        return value

    @field_validator("service_urls", mode="before")
    @classmethod
    def _json(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete_for_production(self) -> "Settings":
        if self.is_production:
            missing = [
                name
                for name, value in {
                    "HAVN_DATABASE_URL": self.database_url,
                    "HAVN_ISSUERS": self.issuers,
                    "HAVN_MASTER_KEY or HAVN_MASTER_KEY_COMMAND": self.master_key or self.master_key_command,
                }.items()
                if not value
            ]
            if missing:
                raise ValueError("Production needs " + ", ".join(missing) + ".")
            if self.plain_http_hosts:
                raise ValueError("HAVN_PLAIN_HTTP_HOSTS is for development; in production keys are fetched over TLS.")
        return self

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> "Settings":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("HAVN_TLS_CERTIFICATE and HAVN_TLS_KEY are set together.")
        return self

    @model_validator(mode="after")
    def _kafka_is_complete(self) -> "Settings":
        if self.kafka_security is KafkaSecurity.SASL_SSL and not (self.kafka_user and self.kafka_password):
            raise ValueError("HAVN_KAFKA_SECURITY=SASL_SSL needs HAVN_KAFKA_USER and HAVN_KAFKA_PASSWORD.")
        if bool(self.kafka_certificate) != bool(self.kafka_key):
            raise ValueError("HAVN_KAFKA_CERTIFICATE and HAVN_KAFKA_KEY are set together.")
        return self

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def origins(self) -> tuple[str, ...]:
        """The public addresses, without a slash at the end."""
        named = [origin.strip().rstrip("/") for origin in (self.public_origin or "").split(",") if origin.strip()]
        return tuple(named) or (f"http{'s' if self.tls_certificate else ''}://127.0.0.1:{self.port}",)

    @property
    def origin(self) -> str:
        """The public address that tokens and links are made from; never a request's Host header."""
        return self.origins[0]

    @property
    def hosts(self) -> frozenset[str]:
        """The names, in lower case and without port, that a request may be for: those of the public addresses, or of this
        machine where none is set, and those by which the services find each other."""
        named = [*self.origins, *self.service_urls.values()] if self.public_origin else [*self.service_urls.values()]
        ours = frozenset() if self.public_origin else LOOPBACK_NAMES
        return ours | {host_of(address) for address in named}

    @property
    def operations(self) -> int | None:
        """The port of health, metrics and OpenAPI where they have one of their own."""
        if self.operations_port is None and self.is_production:
            return self.port + 1000 if self.port + 1000 <= 65535 else self.port - 1000
        return self.operations_port

    @property
    def rate(self) -> tuple[float, int] | None:
        """Requests a second and at once that a client may make; None: any number."""
        return read_rate(self.rate_limit or ("50/200" if self.is_production else "none"))

    @property
    def misses_an_hour(self) -> int | None:
        """Different ids an hour that are not its own; None: any number."""
        return 100 if self.miss_budget is None and self.is_production else self.miss_budget


def read_rate(text: str) -> tuple[float, int] | None:
    """`50/200` (a second, and at once), `50` (four times as many at once) or `none`; ValueError for anything else."""
    if text.strip().lower() in {"none", "0", "off"}:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(?:/s)?\s*(?:[/,:; ]\s*([0-9]{1,6}))?\s*", text)
    if not found or float(found[1]) <= 0 or found[2] in ("0",):
        raise ValueError("a rate is written 50/200: so many requests a second, and so many at once; or none")
    return float(found[1]), int(found[2]) if found[2] else max(1, round(4 * float(found[1])))


def host_of(address: str) -> str:
    """The host of an address as a Host header names it, without port."""
    name = (urlsplit(address).hostname or "").lower()
    return f"[{name}]" if ":" in name else name


def is_this_machine(host: str) -> bool:
    """Whether who listens at, or is found at, this host can be reached from this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings() -> Settings:
    """The settings of this process. SettingsInvalid, with a sentence that names the variable, when they do not hold."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid("; ".join(_sentence(found) for found in error.errors())) from None
    except SettingsError as error:
        name = re.search(r'field "(\w+)"', str(error))
        raise SettingsInvalid(f"HAVN_{name[1].upper() if name else '...'}: not JSON.") from None


_WRITTEN = {
    "HAVN_CLAMD": "is written unix:/run/clamav/clamd.ctl or tcp:HOST:PORT",
    "HAVN_OTLP_ENDPOINT": "is written http://HOST:PORT or https://HOST:PORT",
}
"""What a pattern would not tell whoever sets the variable."""


def _sentence(found: ErrorDetails) -> str:
    said = found["msg"].removeprefix("Value error, ")
    if not found["loc"]:  # of several settings together, which it names
        return said
    name = f"HAVN_{'_'.join(map(str, found['loc'])).upper()}"
    return f"{name} {_WRITTEN[name]}" if name in _WRITTEN else f"{name}: {said}"


LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "[::1]", "localhost"})
"""The same as a Host header writes them."""
