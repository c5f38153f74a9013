"""Tokens that were verified a moment ago are believed without another signature check, and nothing else is."""

from collections.abc import Sequence

import pytest

from shared.identity import tokens
from shared.identity.issuer_keys import KeysUnavailable, LocalKeys, PublishedKey
from shared.identity.proven_tokens import SECONDS
from shared.identity.tokens import Refusal, TokenRefused, TokenVerifier
from tests.shared.identity.forged_tokens import (
    FORGED,
    MUNICIPALITIES,
    NOW,
    POLICE,
    POLICE_KEYS,
    STRANGER,
    claims,
    good,
    published,
)


class Issuer(LocalKeys):
    """Keys that can be taken back, published anew, or be out of reach."""

    is_away = False

    def publish(self, *keys: dict[str, object]) -> None:
        self._keys = LocalKeys(keys)._keys

    async def keys(self, kid: str) -> Sequence[PublishedKey]:
        if self.is_away:
            raise KeysUnavailable
        return await super().keys(kid)


class Watched:
    """A verifier that believes the police and the municipalities, its clock, and how many signatures it has checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.checked, self.police = float(NOW), 0, Issuer(POLICE_KEYS)
        neighbours = LocalKeys([published(STRANGER, "ec")])
        self.verifier = TokenVerifier({POLICE: self.police, MUNICIPALITIES: neighbours}, now=lambda: self.now)
        check = tokens._signed_payload

        def counted(token: str, key: PublishedKey) -> dict[str, object]:
            self.checked += 1
            return check(token, key)

        monkeypatch.setattr(tokens, "_signed_payload", counted)

    async def refusal(self, token: str) -> Refusal:
        with pytest.raises(TokenRefused) as refused:
            await self.verifier.verify(token)
        return refused.value.reason


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


async def test_the_same_token_is_the_same_actor_and_one_signature(watched: Watched) -> None:
    token = good()
    first = await watched.verifier.verify(token)
    assert [await watched.verifier.verify(token) for _ in range(5)] == [first] * 5
    assert watched.checked == 1


async def test_beside_a_remembered_token_every_forged_one_is_refused_as_before(watched: Watched) -> None:
    await watched.verifier.verify(good())
    assert {name: await watched.refusal(token) for name, token, _ in FORGED} == {name: why for name, _, why in FORGED}


async def test_a_remembered_token_that_is_changed_in_one_letter_is_refused(watched: Watched) -> None:
    token = good()
    await watched.verifier.verify(token)
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        await watched.refusal(changed)


async def test_a_remembered_token_ends_when_it_says(watched: Watched) -> None:
    token = good(exp=NOW + 10)
    await watched.verifier.verify(token)
    watched.now = NOW + 10
    assert await watched.refusal(token) == Refusal.EXPIRED


async def test_a_token_is_verified_anew_after_half_a_minute(watched: Watched) -> None:
    token = good()
    for watched.now in (NOW, NOW + SECONDS - 1, NOW + SECONDS):
        await watched.verifier.verify(token)
    assert watched.checked == 2
    assert claims()["exp"] > NOW + SECONDS, "or it would have ended"


async def test_a_key_that_is_taken_back_ends_what_it_proved(watched: Watched) -> None:
    token = good()
    await watched.verifier.verify(token)
    watched.police.publish(published(STRANGER, "ec"))
    assert await watched.refusal(token) == Refusal.SIGNATURE
    watched.police.publish()
    assert await watched.refusal(token) == Refusal.KEY


async def test_while_the_keys_cannot_be_known_no_token_is_believed(watched: Watched) -> None:
    token = good()
    await watched.verifier.verify(token)
    watched.police.is_away = True
    assert await watched.refusal(token) == Refusal.KEYS_UNAVAILABLE


async def test_a_refused_token_is_not_remembered(watched: Watched) -> None:
    early = good(iat=NOW + 60, exp=NOW + 120)
    assert await watched.refusal(early) == Refusal.NOT_YET_VALID
    watched.now = NOW + 60
    assert (await watched.verifier.verify(early)).org == "politi-oestjylland"


async def test_the_oldest_is_forgotten_first(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.identity.proven_tokens._MOST", 2)
    first, second, third = (good(jti=name) for name in ("a", "b", "c"))
    for token in (first, second, third, third, second, first):
        await watched.verifier.verify(token)
    assert watched.checked == 4
