"""The public keys of an OIDC issuer: which of them may sign a token, fetched seldom and forgotten in time.

A key set is asked for when a key is unknown or the set is four minutes old, never more often than every 30 seconds, so
that made-up key ids cannot be used to make us hammer an issuer. A token that would hold if its key were known has a budget
of its own, and waits a moment when that is used up: a key that was just changed is found at once, whoever makes up others.
An issuer that is down is believed for an hour more.
"""

import asyncio
import base64
import math
import time
from asyncio import sleep
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc import jwk

from shared.kernel import strict_json
from shared.kernel.settings import LOOPBACK
from shared.observability.logs import log

REFRESH_AFTER_SECONDS: Final = 240.0
"""From this age a set is asked for again while its keys are still used."""
REMOVED_WITHIN_SECONDS: Final = 300.0
"""From this age a key is used only after the issuer has been asked: so long may a removed key live."""
STALE_FOR_SECONDS: Final = 3600.0
"""So long the last known keys are used while the issuer does not answer."""
ASK_AT_MOST_EVERY_SECONDS: Final = 30.0
PLAUSIBLE_AT_ONCE: Final = 5
"""So many questions at once for keys of tokens that would hold, and after those one every second."""
PLAUSIBLE_EVERY_SECONDS: Final = 1.0
FETCH_SECONDS: Final = 5.0
LARGEST_KEY_SET: Final = 64 * 1024


_KEY_TYPE: Final = {"ES256": "EC", "PS256": "RSA", "EdDSA": "OKP", "Ed25519": "OKP"}
_PUBLIC_MEMBERS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}
_CURVE: Final = {"EC": "P-256", "OKP": "Ed25519"}
# Below 2048 bits a key can be broken, above 8192 one signature costs us more than it costs the sender.
_RSA_BITS: Final = range(2048, 8193)


class KeysUnavailable(Exception):
    """The issuer's keys are not known, or too old to be believed, and it does not answer."""


class _NoKeySet(Exception):
    """The issuer's answer is no key set that we take."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key that an issuer has published for one of our algorithms."""

    kid: str
    algorithms: frozenset[str]
    key: jwk.Key


class KeySource(Protocol):
    async def keys(self, kid: str) -> Sequence[PublishedKey]:
        """The issuer's keys of that id, often none. Raises KeysUnavailable when it cannot be known."""

    async def keys_just_made(self, kid: str) -> Sequence[PublishedKey]:
        """The same, for a token that would hold if the issuer had such a key: it may have been made a moment ago."""


class LocalKeys:
    """Keys that need no fetching: those of an issuer in the same process, or pinned by configuration."""

    def __init__(self, jwks: Sequence[Mapping[str, Any]]) -> None:
        self._keys = _usable(jwks)

    async def keys(self, kid: str) -> Sequence[PublishedKey]:
        return [key for key in self._keys if key.kid == kid]

    async def keys_just_made(self, kid: str) -> Sequence[PublishedKey]:
        return []


class RemoteKeys:
    """The key set that an issuer serves at `jwks_uri`, over TLS except on the hosts named in `plain_http_hosts`.

    Redirects are not followed, answers over 64 KiB or slower than five seconds are refused.
    """

    def __init__(
        self,
        jwks_uri: str,
        client: httpx.AsyncClient | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        plain_http_hosts: frozenset[str] = LOOPBACK,
    ) -> None:
        address = urlsplit(jwks_uri)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in plain_http_hosts):
            raise ValueError("The address of an issuer's keys must be https: whoever changes them can forge any token.")
        self._jwks_uri = jwks_uri
        # Our own client takes no proxy or certificates from the environment: whoever sets those could give us keys.
        self._client = client or httpx.AsyncClient(trust_env=False)
        self._now = now
        self._keys: tuple[PublishedKey, ...] = ()
        self._fetched_at = -math.inf
        self._asked_at = -math.inf
        self._asking: asyncio.Task[None] | None = None
        self._budget_full_at = -math.inf
        """From when on all of the budget for keys just made is there again."""

    async def keys(self, kid: str) -> Sequence[PublishedKey]:
        is_known = any(key.kid == kid for key in self._keys)
        age = self._now() - self._fetched_at
        if not is_known or age >= REFRESH_AFTER_SECONDS:
            self._ask_unless_just_asked()
        if self._asking and (not is_known or age >= REMOVED_WITHIN_SECONDS):
            # Shielded: a caller who hangs up must not end the one fetch that all the others wait for.
            await asyncio.shield(self._asking)
        if self._now() - self._fetched_at >= STALE_FOR_SECONDS:
            raise KeysUnavailable
        return [key for key in self._keys if key.kid == kid]

    async def keys_just_made(self, kid: str) -> Sequence[PublishedKey]:
        if self._fetched_at < self._asked_at:
            return []  # it does not answer: to ask more often helps nobody
        if not self._asking and (wait := self._seconds_to_the_next_question()) > 0:
            await sleep(wait)
        if not self._asking and self._seconds_to_the_next_question() <= 0:
            self._budget_full_at = max(self._budget_full_at, self._now()) + PLAUSIBLE_EVERY_SECONDS
            self._asked_at = self._now()
            self._asking = asyncio.create_task(self._ask())
        if self._asking:
            await asyncio.shield(self._asking)
        return [key for key in self._keys if key.kid == kid]

    def _seconds_to_the_next_question(self) -> float:
        return self._budget_full_at - self._now() - (PLAUSIBLE_AT_ONCE - 1) * PLAUSIBLE_EVERY_SECONDS

    async def close(self) -> None:
        """Give up a fetch that is under way."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _ask_unless_just_asked(self) -> None:
        if self._asking or self._now() - self._asked_at < ASK_AT_MOST_EVERY_SECONDS:
            return
        self._asked_at = self._now()
        self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            self._keys = _usable(_key_set(await self._download()))
            self._fetched_at = self._now()
        except Exception as error:
            # Whatever a foreign server makes the client raise: the last known keys stay, and `keys` counts how long.
            log.warning("the keys of an issuer could not be fetched", issuer=self._jwks_uri, error=type(error).__name__)
        finally:
            self._asking = None

    async def _download(self) -> bytes:
        headers = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}
        async with (
            asyncio.timeout(FETCH_SECONDS),
            self._client.stream("GET", self._jwks_uri, headers=headers, follow_redirects=False) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise _NoKeySet("The issuer did not answer 200.")
            # A small packed answer could become gigabytes.
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise _NoKeySet("The issuer packed its answer though asked not to.")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_KEY_SET:
                    raise _NoKeySet("The issuer's key set is larger than 64 KiB.")
            return bytes(body)


def base64url(segment: str) -> bytes:
    """The bytes of an unpadded base64url text, in its one canonical spelling. Raises ValueError."""
    octets = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    # Two spellings of one signature would be two tokens to whoever counts or remembers tokens.
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != segment:
        raise ValueError("Not canonical base64url.")
    return octets


def _key_set(body: bytes) -> list[Any]:
    document = strict_json.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise _NoKeySet("A key set is an object with a list `keys`.")
    return list(document["keys"])


def _usable(jwks: Sequence[Any]) -> tuple[PublishedKey, ...]:
    # What is not for us (encryption keys, RS256, other curves) is usual in a key set, and passed over.
    return tuple(key for member in jwks if (key := _published(member)))


def _published(member: Any) -> PublishedKey | None:
    if not isinstance(member, Mapping) or not _is_for_signatures(member):
        return None
    kid, kty = member.get("kid"), member.get("kty")
    if not isinstance(kid, str) or not isinstance(kty, str) or kty not in _PUBLIC_MEMBERS:
        return None
    if _CURVE.get(kty) not in (None, member.get("crv")):
        return None
    algorithms = _algorithms(kty, member.get("alg"))
    try:
        if kty == "RSA" and int.from_bytes(base64url(member["n"])).bit_length() not in _RSA_BITS:
            return None
        key = jwk.import_key({"kty": kty, **{name: member[name] for name in _PUBLIC_MEMBERS[kty]}})
    except Exception:
        # Parsers of keys fail in many ways; one bad key must not take the issuer's good ones with it.
        return None
    return PublishedKey(kid=kid, algorithms=algorithms, key=key) if algorithms else None


def _is_for_signatures(member: Mapping[str, Any]) -> bool:
    # A published private half (`d`) means that anyone can sign with that key.
    operations = member.get("key_ops", ["verify"])
    return (
        member.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and ("d" not in member)
    )


def _algorithms(kty: str, declared: Any) -> frozenset[str]:
    """The algorithms that a key may be used with: all of its type, or those that its `alg` names."""
    possible = frozenset(name for name, key_type in _KEY_TYPE.items() if key_type == kty)
    if declared is None:
        return possible
    if not isinstance(declared, str) or declared not in possible:
        return frozenset()
    # RFC 9864 renamed EdDSA with this curve to Ed25519: one algorithm, two names.
    return possible if kty == "OKP" else frozenset({declared})
