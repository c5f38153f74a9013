"""docker-compose.yml, as far as it can be judged without Docker; `make compose-test` brings it up.

compose-spec.json is the schema that docker-compose 1.29 validates with (Apache 2.0), without its descriptions."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.main import get_command

from services.cli import app
from services.everything import SERVICES
from shared.dev.process import trusted_issuers
from shared.http.server import HardenedProtocol
from shared.identity.keycloak_realm import DEVELOPMENT_SECRET, keycloak_realm
from shared.identity.tokens import TrustedIssuer
from shared.kernel.settings import Settings, host_of
from tests.deploy.manifests import K8S, KNOWN_SETTINGS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: part for name, part in PARTS.items() if part["image"] == "havn"}
RUNNING = [name for name in OURS if name.endswith(("-api", "-worker"))]
ENDING = {"migrate", "realm"}


def settings_of(name: str) -> dict[str, Any]:
    """The fields that a part's environment sets, decoded."""
    environment = PARTS[name]["environment"]
    decoded = {"HAVN_PLAIN_HTTP_HOSTS", "HAVN_SERVICE_URLS"}
    return {
        key.removeprefix("HAVN_").lower(): json.loads(value) if key in decoded else value
        for key, value in environment.items()
    }


def test_it_is_what_composes_schema_knows_without_a_word_too_many() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)
    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.Draft7Validator(schema).validate({"services": {"stats-api": {"image": "havn", "helthcheck": {}}}})


def test_every_service_is_there_as_an_api_and_a_worker_beside_what_goes_before() -> None:
    expected = {
        f"{service.name}-{action}": ["python", "-m", f"services.{service.name}", action]
        for service in SERVICES
        for action in ("api", "worker")
    }
    assert {name: OURS[name]["command"] for name in RUNNING} == expected
    assert OURS.keys() - expected.keys() == ENDING
    for name in ENDING:
        assert OURS[name]["command"][1] in get_command(app).commands  # type: ignore[attr-defined]


def test_what_surrounds_them_is_there_and_of_one_version() -> None:
    around = {"postgres", "kafka", "keycloak", "proxy", "otel", "prometheus"}
    assert PARTS.keys() - OURS.keys() == around
    assert all(re.fullmatch(r"[a-z/-]+:(?!latest)v?[0-9][0-9.]*", PARTS[name]["image"]) for name in around)
    assert all("profiles" not in part for part in PARTS.values())


@pytest.mark.parametrize("name", PARTS)
def test_a_part_says_how_it_is_asked_for_its_health_unless_it_ends_or_cannot(name: str) -> None:
    health = PARTS[name]["healthcheck"]
    if name in ENDING | {"otel"}:
        assert health == {"disable": True}
    else:
        assert health["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries"} <= health.keys()


@pytest.mark.parametrize("name", OURS)
def test_what_can_never_start_does_not_try_for_ever(name: str) -> None:
    assert re.fullmatch(r"no|on-failure:[1-9]", PARTS[name]["restart"])
    assert (PARTS[name]["restart"] == "no") is (name in ENDING)


@pytest.mark.parametrize("name", OURS)
def test_our_parts_set_only_what_settings_knows_and_settings_takes_it(name: str) -> None:
    assert set(PARTS[name]["environment"]) <= KNOWN_SETTINGS
    assert Settings(**settings_of(name))


@pytest.mark.parametrize("name", RUNNING)
def test_our_parts_are_given_all_that_they_need(name: str) -> None:
    required = {"HAVN_DATABASE_URL", "HAVN_KAFKA", "HAVN_ISSUERS", "HAVN_TOKEN_URL", "HAVN_SERVICE_CLIENT_SECRET"}
    assert required | {"HAVN_SERVICE_URLS", "HAVN_PUBLIC_ORIGIN"} <= set(PARTS[name]["environment"])


@pytest.mark.parametrize("name", [name for name in PARTS if name not in {"postgres", "kafka", "keycloak"}])
def test_parts_may_write_nothing_and_do_nothing_beyond_their_work(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("name", RUNNING)
def test_only_the_migration_has_the_owners_password(name: str) -> None:
    assert "@" not in PARTS[name]["environment"]["HAVN_DATABASE_URL"]
    assert "@" in PARTS["migrate"]["environment"]["HAVN_DATABASE_URL"]
    assert PARTS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_services_find_each_other_and_are_asked_for_their_health_at_their_own_path() -> None:
    urls = settings_of("stats-api")["service_urls"]
    assert urls == {service.name: f"http://{service.name}-api:8000" for service in SERVICES}
    for name in urls:
        for action in ("api", "worker"):
            asked = PARTS[f"{name}-{action}"]["healthcheck"]["test"][-1]
            assert re.search(rf"/9000 .*GET /{name}/health/ready HTTP/1.0", asked)
            assert settings_of(f"{name}-{action}")["operations_port"] == "9000"


def test_keycloak_is_the_issuer_with_the_realm_that_havn_writes() -> None:
    text = (ROOT / "deploy" / "compose" / "issuers.json").read_text()
    assert text == (K8S / "overlays" / "dev" / "issuers.json").read_text()
    (issuer,) = json.loads(text)
    realm = keycloak_realm([service.name for service in SERVICES], is_development=True)
    hostname = PARTS["keycloak"]["environment"]["KC_HOSTNAME"]
    assert issuer["issuer"] == f"{hostname}/realms/{realm['realm']}"
    assert settings_of("stats-api")["token_url"].startswith(issuer["issuer"])
    assert settings_of("stats-api")["service_client_secret"] == DEVELOPMENT_SECRET
    assert settings_of("stats-api")["plain_http_hosts"] == [host_of(hostname)]
    (known,) = json.loads(trusted_issuers("http://issuer"))
    assert TrustedIssuer.model_validate(issuer).organisations == tuple(known["organisations"])
    # Keycloak takes a file of this name alone.
    assert PARTS["realm"]["command"][-1].endswith(f"/{realm['realm']}-realm.json")
    (written,), (read,) = PARTS["realm"]["volumes"], PARTS["keycloak"]["volumes"]
    assert written.split(":")[0] == read.split(":")[0]


def test_our_parts_say_that_they_listen_to_others_and_of_this_machine_only_itself_reaches_them() -> None:
    assert {PARTS[name]["environment"]["HAVN_DEV_EXPOSED"] for name in RUNNING} == {"1"}
    published = [port for part in PARTS.values() for port in part.get("ports", [])]
    assert sorted(published) == ["127.0.0.1:8080:8080", "127.0.0.1:8443:8443", "127.0.0.1:9090:9090"]


def test_the_services_answer_to_the_names_by_which_they_are_asked() -> None:
    for name, url in settings_of("stats-api")["service_urls"].items():
        hosts = Settings(**settings_of(f"{name}-api")).hosts
        assert {host_of(url), "localhost"} <= hosts


def test_the_proxy_knows_every_service_and_has_our_limits() -> None:
    text = (ROOT / "deploy" / "compose" / "Caddyfile").read_text()
    assert f"\n{PARTS['stats-api']['environment']['HAVN_PUBLIC_ORIGIN']} {{" in text
    for service in SERVICES:
        assert f"handle /{service.name}/* {{\n\t\treverse_proxy {service.name}-api:8000" in text
    assert f"max_size {HardenedProtocol.MAX_BODY_BYTES // 1024**2}MiB" in text
    assert f"max_header_size {HardenedProtocol.MAX_HEAD_BYTES // 1024}KiB" in text
    assert text.count(f"{HardenedProtocol.DEADLINE_SECONDS:g}s") == 2
    assert "tls internal" in text
    assert ":9000" not in text


def test_traces_go_to_the_collector_and_prometheus_has_our_rules() -> None:
    assert settings_of("stats-worker")["otlp_endpoint"] == "http://otel:4318"
    collector = yaml.safe_load((ROOT / "deploy" / "compose" / "otel.yml").read_text())
    assert collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"] == "0.0.0.0:4318"
    mounted = PARTS["prometheus"]["volumes"]
    assert "./deploy/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro" in mounted


def test_every_volume_that_is_named_exists() -> None:
    mounted = {mount.split(":")[0] for part in PARTS.values() for mount in part.get("volumes", [])}
    assert {name for name in mounted if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / name).exists() for name in mounted if name.startswith("."))


def test_the_hosts_without_tls_are_refused_in_production() -> None:
    complete = {
        "env": "production",
        "database_url": "postgresql://db/havn",
        "issuers": "issuers.json",
        "master_key": "set",
    }
    assert Settings(**complete).is_production  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="HAVN_PLAIN_HTTP_HOSTS"):
        Settings(**complete, plain_http_hosts=["keycloak"])  # type: ignore[arg-type]
