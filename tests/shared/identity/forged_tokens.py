"""Access tokens, good and forged, as a police issuer and those who would like to be it could make them."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any, Final

from joserfc import jwk
from joserfc.jws import JWSRegistry

from shared.identity.tokens import Refusal, TrustedIssuer

NOW: Final = 1_795_350_000
POLICE: Final = TrustedIssuer(
    issuer="https://login.politi.example", jwks_uri="https://login.politi.example/jwks", organisations=("politi-*",)
)
MUNICIPALITIES: Final = TrustedIssuer(
    issuer="https://login.kommuner.example",
    jwks_uri="https://login.kommuner.example/jwks",
    organisations=("kommune-*",),
    typ=("at+jwt", "JWT"),
)

EC: Final = jwk.ECKey.generate_key("P-256")
STRANGER: Final = jwk.ECKey.generate_key("P-256")
EC384: Final = jwk.ECKey.generate_key("P-384")
RSA: Final = jwk.RSAKey.generate_key(2048)
OKP: Final = jwk.OKPKey.generate_key("Ed25519")
ED448: Final = jwk.OKPKey.generate_key("Ed448")


def published(key: jwk.Key, kid: str, **members: Any) -> dict[str, Any]:
    """The key as an issuer's key set shows it."""
    return {**key.as_dict(private=False), "kid": kid, **members}


POLICE_KEYS: Final = [
    published(EC, "ec"),
    published(RSA, "rsa", use="sig"),
    published(OKP, "okp", alg="EdDSA"),
    published(EC384, "ec384"),
    published(ED448, "ed448"),
    published(EC, "twins"),
    published(STRANGER, "twins"),
    published(EC, "many-types"),
    published(OKP, "many-types"),
]


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token of Østjyllands Politi; `...` as a value leaves the claim out."""
    whole = {
        "iss": POLICE.issuer,
        "aud": "havn",
        "sub": "a3c1",
        "client_id": "politi-oestjylland",
        "jti": "0b9e",
        "iat": NOW - 10,
        "exp": NOW + 290,
        "scope": "referrals:read referrals:write",
        "org": "politi-oestjylland",
        "roles": ["caseworker"],
        "nsis_loa": "substantial",
    }
    return {name: value for name, value in (whole | changed).items() if value is not ...}


def header(**changed: Any) -> dict[str, Any]:
    whole = {"alg": "ES256", "kid": "ec", "typ": "at+jwt"}
    return {name: value for name, value in (whole | changed).items() if value is not ...}


def encoded(part: dict[str, Any] | bytes) -> str:
    octets = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def signed(
    head: dict[str, Any] | bytes, body: dict[str, Any] | bytes, key: Any = EC, *, algorithm: str = "ES256"
) -> str:
    """A token signed over exactly these bytes, whatever they are."""
    signing_input = f"{encoded(head)}.{encoded(body)}"
    signature = JWSRegistry.algorithms[algorithm].sign(signing_input.encode(), key)
    return f"{signing_input}.{encoded(signature)}"


def good(**changed: Any) -> str:
    return signed(header(), claims(**changed))


def _with_header(**changed: Any) -> str:
    return signed(header(**changed), claims())


def _with_secret(secret: bytes) -> str:
    # The classic: the issuer's public key, which anyone has, taken for the secret of an HMAC.
    # Made by hand, because joserfc refuses to: a forger would not ask it.
    signing_input = f"{encoded(header(alg='HS256'))}.{encoded(claims())}"
    return f"{signing_input}.{encoded(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def _twice(name: str, value: Any) -> bytes:
    whole = json.dumps(claims())
    return f'{whole[:-1]}, "{name}": {json.dumps(value)}}}'.encode()


def _literal(name: str, text: str) -> bytes:
    """The claims with a literal that json.dumps would not write."""
    return json.dumps(claims(**{name: "@"})).replace('"@"', text).encode()


def _edited(edit: Callable[[str, str, str], str]) -> str:
    head, body, signature = good().split(".")
    return edit(head, body, signature)


def _respelled(signature: str) -> str:
    """The same bytes in another spelling: the last sextet of 64 bytes has four bits that mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]


_PUBLIC_JWK = EC.as_dict(private=False)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_ALGORITHMS: list[tuple[str, str, Refusal]] = [
    ("alg none", f"{encoded(header(alg='none'))}.{encoded(claims())}.", Refusal.MALFORMED),
    ("alg none with a signature", _with_header(alg="none"), Refusal.ALGORITHM),
    ("alg NonE", _with_header(alg="NonE"), Refusal.ALGORITHM),
    ("alg empty", _with_header(alg=""), Refusal.HEADER),
    ("alg missing", _with_header(alg=...), Refusal.HEADER),
    ("alg a list", _with_header(alg=["ES256"]), Refusal.HEADER),
    ("alg es256", _with_header(alg="es256"), Refusal.ALGORITHM),
    ("HS256 with the public PEM", _with_secret(EC.as_pem(private=False)), Refusal.ALGORITHM),
    ("HS256 with the public DER", _with_secret(EC.as_der(private=False)), Refusal.ALGORITHM),
    ("HS256 with the public JWK", _with_secret(json.dumps(_PUBLIC_JWK).encode()), Refusal.ALGORITHM),
    ("HS256 with an empty secret", _with_secret(b""), Refusal.ALGORITHM),
    ("RS256", signed(header(alg="RS256", kid="rsa"), claims(), RSA, algorithm="RS256"), Refusal.ALGORITHM),
    ("PS512", signed(header(alg="PS512", kid="rsa"), claims(), RSA, algorithm="PS512"), Refusal.ALGORITHM),
    ("ES384", signed(header(alg="ES384", kid="ec384"), claims(), EC384, algorithm="ES384"), Refusal.ALGORITHM),
    ("Ed448 as EdDSA", signed(header(alg="EdDSA", kid="ed448"), claims(), ED448, algorithm="Ed448"), Refusal.KEY),
    ("ES256 by name, key of P-384", _with_header(kid="ec384"), Refusal.KEY),
    ("ES256 by name, key of RSA", _with_header(kid="rsa"), Refusal.KEY),
    ("PS256 by name, key of EC", _with_header(alg="PS256"), Refusal.KEY),
]
_HEADERS: list[tuple[str, str, Refusal]] = [
    ("embedded jwk, trusted kid", signed(header(jwk=_PUBLIC_JWK), claims(), STRANGER), Refusal.HEADER),
    ("embedded jwk, no kid", signed(header(jwk=_PUBLIC_JWK, kid=...), claims()), Refusal.HEADER),
    ("jku", _with_header(jku="https://evil.example/jwks"), Refusal.HEADER),
    ("x5u", _with_header(x5u="https://evil.example/chain"), Refusal.HEADER),
    ("x5c", _with_header(x5c=["MIIB"]), Refusal.HEADER),
    ("crit unknown", _with_header(crit=["exp"], exp=NOW), Refusal.HEADER),
    ("crit empty", _with_header(crit=[]), Refusal.HEADER),
    ("b64 false", _with_header(b64=False, crit=["b64"]), Refusal.HEADER),
    ("zip", _with_header(zip="DEF"), Refusal.HEADER),
    ("cty JWT", _with_header(cty="JWT"), Refusal.HEADER),
    ("kid missing", _with_header(kid=...), Refusal.HEADER),
    ("kid null", _with_header(kid=None), Refusal.HEADER),
    ("kid a path", _with_header(kid="../../../../dev/null"), Refusal.KEY),
    ("kid SQL", _with_header(kid="ec' OR '1'='1"), Refusal.KEY),
    ("kid of two keys that fit", _with_header(kid="twins"), Refusal.KEY),
    ("kid very long", _with_header(kid="k" * 256), Refusal.HEADER),
    ("typ missing", _with_header(typ=...), Refusal.HEADER),
    ("typ JWT", _with_header(typ="JWT"), Refusal.TYPE),
    ("DPoP proof", _with_header(typ="dpop+jwt"), Refusal.TYPE),
    ("logout token", _with_header(typ="logout+jwt"), Refusal.TYPE),
    ("typ null", _with_header(typ=None), Refusal.HEADER),
    ("duplicate alg", signed(b'{"alg":"none","alg":"ES256","kid":"ec","typ":"at+jwt"}', claims()), Refusal.MALFORMED),
    ("header a list", signed(b'["ES256"]', claims()), Refusal.MALFORMED),
    ("header deep", signed(b'{"kid":' + b"[" * 2000 + b"]" * 2000 + b"}", claims()), Refusal.MALFORMED),
    ("header in UTF-16", signed(json.dumps(header()).encode("utf-16"), claims()), Refusal.MALFORMED),
]
_SPELLINGS: list[tuple[str, str, Refusal]] = [
    ("empty", "", Refusal.MALFORMED),
    ("dots", "..", Refusal.MALFORMED),
    ("no signature", _edited(lambda h, b, s: f"{h}.{b}."), Refusal.MALFORMED),
    ("two segments", _edited(lambda h, b, s: f"{h}.{b}"), Refusal.MALFORMED),
    ("JWE in place of JWS", _edited(lambda h, b, s: f"{h}.{b}.{s}.{s}.{s}"), Refusal.MALFORMED),
    ("padded", _edited(lambda h, b, s: f"{h}.{b}.{s}=="), Refusal.MALFORMED),
    ("newline", _edited(lambda h, b, s: f"{h}.{b}.{s}\n"), Refusal.MALFORMED),
    ("space", _edited(lambda h, b, s: f"{h}. {b}.{s}"), Refusal.MALFORMED),
    ("non-canonical signature", _edited(lambda h, b, s: f"{h}.{b}.{_respelled(s)}"), Refusal.MALFORMED),
    ("standard alphabet", _edited(lambda h, b, s: f"{h}.{b}.{'+/' * 43}"), Refusal.MALFORMED),
    ("not ASCII", _edited(lambda h, b, s: f"{h}.{b}.æ{s[1:]}"), Refusal.MALFORMED),
    ("surrogate", _edited(lambda h, b, s: f"{h}.{b}.\ud800{s[1:]}"), Refusal.MALFORMED),
    ("nested JWT", signed(header(), good().encode()), Refusal.MALFORMED),
    ("over 8 KiB", good(note="x" * 8192), Refusal.TOO_LARGE),
    ("zero signature", _edited(lambda h, b, s: f"{h}.{b}.{encoded(bytes(64))}"), Refusal.SIGNATURE),
    (
        "signature of the curve's order",
        _edited(lambda h, b, s: f"{h}.{b}.{encoded(_ORDER.to_bytes(32, 'big') * 2)}"),
        Refusal.SIGNATURE,
    ),
    ("short signature", _edited(lambda h, b, s: f"{h}.{b}.{encoded(bytes(63))}"), Refusal.SIGNATURE),
    ("another's signature", signed(header(), claims(), STRANGER), Refusal.SIGNATURE),
    ("body exchanged", _edited(lambda h, b, s: f"{h}.{encoded(claims(org='politi-fyn'))}.{s}"), Refusal.SIGNATURE),
    ("expired and forged", signed(header(), claims(exp=NOW - 1), STRANGER), Refusal.SIGNATURE),
    (
        "signature of another token",
        _edited(lambda h, b, s: f"{h}.{b}.{good(jti='x').split('.')[2]}"),
        Refusal.SIGNATURE,
    ),
]
_BODIES: list[tuple[str, str, Refusal]] = [
    ("duplicate org", signed(header(), _twice("org", "cmm")), Refusal.MALFORMED),
    ("duplicate exp", signed(header(), _twice("exp", NOW + 99)), Refusal.MALFORMED),
    ("body deep", signed(header(), b'{"iss":' + b"[" * 3000), Refusal.MALFORMED),
    ("body a list", signed(header(), b'["iss"]'), Refusal.MALFORMED),
    ("body no JSON", signed(header(), b"iss=havn"), Refusal.MALFORMED),
    ("body not UTF-8", signed(header(), b'{"iss":"\xff"}'), Refusal.MALFORMED),
    ("exp NaN", signed(header(), _literal("exp", "NaN")), Refusal.MALFORMED),
    ("exp Infinity", signed(header(), _literal("exp", "Infinity")), Refusal.MALFORMED),
    ("exp 1e400", signed(header(), _literal("exp", "1e400")), Refusal.MALFORMED),
    ("exp of 5,000 digits", signed(header(), _literal("exp", "9" * 5000)), Refusal.MALFORMED),
    ("sub half a character", signed(header(), _literal("sub", '"\\ud800"')), Refusal.MALFORMED),
    ("sub with NUL", signed(header(), _literal("sub", '"a\\u0000b"')), Refusal.MALFORMED),
]
_ISSUERS: list[tuple[str, str, Refusal]] = [
    ("iss missing", good(iss=...), Refusal.ISSUER),
    ("iss unknown", good(iss="https://evil.example"), Refusal.ISSUER),
    ("iss with a slash", good(iss=POLICE.issuer + "/"), Refusal.ISSUER),
    ("iss in capitals", good(iss=POLICE.issuer.upper()), Refusal.ISSUER),
    ("iss a list", good(iss=[POLICE.issuer]), Refusal.ISSUER),
    ("iss null", good(iss=None), Refusal.ISSUER),
    ("iss of the municipalities, key of the police", good(iss=MUNICIPALITIES.issuer), Refusal.SIGNATURE),
    ("aud missing", good(aud=...), Refusal.AUDIENCE),
    ("aud of another", good(aud="skat"), Refusal.AUDIENCE),
    ("aud by prefix", good(aud="havn.evil.example"), Refusal.AUDIENCE),
    ("aud of others", good(aud=["skat", "cpr"]), Refusal.AUDIENCE),
    ("aud with a number", good(aud=["havn", 1]), Refusal.AUDIENCE),
    ("aud an object", good(aud={"havn": True}), Refusal.AUDIENCE),
    ("client assertion", good(aud=POLICE.issuer, iss=POLICE.issuer), Refusal.AUDIENCE),
]
_TIMES: list[tuple[str, str, Refusal]] = [
    ("exp missing", good(exp=...), Refusal.CLAIM),
    ("exp now", good(exp=NOW), Refusal.EXPIRED),
    ("exp long ago", good(iat=NOW - 900, exp=NOW - 600), Refusal.EXPIRED),
    ("exp in text", good(exp=str(NOW + 60)), Refusal.CLAIM),
    ("exp true", good(exp=True), Refusal.CLAIM),
    ("exp in year 9999", good(exp=253402300799), Refusal.LIFETIME),
    ("exp 601 s after iat", good(iat=NOW, exp=NOW + 601), Refusal.LIFETIME),
    ("iat missing", good(iat=...), Refusal.CLAIM),
    ("iat in text", good(iat=str(NOW)), Refusal.CLAIM),
    ("iat false", good(iat=False), Refusal.CLAIM),
    ("iat 11 s ahead", good(iat=NOW + 11), Refusal.NOT_YET_VALID),
    ("nbf 11 s ahead", good(nbf=NOW + 11), Refusal.NOT_YET_VALID),
    ("nbf in text", good(nbf="soon"), Refusal.CLAIM),
    ("nbf null", good(nbf=None), Refusal.CLAIM),
]
_CLAIMS: list[tuple[str, str, Refusal]] = [
    *((f"{name} missing", good(**{name: ...}), Refusal.CLAIM) for name in ("sub", "client_id", "jti", "scope", "org")),
    *((f"{name} empty", good(**{name: ""}), Refusal.CLAIM) for name in ("sub", "client_id", "jti", "scope", "org")),
    *((f"{name} a number", good(**{name: 7}), Refusal.CLAIM) for name in ("sub", "client_id", "jti", "scope", "org")),
    *((f"{name} a list", good(**{name: ["cmm"]}), Refusal.CLAIM) for name in ("sub", "client_id", "scope", "org")),
    ("sub very long", good(sub="s" * 256), Refusal.CLAIM),
    ("sub not ASCII", good(sub="sørensen"), Refusal.CLAIM),
    ("client_id and azp differ", good(azp="cmm"), Refusal.CLAIM),
    ("scope with two spaces", good(scope="cases:read  admin"), Refusal.CLAIM),
    ("roles in text", good(roles="admin"), Refusal.CLAIM),
    ("role a number", good(roles=["caseworker", 7]), Refusal.CLAIM),
    ("role a list", good(roles=[["admin"]]), Refusal.CLAIM),
    ("nsis_loa unknown", good(nsis_loa="very high"), Refusal.CLAIM),
    ("nsis_loa a number", good(nsis_loa=3), Refusal.CLAIM),
    ("nsis_loa null", good(nsis_loa=None), Refusal.CLAIM),
    ("org unknown", good(org="politiet"), Refusal.ORGANISATION),
    ("org of the national centre", good(org="cmm"), Refusal.ORGANISATION),
    ("org of the other issuer", good(org="kommune-0101"), Refusal.ORGANISATION),
    ("org Havn itself", good(org="havn"), Refusal.ORGANISATION),
    ("org of no district", good(org="politi-"), Refusal.ORGANISATION),
    ("org a pattern", good(org="politi-*"), Refusal.ORGANISATION),
    ("bound to a DPoP key, no proof", good(cnf={"jkt": "x"}), Refusal.BOUND),
    ("bound to a certificate, none shown", good(cnf={"x5t#S256": "x"}), Refusal.BOUND),
]

FORGED: Final = [*_ALGORITHMS, *_HEADERS, *_SPELLINGS, *_BODIES, *_ISSUERS, *_TIMES, *_CLAIMS]
