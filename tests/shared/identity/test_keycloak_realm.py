"""The realm for Keycloak has everybody of the directory, and gives each what the contract allows and no more."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.everything import SERVICES
from shared.contract.directory import organisations
from shared.contract.organisations import kind_of, scopes_of
from shared.identity.actor import Assurance, Role
from shared.identity.keycloak_realm import keycloak_realm
from shared.identity.tokens import TrustedIssuer

NAMES = [service.name for service in SERVICES]


def claims_of(realm: dict[str, Any], client: dict[str, Any]) -> dict[str, str]:
    """What the mappers of a client and of its default scopes put into a token, as far as they are fixed."""
    scopes = [scope for scope in realm["clientScopes"] if scope["name"] in client["defaultClientScopes"]]
    mappers = [each for owner in (*scopes, client) for each in owner["protocolMappers"]]
    configs = [each["config"] for each in mappers if "claim.name" in each["config"]]
    return {config["claim.name"]: config.get("claim.value", "") for config in configs}


@pytest.mark.parametrize("is_development", [True, False])
def test_every_organisation_and_service_is_a_client_with_the_scopes_of_its_kind(is_development: bool) -> None:
    realm = keycloak_realm(NAMES, is_development=is_development)
    clients = {client["clientId"]: client for client in realm["clients"]}
    assert clients.keys() == {entry.id for entry in organisations()} | {f"havn-{name}" for name in NAMES}
    for client_id, client in clients.items():
        org = claims_of(realm, client)["org"]
        assert org == ("havn" if client_id.startswith("havn-") else client_id)
        granted = {name for name in client["defaultClientScopes"] if ":" in name or name == "admin"}
        assert granted == {scope.value for scope in scopes_of(kind_of(org))}, client_id
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
        assert not client["publicClient"]
        assert not client["directAccessGrantsEnabled"]
    known = {scope["name"] for scope in realm["clientScopes"]}
    assert all({*each["defaultClientScopes"], *each["optionalClientScopes"]} <= known for each in realm["clients"])
    assert realm["accessTokenLifespan"] <= TrustedIssuer.model_fields["max_lifetime_seconds"].default


def test_only_havn_itself_is_a_system_and_nobody_else_can_ask_to_be() -> None:
    realm = keycloak_realm(NAMES, is_development=True)
    systems = {each["clientId"] for each in realm["clients"] if claims_of(realm, each).get("roles") == '["system"]'}
    assert systems == {f"havn-{name}" for name in NAMES}
    people = {f"role:{role}" for role in Role if role is not Role.SYSTEM}
    for client in realm["clients"]:
        assert set(client["optionalClientScopes"]) == (set() if client["clientId"] in systems else people)


def test_an_account_has_a_level_of_assurance_that_its_person_cannot_set() -> None:
    realm = keycloak_realm(NAMES)
    (profile,) = realm["components"]["org.keycloak.userprofile.UserProfileProvider"]
    (config,) = profile["config"]["kc.user.profile.config"]
    attributes = {each["name"]: each for each in json.loads(config)["attributes"]}
    (mapper,) = [
        each["config"]["user.attribute"]
        for scope in realm["clientScopes"]
        for each in scope["protocolMappers"]
        if "user.attribute" in each["config"]
    ]
    assert attributes.keys() == {"username", "email", "firstName", "lastName", mapper}
    assert attributes[mapper]["permissions"]["edit"] == ["admin"]
    assert attributes[mapper]["validations"]["options"]["options"] == [level.value for level in Assurance]


def test_of_the_municipalities_those_that_are_wanted() -> None:
    realm = keycloak_realm(NAMES, municipalities=["0751", "0101"])
    clients = {each["clientId"] for each in realm["clients"]}
    assert {each for each in clients if each.startswith("kommune-")} == {"kommune-0751", "kommune-0101"}
    assert {"cmm", "us", "politi-fyn", "havn-stats"} <= clients
    printed = CliRunner().invoke(app, ["keycloak-realm", "--municipality", "0751", "--municipality", "0101"]).stdout
    assert json.loads(printed) == realm


def test_a_realm_for_production_has_no_secret_asks_for_tls_and_takes_roles_from_people() -> None:
    realm = keycloak_realm(NAMES)
    assert not re.search(r'"secret": ', json.dumps(realm))
    assert realm["sslRequired"] == "external"
    assert all(each["optionalClientScopes"] == [] for each in realm["clients"])
    (person,) = [scope for scope in realm["clientScopes"] if scope["name"] == "person"]
    assert {each["config"]["claim.name"]: each["protocolMapper"] for each in person["protocolMappers"]} == {
        "roles": "oidc-usermodel-realm-role-mapper",
        "nsis_loa": "oidc-usermodel-attribute-mapper",
    }


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["keycloak-realm", "--development"]).stdout
    assert json.loads(printed) == keycloak_realm(NAMES, is_development=True)
    file = tmp_path / "havn-realm.json"
    assert CliRunner().invoke(app, ["keycloak-realm", "--file", str(file)]).exit_code == 0
    assert json.loads(file.read_text()) == keycloak_realm(NAMES)
    refused = CliRunner().invoke(app, ["keycloak-realm", "--file", str(tmp_path / "none" / "x")])
    assert (refused.exit_code, "cannot be written" in refused.stderr) == (1, True)
