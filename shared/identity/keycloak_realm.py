"""A Keycloak realm for Havn: a client for every organisation of the directory and for each of Havn's own services.

What Havn asks of a token (`tokens.py`) is what the realm's mappers put into it. A realm for production holds no secret: Keycloak
makes one for each client, and roles are those of the person. In one for development every secret is `dev`, and a client that
asks for the scope `role:lawyer` acts as a lawyer.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from shared.contract.directory import organisations
from shared.contract.organisations import HAVN, Scope, kind_of, municipality_of, scopes_of
from shared.identity.actor import Assurance, Role

DEVELOPMENT_SECRET: Final = "dev"  # noqa: S105  (known to everybody, as is the development issuer's)
LIFETIME_SECONDS: Final = 300
PERSON: Final = "person"
MACHINE: Final = "machine"
_LEVEL: Final = "nsis_loa"

Json = dict[str, Any]


def keycloak_realm(
    services: Sequence[str], *, is_development: bool = False, municipalities: Collection[str] | None = None
) -> Json:
    """The realm as Keycloak imports it (`start --import-realm`); of the municipalities those with these codes, or all. Keycloak
    reads some clients a second: the 98 are most of its first start."""
    partners = [entry.id for entry in organisations()]
    if municipalities is not None:
        partners = [each for each in partners if municipality_of(each) in {None, *municipalities}]
    clients = [_partner(each, is_development=is_development) for each in partners]
    clients += [_service(f"{HAVN}-{name}", is_development=is_development) for name in services]
    return {
        "realm": HAVN,
        "enabled": True,
        "sslRequired": "none" if is_development else "external",
        "accessTokenLifespan": LIFETIME_SECONDS,
        "defaultSignatureAlgorithm": "ES256",
        "components": {
            "org.keycloak.keys.KeyProvider": [_key("first", priority=200)],
            "org.keycloak.userprofile.UserProfileProvider": [_profile()],
        },
        "roles": {"realm": [{"name": role.value} for role in Role if role is not Role.SYSTEM]},
        "clientScopes": [
            _scope(HAVN, is_named=False, mappers=[_audience(), _subject()]),
            _scope(MACHINE, is_named=False, mappers=[_fixed(_LEVEL, Assurance.SUBSTANTIAL.value)]),
            *(_scope(scope.value) for scope in Scope),
            *(_role_scopes() if is_development else [_scope(PERSON, is_named=False, mappers=[_roles(), _assurance()])]),
        ],
        "clients": clients,
    }


def _key(name: str, *, priority: int) -> Json:
    config = {"priority": [str(priority)], "ecdsaEllipticCurveKey": ["P-256"]}
    return {"name": name, "providerId": "ecdsa-generated", "config": config}


def _profile() -> Json:
    """What a person's account may hold: Keycloak's own four, and the level of assurance, which nobody gives himself. An attribute
    that no profile names Keycloak drops without a word."""
    both = {"view": ["admin", "user"], "edit": ["admin", "user"]}
    checked = {  # as Keycloak checks them without a profile of ours
        "username": ("username-prohibited-characters", "up-username-not-idn-homograph"),
        "email": ("email",),
        "firstName": ("person-name-prohibited-characters",),
        "lastName": ("person-name-prohibited-characters",),
    }
    named = [
        {
            "name": name,
            "displayName": f"${{{name}}}",
            "permissions": both,
            "validations": {"length": {"max": 255}} | {check: {} for check in checks},
        }
        for name, checks in checked.items()
    ]
    assured = {
        "name": _LEVEL,
        "displayName": "NSIS level of assurance",
        "permissions": {"view": ["admin", "user"], "edit": ["admin"]},
        "validations": {"options": {"options": [level.value for level in Assurance]}},
    }
    config = {"kc.user.profile.config": [json.dumps({"attributes": [*named, assured]})]}
    return {"providerId": "declarative-user-profile", "config": config}


def _partner(organisation: str, *, is_development: bool) -> Json:
    scopes = sorted(scope.value for scope in scopes_of(kind_of(organisation)))
    roles = [f"role:{role.value}" for role in _people()] if is_development else []
    by_default = [HAVN, MACHINE if is_development else PERSON, *scopes]
    return _client(organisation, organisation, by_default, optional=roles, is_development=is_development)


def _service(client_id: str, *, is_development: bool) -> Json:
    scopes = sorted(scope.value for scope in scopes_of(kind_of(HAVN)))
    client = _client(client_id, HAVN, [HAVN, MACHINE, *scopes], is_development=is_development)
    client["protocolMappers"].append(_fixed("roles", f'["{Role.SYSTEM}"]', "JSON"))
    return client


def _client(
    client_id: str, organisation: str, scopes: Iterable[str], *, is_development: bool, optional: Iterable[str] = ()
) -> Json:
    return {
        "clientId": client_id,
        "publicClient": False,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": True,
        "clientAuthenticatorType": "client-secret",
        "attributes": {
            "access.token.signed.response.alg": "ES256",
            "access.token.header.type.rfc9068": "true",
        },
        "defaultClientScopes": list(scopes),
        "optionalClientScopes": list(optional),
        "protocolMappers": [_fixed("org", organisation)],
    } | ({"secret": DEVELOPMENT_SECRET} if is_development else {})


def _people() -> list[Role]:
    return [role for role in Role if role is not Role.SYSTEM]


def _role_scopes() -> list[Json]:
    return [
        _scope(f"role:{role.value}", is_named=False, mappers=[_fixed("roles", f'["{role.value}"]', "JSON")])
        for role in _people()
    ]


def _scope(name: str, *, is_named: bool = True, mappers: Sequence[Json] = ()) -> Json:
    named = {"include.in.token.scope": str(is_named).lower()}
    return {"name": name, "protocol": "openid-connect", "attributes": named, "protocolMappers": list(mappers)}


def _mapper(name: str, kind: str, **config: str) -> Json:
    given = {key.replace("_", "."): value for key, value in config.items()} | {"access.token.claim": "true"}
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": given}


def _fixed(claim: str, value: str, kind: str = "String") -> Json:
    mapper = _mapper(claim, "oidc-hardcoded-claim-mapper", claim_value=value)
    mapper["config"] |= {"claim.name": claim, "jsonType.label": kind}
    return mapper


def _audience() -> Json:
    return _mapper("aud", "oidc-audience-mapper", included_custom_audience=HAVN)


def _subject() -> Json:
    return _mapper("sub", "oidc-sub-mapper")


def _assurance() -> Json:
    mapper = _mapper(_LEVEL, "oidc-usermodel-attribute-mapper", user_attribute=_LEVEL)
    mapper["config"] |= {"claim.name": _LEVEL, "jsonType.label": "String"}
    return mapper


def _roles() -> Json:
    mapper = _mapper("roles", "oidc-usermodel-realm-role-mapper", multivalued="true")
    mapper["config"] |= {"claim.name": "roles", "jsonType.label": "String"}
    return mapper
