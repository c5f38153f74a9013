"""Access tokens: the good ones give an actor, the forged ones a refusal, and nothing gives anything else."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contract.organisations import OrganisationKind, Scope, UnknownOrganisation
from shared.http.policy import Requires
from shared.identity.actor import Assurance, Role
from shared.identity.issuer_keys import KeysUnavailable, LocalKeys
from shared.identity.tokens import LARGEST_TOKEN, Refusal, TokenRefused, TokenVerifier, TrustedIssuer
from shared.kernel.errors import AssuranceTooLow
from tests.shared.identity.forged_tokens import (
    EC,
    FORGED,
    MUNICIPALITIES,
    NOW,
    OKP,
    POLICE,
    POLICE_KEYS,
    RSA,
    STRANGER,
    claims,
    good,
    header,
    published,
    signed,
)

HAVN_CODE = Path(__file__).parents[3]


def verifier(**changed: Any) -> TokenVerifier:
    """Trusts the police, whose key is `ec`, and the municipalities, whose other key has the same id."""
    police = POLICE.model_copy(update=changed)
    keys = {police: LocalKeys(POLICE_KEYS), MUNICIPALITIES: LocalKeys([published(STRANGER, "ec")])}
    return TokenVerifier(keys, now=lambda: NOW)


async def refusal(token: str, **changed: Any) -> Refusal:
    with pytest.raises(TokenRefused) as refused:
        await verifier(**changed).verify(token)
    return refused.value.reason


@pytest.mark.parametrize(("token", "reason"), [(t, r) for _, t, r in FORGED], ids=[name for name, _, _ in FORGED])
async def test_t001_t008_a_forged_token_is_refused(token: str, reason: Refusal) -> None:
    assert await refusal(token) == reason


def test_the_corpus_of_forged_tokens_is_large_and_each_is_another() -> None:
    assert len(FORGED) >= 60
    assert len({name for name, _, _ in FORGED}) == len(FORGED)


async def test_a_good_token_gives_the_whole_actor() -> None:
    actor = await verifier().verify(good(roles=["caseworker", "decider"], nsis_loa="high"))
    assert actor.org == "politi-oestjylland"
    assert actor.kind is OrganisationKind.POLICE
    assert (actor.subject, actor.client_id) == ("a3c1", "politi-oestjylland")
    assert actor.roles == {Role.CASEWORKER, Role.DECIDER}
    assert actor.scopes == {Scope.REFERRALS_READ, Scope.REFERRALS_WRITE}
    assert actor.assurance is Assurance.HIGH


@pytest.mark.parametrize(
    ("algorithm", "kid", "key", "signer"),
    [
        ("ES256", "ec", EC, "ES256"),
        ("PS256", "rsa", RSA, "PS256"),
        ("EdDSA", "okp", OKP, "Ed25519"),
        ("Ed25519", "okp", OKP, "Ed25519"),
        ("ES256", "many-types", EC, "ES256"),
        ("Ed25519", "many-types", OKP, "Ed25519"),
    ],
)
async def test_t002_each_allowed_algorithm_is_accepted(algorithm: str, kid: str, key: Any, signer: str) -> None:
    token = signed(header(alg=algorithm, kid=kid), claims(), key, algorithm=signer)
    assert (await verifier().verify(token)).org == "politi-oestjylland"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
async def test_t004_the_type_of_an_access_token_may_be_spelled_as_rfc_9068_allows(typ: str) -> None:
    assert await verifier().verify(signed(header(typ=typ), claims()))


async def test_t004_plain_jwt_is_accepted_from_an_issuer_configured_so_and_from_no_other() -> None:
    head = header(typ="JWT")
    municipal = claims(iss=MUNICIPALITIES.issuer, org="kommune-0751", client_id="kommune-0751")
    assert await verifier().verify(signed(head, municipal, STRANGER))
    assert await refusal(signed(head, claims())) == Refusal.TYPE


async def test_t005_two_issuers_with_the_same_key_id_each_verify_with_their_own_key() -> None:
    municipal = claims(iss=MUNICIPALITIES.issuer, org="kommune-0751", client_id="kommune-0751")
    assert (await verifier().verify(signed(header(), municipal, STRANGER))).kind is OrganisationKind.MUNICIPALITY
    assert await refusal(signed(header(), municipal, EC)) == Refusal.SIGNATURE
    assert await refusal(signed(header(), claims(), STRANGER)) == Refusal.SIGNATURE


async def test_t009_an_issuer_cannot_speak_for_the_organisation_of_another() -> None:
    as_police = claims(iss=MUNICIPALITIES.issuer)
    assert await refusal(signed(header(), as_police, STRANGER)) == Refusal.ORGANISATION


@pytest.mark.parametrize("audience", ["havn", ["havn"], ["skat", "havn"]])
async def test_t006_the_audience_is_havn_alone_or_among_others(audience: Any) -> None:
    assert await verifier().verify(good(aud=audience))


@pytest.mark.parametrize(
    "times",
    [
        {"iat": NOW, "exp": NOW + 600},
        {"iat": NOW + 10, "exp": NOW + 60},
        {"nbf": NOW + 10},
        {"nbf": NOW - 5},
        {"exp": NOW + 1},
        {"iat": NOW - 0.5, "exp": NOW + 0.5},
    ],
)
async def test_t007_times_at_the_edge_are_accepted(times: dict[str, float]) -> None:
    assert await verifier().verify(good(**times))


async def test_t007_an_issuer_may_be_trusted_with_longer_tokens() -> None:
    hour = good(iat=NOW, exp=NOW + 3600)
    assert await verifier(max_lifetime_seconds=3600).verify(hour)
    assert await refusal(hour) == Refusal.LIFETIME


async def test_a_token_never_carries_more_than_the_kind_of_its_organisation_may_have() -> None:
    actor = await verifier().verify(good(scope=" ".join(Scope)))
    assert Scope.CASES_READ in actor.scopes
    assert actor.scopes.isdisjoint({Scope.CASES_DECIDE, Scope.STATS_EXACT, Scope.AUDIT_READ, Scope.ADMIN})


async def test_scopes_of_other_services_mean_nothing() -> None:
    assert (await verifier().verify(good(scope="openid profile cases:read"))).scopes == {Scope.CASES_READ}


async def test_t019_a_token_without_a_level_of_assurance_has_the_lowest() -> None:
    assert (await verifier().verify(good(nsis_loa=...))).assurance is Assurance.LOW


async def test_a_token_without_roles_has_none() -> None:
    assert (await verifier().verify(good(roles=...))).roles == frozenset()


async def test_the_client_may_be_named_as_keycloak_names_it() -> None:
    assert (await verifier().verify(good(client_id=..., azp="pages"))).client_id == "pages"
    assert (await verifier().verify(good(client_id="pages", azp="pages"))).client_id == "pages"


async def test_t001_an_oversized_token_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(octets: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("shared.kernel.strict_json.loads", parsed)
    assert await refusal("e30." * (LARGEST_TOKEN // 4) + "e30") == Refusal.TOO_LARGE


async def test_t003_a_token_that_brings_its_own_key_makes_nobody_look_for_keys() -> None:
    class NobodyAsks:
        async def keys(self, kid: str) -> list[Any]:
            raise AssertionError("asked")

    guarded = TokenVerifier({POLICE: NobodyAsks()}, now=lambda: NOW)
    with pytest.raises(TokenRefused) as refused:
        await guarded.verify(signed(header(jku="https://evil.example/jwks"), claims()))
    assert refused.value.reason == Refusal.HEADER


@pytest.mark.parametrize(
    ("surprise", "reason"),
    [
        (KeysUnavailable(), Refusal.KEYS_UNAVAILABLE),
        (RecursionError(), Refusal.UNEXPECTED),
        (UnicodeError("secret"), Refusal.UNEXPECTED),
        (MemoryError(), Refusal.UNEXPECTED),
    ],
)
async def test_any_surprise_is_a_refusal_that_quotes_nothing(surprise: Exception, reason: Refusal) -> None:
    class Surprising:
        async def keys(self, kid: str) -> list[Any]:
            raise surprise

    with pytest.raises(TokenRefused) as refused:
        await TokenVerifier({POLICE: Surprising()}, now=lambda: NOW).verify(good())
    assert refused.value.reason == reason
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("roles", "counted"),
    [
        (["caseworker", "offline_access", "uma_authorization"], {"caseworker"}),
        (["offline_access"], set()),
        (["system", "offline_access"], {"system"}),
        (["system", "caseworker"], {"caseworker"}),
        (["system", "decider", "admin"], {"decider", "admin"}),
        (["system"], {"system"}),
    ],
)
async def test_roles_that_are_not_ours_are_passed_over_and_a_system_that_is_a_person_too_is_a_person(
    roles: list[str], counted: set[str]
) -> None:
    actor = await verifier().verify(good(roles=roles, scope="openid cases:read offline_access", nsis_loa="low"))
    assert actor.roles == counted
    assert actor.scopes == {"cases:read"}
    assert actor.is_system == (counted == {"system"})


async def test_a_mixed_token_has_the_assurance_of_its_person() -> None:
    policy = Requires(Scope.CASES_READ, Role.CASEWORKER, Role.SYSTEM)
    mixed = await verifier().verify(good(roles=["caseworker", "system"], scope="cases:read", nsis_loa="low"))
    with pytest.raises(AssuranceTooLow):
        policy.check(mixed)
    policy.check(await verifier().verify(good(roles=["system"], scope="cases:read", nsis_loa="low")))


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claim=st.sampled_from([*claims(), "nbf", "azp"]), value=_json_values)
async def test_a_signed_token_with_any_one_claim_changed_gives_an_actor_or_a_refusal(claim: str, value: Any) -> None:
    token = signed(header(), json.dumps(claims(**{claim: value})).encode())
    try:
        judged: str = (await verifier().verify(token)).org
    except TokenRefused as refused:
        judged = refused.reason
    assert judged != Refusal.UNEXPECTED
    assert judged in [*Refusal, "politi-oestjylland"]


@settings(deadline=None, max_examples=200)
@given(token=st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
async def test_no_text_is_a_token_and_none_is_a_surprise(token: str) -> None:
    assert await refusal(token) != Refusal.UNEXPECTED


def test_an_issuer_is_trusted_for_known_organisations_only() -> None:
    for pattern in ("*", "reden-*", "politiet", "havn-*", ""):
        with pytest.raises((ValueError, UnknownOrganisation)):
            TrustedIssuer(issuer="https://a.example", jwks_uri="https://a.example/jwks", organisations=(pattern,))


def test_an_issuer_cannot_be_trusted_with_tokens_that_are_no_access_tokens() -> None:
    for typ in ((), ("dpop+jwt",), ("at+jwt", "logout+jwt")):
        with pytest.raises(ValueError, match="access token"):
            TrustedIssuer.model_validate(POLICE.model_dump() | {"typ": typ})


def test_an_issuer_is_trusted_in_one_way_only() -> None:
    wider = POLICE.model_copy(update={"organisations": ("cmm",)})
    with pytest.raises(ValueError, match="one way"):
        TokenVerifier({POLICE: LocalKeys([]), wider: LocalKeys([])})


_VERIFYING = {
    "jwt": {"decode"},
    "jws": {"deserialize_compact", "validate_compact", "deserialize_json", "extract_compact"},
}


def _verifying_calls(module: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.attr in _VERIFYING.get(node.func.value.id, set())
    ]


def _names_algorithms(call: ast.Call) -> bool:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "algorithms"), None)
    allowed = {"ES256", "PS256", "EdDSA", "Ed25519"}
    return (
        isinstance(named, ast.List)
        and bool(named.elts)
        and all(isinstance(name, ast.Constant) and name.value in allowed for name in named.elts)
    )


def _literal_registries(module: ast.Module) -> set[str]:
    """Names of registries of algorithms that were built with the list spelled out."""
    assigned = [node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {
        target.id
        for node in assigned
        if isinstance(node.value, ast.Call) and _names_algorithms(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def _is_explicit(call: ast.Call, registries: set[str]) -> bool:
    registry = next((keyword.value for keyword in call.keywords if keyword.arg == "registry"), None)
    if registry is not None:
        return isinstance(registry, ast.Name) and registry.id in registries
    return _names_algorithms(call)


def test_t002_whoever_verifies_a_signature_spells_out_the_algorithms() -> None:
    found = 0
    for path in [*HAVN_CODE.glob("shared/**/*.py"), *HAVN_CODE.glob("services/**/*.py")]:
        module = ast.parse(path.read_text())
        assert "authlib.jose" not in path.read_text(), path
        for call in _verifying_calls(module):
            found += 1
            assert _is_explicit(call, _literal_registries(module)), f"{path}:{call.lineno}"
    assert found, "the verifier itself must be found, or this test sees nothing"


@pytest.mark.parametrize(
    "careless", ["jwt.decode(t, k)", "jwt.decode(t, k, algorithms=allowed)", "jws.deserialize_compact(t, k, ['none'])"]
)
def test_the_look_out_for_careless_verification_sees_it(careless: str) -> None:
    [call] = _verifying_calls(ast.parse(careless))
    assert not _is_explicit(call, set())
