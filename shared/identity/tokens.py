"""Access tokens of the partners: a strict RFC 9068 verifier over joserfc, which turns a token into an Actor.

Nothing in a token is believed before its signature, except that its `iss` says whose keys to try. Every way to fail,
foreseen or not, is a TokenRefused whose reason is for our log and never for the caller.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from joserfc import jws
from joserfc.errors import BadSignatureError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.contract.organisations import Scope, UnknownOrganisation, is_family_pattern, kind_of, scopes_of
from shared.identity.actor import Actor, Assurance, Role
from shared.identity.issuer_keys import KeySource, KeysUnavailable, PublishedKey, base64url
from shared.identity.proven_tokens import SECONDS, ProvenToken, ProvenTokens
from shared.kernel import strict_json

__all__ = ["Refusal", "TokenRefused", "TokenVerifier", "TrustedIssuer"]

LARGEST_TOKEN: Final = 8 * 1024
CLOCK_SKEW_SECONDS: Final = 10
"""How far ahead of ours an issuer's clock may be (FAPI 2.0, 5.3.2.1)."""

_LONGEST_TEXT: Final = 255
# x5t only points at a certificate we do not use. Whatever else a header may hold carries a key or changes the rules.
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_RSA_BITS: Final = range(2048, 8193)
_SCOPE_TEXT: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")


class _FapiAlgorithms(jws.JWSRegistry):
    """joserfc's registry cut down to what FAPI 2.0 allows: the others do not exist in it."""

    # joserfc's own EdDSA also takes Ed448 and warns of its old name; RFC 9864's Ed25519 is the same signature.
    algorithms = {
        "ES256": jws.JWSRegistry.algorithms["ES256"],
        "PS256": jws.JWSRegistry.algorithms["PS256"],
        "EdDSA": jws.JWSRegistry.algorithms["Ed25519"],
        "Ed25519": jws.JWSRegistry.algorithms["Ed25519"],
    }


# The list is spelled out: joserfc takes none, or an empty one, for "HS256, RS256 and ES256".
_ALGORITHMS: Final = _FapiAlgorithms(algorithms=["ES256", "PS256", "EdDSA", "Ed25519"])


class Refusal(StrEnum):
    """Why a token was refused."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    HEADER = "header"
    ALGORITHM = "algorithm"
    TYPE = "type"
    ISSUER = "issuer"
    KEY = "key"
    KEYS_UNAVAILABLE = "keys_unavailable"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    LIFETIME = "lifetime"
    CLAIM = "claim"
    BOUND = "bound"
    ORGANISATION = "organisation"
    UNEXPECTED = "unexpected"


class TokenRefused(Exception):
    """The token proves nothing. `reason` is for the log: telling the caller would teach a forger."""

    def __init__(self, reason: Refusal, about: str | None = None) -> None:
        super().__init__(f"{reason} ({about})" if about else str(reason))
        self.reason = reason
        self.about = about
        """The claim that was at fault, or the kind of surprise; never a value from the token."""


class TrustedIssuer(BaseModel):
    """An OIDC issuer whose tokens are believed, and the organisations that it may speak for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    jwks_uri: str = Field(min_length=1)
    organisations: tuple[str, ...] = Field(min_length=1)
    """Ids, or `politi-*` and the other families of the contract."""
    typ: tuple[str, ...] = ("at+jwt",)
    """What the `typ` header may be; `JWT` only for an issuer that cannot do RFC 9068."""
    audience: str = Field(default="havn", min_length=1)
    max_lifetime_seconds: int = Field(default=600, gt=0, le=3600)
    client_id_claims: tuple[str, ...] = Field(default=("client_id", "azp"), min_length=1)

    @field_validator("organisations")
    @classmethod
    def _all_known(cls, organisations: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in organisations:
            if not is_family_pattern(pattern):
                kind_of(pattern)
        return organisations

    @field_validator("typ")
    @classmethod
    def _access_tokens_only(cls, typ: tuple[str, ...]) -> tuple[str, ...]:
        if not typ or not {name.lower() for name in typ} <= {"at+jwt", "jwt"}:
            raise ValueError("The type of an access token is `at+jwt`, or `JWT` from an issuer that cannot do better.")
        return tuple(name.lower() for name in typ)

    def speaks_for(self, organisation_id: str) -> bool:
        """Whether a token of this issuer may name that organisation."""
        return any(
            organisation_id.startswith(pattern[:-1]) if pattern.endswith("*") else organisation_id == pattern
            for pattern in self.organisations
        )


class _Unverified:
    """What a token claims to be, read strictly, to find the key that can tell."""

    def __init__(self, token: str) -> None:
        if len(token) > LARGEST_TOKEN:
            raise TokenRefused(Refusal.TOO_LARGE)
        segments = token.split(".")
        if len(segments) != 3 or not all(segments):
            raise TokenRefused(Refusal.MALFORMED)
        try:
            header, payload, self._signature = (base64url(segment) for segment in segments)
        except ValueError:
            raise TokenRefused(Refusal.MALFORMED) from None
        self._header = _object(header)
        self._payload = _object(payload)
        self.issuer = self._payload.get("iss")
        if not self._header.keys() <= _HEADER_MEMBERS:
            raise TokenRefused(Refusal.HEADER)
        self.algorithm = self._member("alg")
        self.kid = self._member("kid")
        self.typ = self._member("typ").lower().removeprefix("application/")
        if self.algorithm not in _ALGORITHMS.algorithms:
            raise TokenRefused(Refusal.ALGORITHM)

    def would_hold(self, trusted: TrustedIssuer, now: float) -> bool:
        """Whether everything but the signature is in order, and that could be one: all that a stranger's invention must have to
        make us ask the issuer for a key that we do not know."""
        if not _could_be_a_signature(self.algorithm, self._signature):
            return False
        try:
            _Claims(self._payload).actor_of(trusted, now=now)
        except TokenRefused:
            return False
        return True

    def _member(self, name: str) -> str:
        value = self._header.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
            raise TokenRefused(Refusal.HEADER, name)
        return value


class TokenVerifier:
    """Turns an access token into the Actor it proves. `now` is the machine's clock, never the domain's."""

    def __init__(self, issuers: Mapping[TrustedIssuer, KeySource], now: Callable[[], float] = time.time) -> None:
        self._issuers = {trusted.issuer: (trusted, source) for trusted, source in issuers.items()}
        if len(self._issuers) != len(issuers):
            raise ValueError("Each issuer may be trusted in one way only.")
        self._now = now
        self._proven = ProvenTokens()

    async def verify(self, token: str) -> Actor:
        """The actor that the token speaks for; TokenRefused, and no other exception, when it does not hold."""
        try:
            if (proven := self._proven.find(token)) and await proven.holds(self._now()):
                return proven.actor
            return await self._verify(token)
        except TokenRefused:
            raise
        except KeysUnavailable:
            raise TokenRefused(Refusal.KEYS_UNAVAILABLE) from None
        except Exception as error:
            # Not chained: parsers quote what they could not read, and a token must not reach a log.
            raise TokenRefused(Refusal.UNEXPECTED, type(error).__name__) from None

    async def _verify(self, token: str) -> Actor:
        unverified = _Unverified(token)
        if not isinstance(unverified.issuer, str) or unverified.issuer not in self._issuers:
            raise TokenRefused(Refusal.ISSUER)
        trusted, source = self._issuers[unverified.issuer]
        if unverified.typ not in trusted.typ:
            raise TokenRefused(Refusal.TYPE)
        key = await self._key(source, unverified, trusted)
        now, claims = self._now(), _Claims(_signed_payload(token, key))
        actor = claims.actor_of(trusted, now=now)
        self._proven.keep(token, ProvenToken(actor, source, key, min(claims.expires_at, now + SECONDS)))
        return actor

    async def _key(self, source: KeySource, unverified: _Unverified, trusted: TrustedIssuer) -> PublishedKey:
        found = await source.keys(unverified.kid)
        if not found and unverified.would_hold(trusted, self._now()):
            found = await source.keys_just_made(unverified.kid)
        return _the_one(found, unverified.algorithm)


def _the_one(found: Sequence[PublishedKey], algorithm: str) -> PublishedKey:
    fitting = [key for key in found if algorithm in key.algorithms]
    # Two keys that fit are a fault of the issuer's; to try them in turn would let either stand in for the other.
    if len(fitting) != 1:
        raise TokenRefused(Refusal.KEY)
    return fitting[0]


def _signed_payload(token: str, key: PublishedKey) -> dict[str, Any]:
    try:
        signed = jws.deserialize_compact(token, key.key, registry=_ALGORITHMS)
    except BadSignatureError:
        raise TokenRefused(Refusal.SIGNATURE) from None
    return _object(signed.payload or b"")


def _object(octets: bytes) -> dict[str, Any]:
    try:
        value = strict_json.loads(octets)
    except strict_json.MalformedJson:
        raise TokenRefused(Refusal.MALFORMED) from None
    if not isinstance(value, dict):
        raise TokenRefused(Refusal.MALFORMED)
    return value


def _could_be_a_signature(algorithm: str, octets: bytes) -> bool:
    """Whether these bytes have the shape of that algorithm's signatures."""
    if algorithm == "PS256":
        return len(octets) * 8 in _RSA_BITS
    if len(octets) != 64:
        return False
    first, second = octets[:32], octets[32:]
    if algorithm == "ES256":
        return all(0 < int.from_bytes(number) < _P256_ORDER for number in (first, second))
    return int.from_bytes(second, "little") < _ED25519_ORDER


class _Claims:
    """The claims of a token; what they say is so only where its signature holds."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def actor_of(self, trusted: TrustedIssuer, *, now: float) -> Actor:
        """Who acts, if the issuer may say so, and now, and to us. Raises TokenRefused."""
        self.must_be_current(now=now, max_lifetime_seconds=trusted.max_lifetime_seconds)
        self.must_be_meant_for(trusted.audience)
        return self.actor(trusted)

    @property
    def expires_at(self) -> float:
        return self._moment("exp")

    def must_be_current(self, *, now: float, max_lifetime_seconds: int) -> None:
        issued_at, expires_at = self._moment("iat"), self.expires_at
        valid_from = self._moment("nbf") if "nbf" in self._claims else issued_at
        if expires_at <= now:
            raise TokenRefused(Refusal.EXPIRED)
        if max(issued_at, valid_from) > now + CLOCK_SKEW_SECONDS:
            raise TokenRefused(Refusal.NOT_YET_VALID)
        if expires_at - issued_at > max_lifetime_seconds:
            raise TokenRefused(Refusal.LIFETIME)

    def must_be_meant_for(self, audience: str) -> None:
        named = self._claims.get("aud")
        if named != audience and not (isinstance(named, list) and audience in named):
            raise TokenRefused(Refusal.AUDIENCE)
        if isinstance(named, list) and not all(isinstance(name, str) for name in named):
            raise TokenRefused(Refusal.AUDIENCE)

    def actor(self, trusted: TrustedIssuer) -> Actor:
        # A bound token in the wrong hands comes without its proof (DPoP, client certificate), as this one does.
        if "cnf" in self._claims:
            raise TokenRefused(Refusal.BOUND)
        self._text("jti")
        organisation = self._text("org")
        try:
            kind = kind_of(organisation)
        except UnknownOrganisation:
            raise TokenRefused(Refusal.ORGANISATION) from None
        if not trusted.speaks_for(organisation):
            raise TokenRefused(Refusal.ORGANISATION)
        return Actor(
            org=organisation,
            kind=kind,
            subject=self._text("sub"),
            client_id=self._client_id(trusted.client_id_claims),
            roles=self._roles(),
            scopes=self._scopes() & scopes_of(kind),
            assurance=self._assurance(),
            issuer=trusted.issuer,
        )

    def _client_id(self, names: tuple[str, ...]) -> str:
        named = {self._text(name) for name in names if name in self._claims}
        if len(named) != 1:
            raise TokenRefused(Refusal.CLAIM, "client_id")
        return named.pop()

    def _scopes(self) -> frozenset[Scope]:
        text = self._claims.get("scope")
        if not isinstance(text, str) or not _SCOPE_TEXT.fullmatch(text):
            raise TokenRefused(Refusal.CLAIM, "scope")
        # Scopes of other services (`openid`, `profile`) are usual in a token, and mean nothing here.
        return frozenset(Scope(word) for word in text.split(" ") if word in _SCOPES)

    def _roles(self) -> frozenset[Role]:
        names = self._claims.get("roles", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TokenRefused(Refusal.CLAIM, "roles")
        # Roles of other applications are usual in a token (Keycloak adds `offline_access`), and mean nothing here.
        roles = frozenset(Role(name) for name in names if name in _ROLES)
        # Whoever is a system and something else is a person at work: nothing that a system alone may do, or skip.
        return roles - {Role.SYSTEM} or roles

    def _assurance(self) -> Assurance:
        level = self._claims.get("nsis_loa", Assurance.LOW.value)
        if not isinstance(level, str) or level not in _LEVELS:
            raise TokenRefused(Refusal.CLAIM, "nsis_loa")
        return Assurance(level)

    def _text(self, name: str) -> str:
        """A claim that may go into a row or a log line as it is: printable ASCII, as OIDC has it for `sub`."""
        value = self._claims.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
            raise TokenRefused(Refusal.CLAIM, name)
        if not (value.isascii() and value.isprintable()):
            raise TokenRefused(Refusal.CLAIM, name)
        return value

    def _moment(self, name: str) -> float:
        value = self._claims.get(name)
        # bool is an int to Python: `true` would be one second past 1970.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TokenRefused(Refusal.CLAIM, name)
        return value


_SCOPES: Final = frozenset(scope.value for scope in Scope)
_ROLES: Final = frozenset(role.value for role in Role)
_LEVELS: Final = frozenset(level.value for level in Assurance)
