"""docker-compose.yml, as far as it can be judged without Docker: it is read, and compared with what the code knows."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from services.cli import app
from services.everything import SERVICES
from shared.dev.process import trusted_issuers
from shared.identity.tokens import TrustedIssuer
from shared.kernel.settings import Settings, host_of

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: part for name, part in PARTS.items() if part["image"] == "havn"}
KNOWN_SETTINGS = {f"HAVN_{name.upper()}" for name in Settings.model_fields}


def settings_of(name: str) -> dict[str, Any]:
    """The fields that a part's environment sets, decoded."""
    environment = PARTS[name]["environment"]
    decoded = {"HAVN_PLAIN_HTTP_HOSTS", "HAVN_SERVICE_URLS"}
    return {
        key.removeprefix("HAVN_").lower(): json.loads(value) if key in decoded else value
        for key, value in environment.items()
    }


def test_every_service_is_there_as_an_api_and_a_worker_beside_migration_and_issuer() -> None:
    expected = {
        f"{service.name}-{action}": ["python", "-m", f"services.{service.name}", action]
        for service in SERVICES
        for action in ("api", "worker")
    }
    expected |= {"migrate": ["havn", "migrate"], "issuer": ["python", "-m", "shared.dev.process"]}
    assert {name: part["command"] for name, part in OURS.items()} == expected
    assert "migrate" in get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_says_how_it_is_asked_for_its_health_unless_it_ends(name: str) -> None:
    health = PARTS[name]["healthcheck"]
    if name == "migrate":
        assert health == {"disable": True}
    else:
        assert health["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries"} <= health.keys()


@pytest.mark.parametrize("name", OURS)
def test_our_parts_set_only_what_settings_knows_and_settings_takes_it(name: str) -> None:
    assert set(PARTS[name]["environment"]) <= KNOWN_SETTINGS
    assert Settings(**settings_of(name))


@pytest.mark.parametrize("name", OURS)
def test_our_parts_may_write_nothing_and_do_nothing_beyond_their_work(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith(("-api", "-worker"))])
def test_only_the_migration_has_the_owners_password(name: str) -> None:
    assert "@" not in PARTS[name]["environment"]["HAVN_DATABASE_URL"]
    assert "@" in PARTS["migrate"]["environment"]["HAVN_DATABASE_URL"]
    assert PARTS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_services_find_each_other_and_are_asked_for_their_health_at_their_own_path() -> None:
    urls = settings_of("stats-api")["service_urls"]
    assert urls == {service.name: f"http://{service.name}-api:8000" for service in SERVICES}
    for name in urls:
        for action in ("api", "worker"):
            assert f"/{name}/health/ready" in PARTS[f"{name}-{action}"]["healthcheck"]["test"][-1]


def test_the_issuers_are_trusted_as_they_call_themselves_and_may_be_asked_without_tls() -> None:
    ours, keycloak = json.loads((ROOT / "deploy" / "compose" / "issuers.json").read_text())
    [expected] = json.loads(trusted_issuers(PARTS["issuer"]["environment"]["HAVN_PUBLIC_ORIGIN"]))
    assert TrustedIssuer.model_validate(ours) == TrustedIssuer.model_validate(expected)
    realm = json.loads((ROOT / "deploy" / "compose" / "keycloak-realm.json").read_text())
    assert keycloak["issuer"] == f"{PARTS['keycloak']['environment']['KC_HOSTNAME']}/realms/{realm['realm']}"
    assert TrustedIssuer.model_validate(keycloak).organisations == ("politi-*",)
    assert PARTS["keycloak"]["profiles"] == ["keycloak"]
    assert settings_of("referrals-api")["plain_http_hosts"] == ["issuer", "keycloak"]


def test_our_parts_say_that_they_listen_to_others_and_of_this_machine_only_itself_reaches_them() -> None:
    assert {PARTS[name]["environment"]["HAVN_DEV_EXPOSED"] for name in OURS} == {"1"}
    assert all(port.startswith("127.0.0.1:") for part in PARTS.values() for port in part.get("ports", []))


def test_the_services_answer_to_the_names_by_which_they_are_asked() -> None:
    for name, url in settings_of("stats-api")["service_urls"].items():
        hosts = Settings(**settings_of(f"{name}-api")).hosts
        assert {host_of(url), "127.0.0.1"} <= hosts


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
        Settings(**complete, plain_http_hosts=["issuer"])  # type: ignore[arg-type]
