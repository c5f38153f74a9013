"""An issuer's keys: asked for seldom, believed for a while, forgotten in time, and only those that may sign."""

import asyncio
import gzip
import json
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from joserfc import jwk

from shared.identity import issuer_keys
from shared.identity.issuer_keys import KeysUnavailable, LocalKeys, RemoteKeys
from shared.identity.tokens import Refusal, TokenRefused, TokenVerifier
from tests.shared.identity.forged_tokens import (
    EC,
    NOW,
    OKP,
    POLICE,
    RSA,
    STRANGER,
    claims,
    encoded,
    header,
    published,
    signed,
)

OLD, NEW = EC, STRANGER


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Issuer:
    """Serves a key set, counts how often it is asked, and can be made to misbehave."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked: list[str] = []
        self.answer: Callable[[], Any] | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        await asyncio.sleep(0)
        if self.answer:
            made = self.answer()
            served: httpx.Response = await made if asyncio.iscoroutine(made) else made
            return served
        return httpx.Response(200, json={"keys": self.keys})

    def fails(self, response: httpx.Response | None = None) -> None:
        def answer() -> httpx.Response:
            if response is None:
                raise httpx.ConnectError("down")
            return response

        self.answer = answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(published(OLD, "old"))


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[RemoteKeys]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(issuer)) as client:
        source = RemoteKeys(POLICE.jwks_uri, client, now=clock)
        yield source
        await source.close()


async def verdict(keys: RemoteKeys, kid: str, key: jwk.ECKey) -> str:
    """`accepted`, or why a token of that key is refused now."""
    try:
        await TokenVerifier({POLICE: keys}, now=lambda: NOW).verify(signed(header(kid=kid), claims(), key))
    except TokenRefused as refused:
        return refused.reason
    return "accepted"


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_t015_ten_thousand_invented_key_ids_cost_the_issuer_one_question(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    assert await keys.keys("old")
    for _ in range(100):
        found = await asyncio.gather(*(keys.keys(secrets.token_hex(8)) for _ in range(100)))
        assert not any(found)
    assert len(issuer.asked) == 1
    clock.seconds += 30
    await asyncio.gather(*(keys.keys(secrets.token_hex(8)) for _ in range(100)))
    assert len(issuer.asked) == 2


async def test_t015_an_issuer_that_is_down_from_the_start_is_asked_no_more_often(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    issuer.fails()
    for _ in range(3):
        assert await verdict(keys, "old", OLD) == Refusal.KEYS_UNAVAILABLE
    assert len(issuer.asked) == 1
    issuer.answer = None
    clock.seconds += 30
    assert await verdict(keys, "old", OLD) == "accepted"


async def test_t016_keys_are_rotated_without_a_refused_request(keys: RemoteKeys, issuer: Issuer, clock: Clock) -> None:
    verdicts = []
    for second in range(1500):
        clock.seconds = 1000.0 + second
        if second == 300:
            issuer.keys = [published(OLD, "old"), published(NEW, "new")]
        if second == 1000:
            issuer.keys = [published(NEW, "new")]
        if second < 900:
            verdicts.append(await verdict(keys, "old", OLD))
        if second >= 330:
            verdicts.append(await verdict(keys, "new", NEW))
    assert set(verdicts) == {"accepted"}
    assert len(issuer.asked) <= 1500 / 30


async def test_t015_a_new_key_is_found_at_once_when_the_issuer_was_not_just_asked(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    issuer.keys = [published(NEW, "new"), published(OLD, "old")]
    clock.seconds += 30
    assert await verdict(keys, "new", NEW) == "accepted"


async def test_a_key_that_was_just_made_is_found_at_once_whatever_strangers_have_asked(
    keys: RemoteKeys, issuer: Issuer
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    for _ in range(200):
        assert not await keys.keys(secrets.token_hex(8))
    issuer.keys = [published(NEW, "new")]
    assert await verdict(keys, "new", NEW) == "accepted"
    assert len(issuer.asked) == 2


def invented(**changes: Any) -> str:
    """A stranger's token with a key id of its own, all in order but for what `changes` says."""
    return signed(header(kid=secrets.token_hex(8)), claims(**changes), STRANGER)


def without_shape(token: str, octets: bytes) -> str:
    return token.rpartition(".")[0] + "." + encoded(octets)


@pytest.mark.parametrize(
    "token",
    [
        lambda: without_shape(invented(), b"x"),
        lambda: without_shape(invented(), b"\0" * 64),
        lambda: without_shape(invented(), b"\xff" * 64),
        lambda: invented(exp=NOW - 1),
        lambda: invented(aud="another"),
        lambda: invented(org="cmm"),
        lambda: invented(jti=None),
    ],
    ids=["short", "zero", "beyond the curve", "expired", "for another", "not this issuer's", "no jti"],
)
async def test_a_token_that_would_not_hold_asks_for_no_key(
    keys: RemoteKeys, issuer: Issuer, token: Callable[[], str]
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    for _ in range(20):
        with pytest.raises(TokenRefused) as refused:
            await TokenVerifier({POLICE: keys}, now=lambda: NOW).verify(token())
        assert refused.value.reason == Refusal.KEY
    assert len(issuer.asked) == 1


async def test_tokens_that_would_hold_have_a_budget_and_wait_for_the_next_question(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.seconds += seconds

    assert await verdict(keys, "old", OLD) == "accepted"
    verifier = TokenVerifier({POLICE: keys}, now=lambda: NOW)
    monkeypatch.setattr(issuer_keys, "sleep", wait)
    for _ in range(issuer_keys.PLAUSIBLE_AT_ONCE + 3):
        with pytest.raises(TokenRefused):
            await verifier.verify(invented())
    assert waited == [pytest.approx(issuer_keys.PLAUSIBLE_EVERY_SECONDS)] * 3
    # A stranger that has used all of it up costs who comes with a new key a second, not a refusal.
    issuer.keys = [published(NEW, "new")]
    assert await verdict(keys, "new", NEW) == "accepted"
    assert len(issuer.asked) == 1 + issuer_keys.PLAUSIBLE_AT_ONCE + 4


async def test_an_issuer_that_does_not_answer_is_asked_no_more_often_for_new_keys(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    issuer.fails()
    clock.seconds += 30
    for _ in range(10):
        assert await verdict(keys, "new", NEW) == Refusal.KEY
    assert len(issuer.asked) == 2


@pytest.mark.parametrize("step", [1, 301])
async def test_t015_a_removed_key_is_refused_within_five_minutes(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, step: int
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    issuer.keys = [published(NEW, "new")]
    last = ""
    for _ in range(0, 301, step):
        clock.seconds += step
        last = await verdict(keys, "old", OLD)
    assert last == Refusal.KEY


async def test_t015_stale_keys_are_used_for_an_hour_while_the_issuer_is_down_and_no_longer(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    issuer.fails()
    clock.seconds += 3599
    assert await verdict(keys, "old", OLD) == "accepted"
    clock.seconds += 1
    assert await verdict(keys, "old", OLD) == Refusal.KEYS_UNAVAILABLE
    issuer.answer = None
    clock.seconds += 30
    assert await verdict(keys, "old", OLD) == "accepted"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "https://evil.example/jwks"}),
        httpx.Response(301, headers={"location": "/elsewhere"}),
        httpx.Response(500),
        httpx.Response(204),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"keys": 7}'),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=b'{"keys": [], "keys": []}'),
        httpx.Response(200, content=b'{"keys":' + b"[" * 20_000),
        httpx.Response(200, content=b"\xff\xfe"),
    ],
    ids=["elsewhere", "moved", "failing", "empty", "page", "number", "list", "twice", "deep", "utf-16"],
)
async def test_an_answer_that_is_no_key_set_changes_nothing(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, answer: httpx.Response
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    issuer.fails(answer)
    clock.seconds += 301
    assert await verdict(keys, "old", OLD) == "accepted"
    assert issuer.asked == [POLICE.jwks_uri] * 2


async def test_t053_a_huge_key_set_is_given_up_after_64_kib(keys: RemoteKeys, issuer: Issuer) -> None:
    sent = []

    async def huge() -> AsyncIterator[bytes]:
        for _ in range(1024):
            sent.append(1024)
            yield b" " * 1024

    issuer.answer = lambda: httpx.Response(200, content=huge())
    assert await verdict(keys, "old", OLD) == Refusal.KEYS_UNAVAILABLE
    assert sum(sent) <= issuer_keys.LARGEST_KEY_SET + 2048


async def test_t053_a_slow_key_set_is_given_up(
    keys: RemoteKeys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "

    issuer.answer = lambda: httpx.Response(200, content=dripping())
    assert await asyncio.wait_for(verdict(keys, "old", OLD), 2) == Refusal.KEYS_UNAVAILABLE


async def test_a_packed_key_set_is_not_unpacked(keys: RemoteKeys, issuer: Issuer) -> None:
    packed = gzip.compress(json.dumps({"keys": issuer.keys}).encode())
    issuer.answer = lambda: httpx.Response(200, content=packed, headers={"content-encoding": "gzip"})
    assert await verdict(keys, "old", OLD) == Refusal.KEYS_UNAVAILABLE


async def test_a_known_key_does_not_wait_for_a_set_that_is_being_refreshed(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    assert await verdict(keys, "old", OLD) == "accepted"
    goes_on = asyncio.Event()

    async def later() -> httpx.Response:
        await goes_on.wait()
        return httpx.Response(200, json={"keys": [published(NEW, "new")]})

    issuer.answer = later
    clock.seconds += 241
    assert await verdict(keys, "old", OLD) == "accepted"
    goes_on.set()
    await _settled()
    assert await verdict(keys, "new", NEW) == "accepted"
    assert len(issuer.asked) == 2


async def test_a_caller_who_hangs_up_does_not_end_the_question_for_the_others(keys: RemoteKeys, issuer: Issuer) -> None:
    goes_on = asyncio.Event()

    async def later() -> httpx.Response:
        await goes_on.wait()
        return httpx.Response(200, json={"keys": issuer.keys})

    issuer.answer = later
    impatient = asyncio.create_task(keys.keys("old"))
    patient = asyncio.create_task(keys.keys("old"))
    await _settled()
    impatient.cancel()
    goes_on.set()
    assert len(await patient) == 1
    assert len(issuer.asked) == 1


async def test_keys_that_are_given_up_end_the_question(issuer: Issuer, clock: Clock) -> None:
    issuer.answer = lambda: asyncio.sleep(3600)
    async with httpx.AsyncClient(transport=httpx.MockTransport(issuer)) as client:
        source = RemoteKeys(POLICE.jwks_uri, client, now=clock)
        waiting = asyncio.create_task(source.keys("old"))
        await _settled()
        await source.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_an_issuer_never_heard_of_has_no_keys_to_believe(keys: RemoteKeys, issuer: Issuer) -> None:
    issuer.fails()
    with pytest.raises(KeysUnavailable):
        await keys.keys("old")


@pytest.mark.parametrize(
    "address", ["http://login.politi.example/jwks", "ftp://127.0.0.1/jwks", "file:///etc/jwks", "http://127.0.0.1.evil"]
)
async def test_keys_are_fetched_over_tls_only(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        RemoteKeys(address)


async def test_keys_on_this_machine_may_come_without_tls() -> None:
    await RemoteKeys("http://127.0.0.1:8180/realms/havn/certs").close()


async def found(**members: Any) -> frozenset[str]:
    """The algorithms that a key of the EC family may be used with when its published form is changed so."""
    whole = published(EC, "k") | members
    listed = await LocalKeys([{name: value for name, value in whole.items() if value is not ...}]).keys("k")
    return listed[0].algorithms if listed else frozenset()


async def test_a_key_is_used_with_the_algorithms_of_its_type_or_the_one_it_names() -> None:
    assert await found() == {"ES256"}
    assert await found(alg="ES256", use="sig", key_ops=["verify"]) == {"ES256"}
    for key, algorithms in ((RSA, {"PS256"}), (OKP, {"EdDSA", "Ed25519"})):
        [listed] = await LocalKeys([published(key, "k")]).keys("k")
        assert listed.algorithms == algorithms
    [renamed] = await LocalKeys([published(OKP, "k", alg="Ed25519")]).keys("k")
    assert renamed.algorithms == {"EdDSA", "Ed25519"}


@pytest.mark.parametrize(
    "members",
    [
        {"use": "enc"},
        {"use": ["sig"]},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "ES384"},
        {"alg": "RS256"},
        {"alg": ["ES256"]},
        {"alg": {}},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA"},
        {"kty": ["EC"]},
        {"kty": ...},
        {"crv": "P-384"},
        {"crv": ...},
        {"kid": ...},
        {"kid": 7},
        {"d": "AAAA"},
        {"x": ...},
        {"x": 7},
        {"x": "AAAA"},
        {"y": "====="},
    ],
    ids=lambda members: json.dumps({name: str(value) for name, value in members.items()}),
)
async def test_a_key_that_is_not_for_our_signatures_is_passed_over(members: dict[str, Any]) -> None:
    assert await found(**members) == frozenset()


async def test_one_bad_key_does_not_take_the_good_ones_with_it() -> None:
    bad: list[Any] = [None, 7, "key", [], {}, {"kid": "k", "kty": "EC", "crv": "P-256"}]
    assert len(await LocalKeys([*bad, published(EC, "k")]).keys("k")) == 1


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("bits", [1024, 2040, 8200])
async def test_an_rsa_key_of_another_size_than_we_can_bear_is_passed_over(bits: int) -> None:
    modulus = ((1 << (bits - 1)) + 1).to_bytes(bits // 8, "big")
    assert await LocalKeys([published(RSA, "k") | {"n": encoded(modulus)}]).keys("k") == []


async def test_a_key_set_never_shows_a_private_half() -> None:
    assert await LocalKeys([EC.as_dict(private=True) | {"kid": "k"}]).keys("k") == []
