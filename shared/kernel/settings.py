"""What can be configured, read from `HAVN_...` variables. Defaults run everything on one machine, for development."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class SettingsInvalid(Exception):
    """A `HAVN_` variable cannot be what it is; the sentence names it."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What the environment says; secrets never show in a `repr`."""

    model_config = SettingsConfigDict(env_prefix="HAVN_", frozen=True, hide_input_in_errors=True)

    env: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    home: Path = Path(".havn")
    public_origin: str | None = None
    """Where partners reach us, e.g. https://havn.example; unset: http://HOST:PORT."""

    database_url: SecretStr | None = None
    """postgresql://owner:...@server/havn: the owner, who migrates. Unset: the embedded PostgreSQL under `home`."""
    runtime_password: SecretStr | None = None
    """Password of the runtime roles; unset: derived from the master key."""

    kafka: str | None = None
    """Bootstrap servers; unset: the in-process bus."""

    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    master_key_command: str | None = None

    issuers: Path | None = None
    """JSON file with the trusted OIDC issuers; unset: the development issuer alone."""
    plain_http_hosts: frozenset[str] = frozenset()
    """Hosts whose issuer's keys may be fetched without TLS, for development: ["issuer"]. Refused in production."""
    service_urls: dict[str, str] = {}
    """Where the other services are when they run as processes of their own, {"referrals": "http://..."}."""
    service_client_secret: SecretStr | None = None
    token_url: str | None = None
    """Token endpoint for Havn's own calls between services; unset: the development issuer's."""

    clamd: str | None = Field(default=None, pattern=r"^(unix:/.+|tcp:.+:[0-9]{1,5})$")
    """Where a clamd scans evidence: unix:/run/clamav/clamd.ctl or tcp:host:3310; unset: nothing is scanned."""
    evidence_max_bytes: int = Field(default=25 * 1024 * 1024, ge=1, le=100 * 1024 * 1024)
    """The largest file that is kept as evidence."""

    otlp_endpoint: str | None = None
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

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def origin(self) -> str:
        """The public address that tokens and links are made from; never a request's Host header."""
        return (self.public_origin or f"http://127.0.0.1:{self.port}").rstrip("/")


def read_settings() -> Settings:
    """The settings of this process. SettingsInvalid, with a sentence that names the variable, when they do not hold."""
    try:
        return Settings()
    except ValidationError as error:
        sentences = [f"HAVN_{'_'.join(map(str, found['loc'])).upper()}: {found['msg']}" for found in error.errors()]
        raise SettingsInvalid("; ".join(sentences).replace("HAVN_: Value error, ", "")) from None
    except SettingsError as error:
        name = re.search(r'field "(\w+)"', str(error))
        raise SettingsInvalid(f"HAVN_{name[1].upper() if name else '...'}: not JSON.") from None


LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
