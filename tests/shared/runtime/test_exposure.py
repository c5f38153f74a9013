"""Nothing stands open that nobody opened: what may not be reached, heard or believed is refused before Havn starts."""

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from shared.data.database import DatabaseAddressInvalid, server_address
from shared.dev import process
from shared.kernel.settings import KafkaSecurity, Settings, SettingsInvalid, read_settings
from shared.messaging.kafka import KafkaBus
from shared.runtime.platform import ConfigurationRefused, check_configuration, check_exposure, make_platform
from shared.runtime.running import check_surroundings
from shared.runtime.serving import PortTaken, take_only_port, take_operations_port
from tests.shared.http.raw_http import self_signed
from tests.shared.runtime.test_refusals import CLI, UP, refused
from tests.shared.runtime.test_start import free_port

REFERRALS = ("-m", "services.referrals")


def production(folder: Path, **others: Any) -> Settings:
    """Settings with which production starts, but for what `others` changes."""
    issuer = {"issuer": "https://i.example", "jwks_uri": "https://i.example/jwks", "organisations": ["us"]}
    (folder / "issuers.json").write_text(json.dumps([issuer]))
    complete: dict[str, Any] = {
        "env": "production",
        "home": folder / "new",
        "database_url": SecretStr("postgresql://owner@127.0.0.1/havn"),
        "issuers": folder / "issuers.json",
        "master_key": SecretStr("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        "token_url": "https://i.example/token",
        "service_client_secret": SecretStr("known to the issuer"),
        "port": free_port(),
    }
    return Settings(**(complete | others))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "havn.example", "0", ""])
def test_a_havn_for_development_is_for_this_machine_alone_unless_that_is_said(host: str) -> None:
    with pytest.raises(ConfigurationRefused, match=r"HAVN_ENV=production, or HAVN_DEV_EXPOSED=1"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, dev_exposed=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_this_machine_is_open_to_itself(host: str) -> None:
    check_exposure(Settings(host=host))


@pytest.mark.parametrize(
    "command", [UP, (*REFERRALS, "api"), (*REFERRALS, "worker"), (*CLI, "serve"), ("-m", "shared.dev.process")]
)
def test_every_command_that_listens_refuses_to_be_exposed(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = refused(command, tmp_path / "new", HAVN_HOST="0.0.0.0", HAVN_KAFKA="127.0.0.1:1")
    assert "HAVN_DEV_EXPOSED=1" in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_production_may_be_reached(tmp_path: Path) -> None:
    check_configuration(production(tmp_path, host="0.0.0.0"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"token_url": None}, "Set HAVN_TOKEN_URL"),
        ({"service_client_secret": None}, "HAVN_SERVICE_CLIENT_SECRET"),
        ({"service_client_secret": SecretStr("")}, "HAVN_SERVICE_CLIENT_SECRET"),
        ({"token_url": "http://i.example/token"}, "HAVN_TOKEN_URL must be https"),
        ({"token_url": "http://127.0.0.1:8080/token"}, "HAVN_TOKEN_URL must be https"),
        ({"service_urls": {"referrals": "https://r.example", "stats": "http://s.example"}}, "about people: stats"),
        ({"kafka": "kafka.example:9093"}, "HAVN_KAFKA_SECURITY=SSL or SASL_SSL"),
        ({"kafka": "127.0.0.1:9092,kafka.example:9093"}, "HAVN_KAFKA_SECURITY=SSL or SASL_SSL"),
        ({"kafka_security": "SSL", "kafka_ca": "/none.pem"}, "HAVN_KAFKA_CA"),
        ({"database_ca": "/none.pem", "database_url": SecretStr("postgresql://db.example/havn")}, "HAVN_DATABASE_CA"),
        ({"database_url": SecretStr("postgresql://db.example/havn?sslmode=prefer")}, "its sslmode is none of"),
    ],
)
def test_production_starts_only_when_nothing_is_said_in_the_open(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    check_configuration(production(tmp_path))
    with pytest.raises(ConfigurationRefused, match=said):
        check_configuration(production(tmp_path, **wrong))
    assert not (tmp_path / "new").exists()


def test_a_havn_without_an_issuer_of_its_own_needs_a_token_url_before_anything_is_made(tmp_path: Path) -> None:
    issuers = production(tmp_path).issuers
    settings = Settings(home=tmp_path / "new", issuers=issuers)
    with pytest.raises(ConfigurationRefused, match="HAVN_TOKEN_URL"):
        check_configuration(settings)
    with pytest.raises(ConfigurationRefused, match="HAVN_TOKEN_URL"):
        asyncio.run(check_surroundings(settings))
    with pytest.raises(ConfigurationRefused, match="HAVN_TOKEN_URL"):
        make_platform(settings, server_url="postgresql://127.0.0.1/x", client_id="x")
    assert not (tmp_path / "new").exists()


def test_production_says_its_reason_in_one_line(tmp_path: Path) -> None:
    settings = production(tmp_path)
    given = {
        "HAVN_ENV": "production",
        "HAVN_DATABASE_URL": "postgresql://owner@127.0.0.1:1/havn",
        "HAVN_ISSUERS": str(settings.issuers),
        "HAVN_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "HAVN_TOKEN_URL": "https://i.example/token",
        "HAVN_KAFKA": "127.0.0.1:1",
    }
    for command in (UP, (*REFERRALS, "worker"), (*CLI, "serve")):
        assert refused(command, tmp_path / "new", **given) == (
            "Production needs HAVN_SERVICE_CLIENT_SECRET, with which Havn's own services get their tokens."
        )
    # Who migrates calls nobody, and needs no secret for it.
    assert "No Kafka answers" in refused((*CLI, "migrate"), tmp_path / "new", **given)


# Kafka and PostgreSQL over TLS


def test_kafka_is_spoken_to_as_the_settings_say(tmp_path: Path) -> None:
    _, files = self_signed(tmp_path)
    settings = production(
        tmp_path,
        kafka="kafka.example:9093",
        kafka_security="SASL_SSL",
        kafka_ca=files["ssl_certfile"],
        kafka_certificate=files["ssl_certfile"],
        kafka_key=files["ssl_keyfile"],
        kafka_user="havn",
        kafka_password=SecretStr("secret"),
    )
    check_configuration(settings)
    bus = make_platform(settings, server_url="postgresql://127.0.0.1/x", client_id="x").bus
    assert isinstance(bus, KafkaBus)
    given = dict(bus._security)
    context = given.pop("ssl_context")
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert given == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "havn",
        "sasl_plain_password": "secret",
    }


def test_a_trusted_network_is_said_and_kafka_on_this_machine_needs_nothing(tmp_path: Path) -> None:
    check_configuration(production(tmp_path, kafka="kafka.example:9092", kafka_security=KafkaSecurity.PLAINTEXT))
    check_configuration(production(tmp_path, kafka="127.0.0.1:9092,localhost:9093"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"HAVN_KAFKA_SECURITY": "SASL_SSL"}, "HAVN_KAFKA_USER and HAVN_KAFKA_PASSWORD"),
        ({"HAVN_KAFKA_SECURITY": "SASL_PLAINTEXT"}, "HAVN_KAFKA_SECURITY"),
        ({"HAVN_KAFKA_KEY": "key.pem"}, "HAVN_KAFKA_CERTIFICATE and HAVN_KAFKA_KEY"),
        ({"HAVN_PUBLIC_ORIGIN": "havn.example"}, "HAVN_PUBLIC_ORIGIN"),
        ({"HAVN_PUBLIC_ORIGIN": "https://havn.example,https://other.example/path"}, "HAVN_PUBLIC_ORIGIN"),
        ({"HAVN_RATE_LIMIT": "many"}, "HAVN_RATE_LIMIT"),
        ({"HAVN_MISS_BUDGET": "-1"}, "HAVN_MISS_BUDGET"),
        ({"HAVN_DATABASE_SSLMODE": "prefer"}, "HAVN_DATABASE_SSLMODE"),
    ],
)
def test_a_setting_that_cannot_be_is_named(wrong: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=said):
        read_settings()


def query(**others: Any) -> dict[str, Any]:
    address = server_address(Settings(**others))
    assert address
    return dict(make_url(address).query)


def test_the_database_is_checked_by_name_in_production_unless_it_is_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    ca = tmp_path / "ca.pem"

    def asked(url: str, **others: Any) -> dict[str, Any]:
        settings = production(tmp_path, database_url=SecretStr(url), database_ca=ca, **others)
        return dict(make_url(server_address(settings) or "").query)

    full = {"sslmode": "verify-full", "sslrootcert": str(ca)}
    assert asked("postgresql://owner:secret@db.example/havn") == full
    assert asked("postgresql://owner@127.0.0.1:5432/havn") == {}
    assert asked("postgresql:///havn?host=/run/postgresql") == {"host": "/run/postgresql"}
    assert asked("postgresql://db.example/havn", database_sslmode="disable") == {"sslmode": "disable"}
    assert asked("postgresql://db.example/havn?sslmode=require") == {"sslmode": "require"}
    assert asked("postgresql://127.0.0.1/havn", database_sslmode="verify-full") == full
    assert query(database_url=SecretStr("postgresql://db.example/havn")) == {}
    assert server_address(Settings()) is None
    with pytest.raises(DatabaseAddressInvalid, match="no address") as refusal:
        server_address(Settings(database_url=SecretStr("postgresql://owner:secret@db.example:port/havn")))
    assert "secret" not in str(refusal.value)


async def test_a_server_without_tls_is_not_spoken_to_where_tls_is_asked_for(tmp_path: Path) -> None:
    from shared.data.migrations import DatabaseAway, migrate

    _, files = self_signed(tmp_path)
    port = free_port()
    asked = {"sslmode": "verify-full", "sslrootcert": files["ssl_certfile"]}
    url = make_url("postgresql://owner:secret@127.0.0.1/havn").set(port=port, query=asked)

    async def speaks_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # "do you speak TLS?"
        writer.write(b"N")
        heard.append(await reader.read(1000))
        writer.close()

    heard: list[bytes] = []
    async with await asyncio.start_server(speaks_no_tls, "127.0.0.1", port):
        with pytest.raises(DatabaseAway):
            await migrate(url.render_as_string(hide_password=False), "referrals", role_password="x")
        await asyncio.sleep(0.1)
    assert b"".join(heard) == b""


# Ports and names


def test_operations_have_a_port_of_their_own_in_production_on_this_machine(tmp_path: Path) -> None:
    settings = production(tmp_path, host="0.0.0.0", port=8000)
    assert (settings.operations, settings.operations_host) == (9000, "127.0.0.1")
    assert production(tmp_path, port=65000).operations == 64000
    assert production(tmp_path, operations_port=9100).operations == 9100
    assert Settings().operations is None
    port = free_port()
    with take_only_port(Settings(operations_port=port)) as taken:
        assert taken.getsockname() == ("127.0.0.1", port)
        with pytest.raises(PortTaken, match="HAVN_OPERATIONS_PORT"):
            take_operations_port(Settings(operations_port=port))
    with take_operations_port(Settings()) as none:
        assert none is None


def test_the_names_that_are_answered_to_come_from_the_settings() -> None:
    assert Settings().hosts == {"127.0.0.1", "[::1]", "localhost"}
    several = Settings(public_origin="https://havn.example/, http://[2001:db8::1]:8000,https://OTHER.example:8443")
    assert several.hosts == {"havn.example", "[2001:db8::1]", "other.example"}
    assert several.origin == "https://havn.example"
    # The name by which the other services ask for this one is ours too.
    apart = Settings(service_urls={"stats": "http://stats-api:8000"})
    assert apart.hosts == {"127.0.0.1", "[::1]", "localhost", "stats-api"}


def test_the_issuer_as_a_process_of_its_own_is_for_development_and_this_machine() -> None:
    with pytest.raises(ConfigurationRefused, match="HAVN_DEV_EXPOSED"):
        asyncio.run(process.run_issuer(Settings(host="0.0.0.0", port=free_port())))


# Kafka that is away


async def test_where_havn_has_run_before_it_starts_without_its_kafka(
    tmp_path: Path, server_url: str, databases: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from shared.dev.development import Development
    from shared.messaging.kafka import KafkaAway

    async def starts(**others: Any) -> bool:
        settings = Settings(home=tmp_path, kafka="127.0.0.1:1", **others)
        return await check_surroundings(settings, Development(settings, {}))

    with pytest.raises(KafkaAway):
        await starts()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    assert await starts() is False
    assert "kafka does not answer" in caplog.text
    assert "KafkaConnectionError" in caplog.text
    assert await starts(database_url=SecretStr(databases)) is False
    elsewhere = make_url(databases).set(database="never_migrated").render_as_string(hide_password=False)
    with pytest.raises(KafkaAway):
        await starts(database_url=SecretStr(elsewhere))
