"""An OpenID Connect provider for development: every organisation of the contract is a client with the secret `dev`.

It speaks the same protocol as a real issuer, so nothing else in Havn knows that it exists; in production it cannot be
built. Authlib's own provider is synchronous and bound to Flask or Django, so only its PKCE challenge is used here.
"""

import hmac
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.contract.organisations import EVERY_PARTNER, HAVN, OrganisationKind, Scope, kind_of
from shared.dev.grants import (
    PAGES_CLIENT,
    Grant,
    assurance_named,
    client_grant,
    havn_scopes,
    organisation_of,
    person_grant,
    role_named,
    subject_named,
)
from shared.dev.oauth import (
    OAuthError,
    OAuthRoute,
    Parameters,
    SignInRefused,
    back_to,
    basic_credentials,
    invalid_client,
    token_answer,
)
from shared.dev.sign_in import sign_in_page
from shared.identity.actor import Assurance, Role
from shared.identity.issuer_keys import LocalKeys
from shared.identity.tokens import TrustedIssuer
from shared.kernel.settings import LOOPBACK

LIFETIME_SECONDS: Final = 3600
CODE_SECONDS: Final = 60

_SECRET: Final = "dev"  # noqa: S105 -- everybody may know it, that is what the development issuer is for
_MOST_CODES: Final = 1000
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
# Neither `@` nor `\`: readers of addresses disagree on the host of one that has them.
_REDIRECT: Final = re.compile(r"https?://[A-Za-z0-9.\[\]:-]{1,128}/[A-Za-z0-9._~/-]{0,256}")


class DevelopmentOnly(RuntimeError):
    """The development issuer gives anyone any identity; it does not exist in production."""


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorization code's promise: a grant for whoever knows the verifier behind the challenge."""

    grant: Grant
    redirect_uri: str
    challenge: str
    asks_id_token: bool
    nonce: str | None
    expires_at: float


class DevIssuer:
    """Mount `router`, and trust `trusted` with `keys`. `organisations` are those that the sign-in page offers.

    Without `private_key_pem` (EC P-256) a key is made at every start, and tokens end with the process.
    """

    def __init__(
        self,
        issuer_url: str,
        organisations: Mapping[str, OrganisationKind] | None = None,
        *,
        environment: str,
        private_key_pem: bytes | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        if environment == "production":
            raise DevelopmentOnly("The development issuer does not start in production; configure real issuers.")
        self._issuer = issuer_url.rstrip("/")
        by_id = {
            organisation_id: kind_of(organisation_id)
            for organisation_id in EVERY_PARTNER
            if not organisation_id.endswith("*")
        }
        self._organisations = dict(organisations) if organisations else by_id
        self._key = ECKey.import_key(private_key_pem) if private_key_pem else ECKey.generate_key("P-256")
        self._kid = self._key.thumbprint()
        self._now = now
        self._codes: dict[str, _Code] = {}
        self._jwk = dict(self._key.as_dict(private=False)) | {"kid": self._kid, "use": "sig", "alg": "ES256"}
        self.keys = LocalKeys([self._jwk])
        self.trusted = TrustedIssuer(
            issuer=self._issuer,
            jwks_uri=f"{self._issuer}/jwks",
            organisations=(*EVERY_PARTNER, HAVN),
            max_lifetime_seconds=LIFETIME_SECONDS,
        )
        self.router = self._routes()

    def token(
        self,
        organisation: str,
        *,
        roles: Iterable[Role] | None = None,
        scopes: Iterable[Scope] | None = None,
        assurance: Assurance = Assurance.SUBSTANTIAL,
        subject: str | None = None,
    ) -> str:
        """An access token for an organisation or, as `havn-referrals`, one of Havn's services.

        Defaults: role caseworker (system for a service), all scopes of the kind, and the organisation itself as who acts.
        Raises OAuthError as /token would.
        """
        grant = client_grant(organisation, roles=roles, scopes=scopes, assurance=assurance, subject=subject)
        return self._access_token(grant)

    def service_token(self, client_id: str) -> str:
        """The token that one of Havn's services, e.g. `havn-referrals`, shows to the others."""
        return self.token(client_id, roles=(Role.SYSTEM,))

    def _routes(self) -> APIRouter:
        router = APIRouter(prefix="/oidc", include_in_schema=False, route_class=OAuthRoute)
        router.add_api_route("/.well-known/openid-configuration", self._discovery, methods=["GET"])
        router.add_api_route("/jwks", self._key_set, methods=["GET"])
        router.add_api_route("/token", self._token, methods=["POST"])
        router.add_api_route("/authorize", self._ask_who, methods=["GET"])
        router.add_api_route("/authorize", self._sign_in, methods=["POST"])
        return router

    async def _discovery(self) -> Response:
        document = {
            "issuer": self._issuer,
            "authorization_endpoint": f"{self._issuer}/authorize",
            "token_endpoint": f"{self._issuer}/token",
            "jwks_uri": f"{self._issuer}/jwks",
            "scopes_supported": ["openid", *Scope],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "org", "roles", "nsis_loa"],
            "ui_locales_supported": ["da", "en"],
        }
        return JSONResponse(document)

    async def _key_set(self) -> Response:
        return JSONResponse({"keys": [self._jwk]}, media_type="application/jwk-set+json")

    async def _token(self, request: Request) -> Response:
        form = await Parameters.of_form(request)
        match form.required("grant_type"):
            case "client_credentials":
                return self._for_client(_authenticated_client(request, form), form)
            case "authorization_code":
                return self._for_code(form)
            case _:
                raise OAuthError("unsupported_grant_type", "Use client_credentials or authorization_code.")

    def _for_client(self, client_id: str, form: Parameters) -> Response:
        grant = client_grant(
            client_id,
            roles=[role_named(name) for name in form.many("role")] or None,
            scopes=havn_scopes(form.one("scope")),
            assurance=assurance_named(form.one("nsis_loa")),
            subject=subject_named(form.one("subject")),
        )
        return self._answer(grant)

    def _for_code(self, form: Parameters) -> Response:
        # Taken out before anything is judged: a code is presented once, rightly or not.
        code = self._codes.pop(form.required("code"), None)
        verifier = form.required("code_verifier")
        if form.required("client_id") != PAGES_CLIENT:
            raise invalid_client()
        if not _VERIFIER.fullmatch(verifier):
            raise OAuthError("invalid_request", "The code_verifier is not one of RFC 7636.")
        if code is None or code.expires_at <= self._now() or form.one("redirect_uri") != code.redirect_uri:
            raise OAuthError("invalid_grant", "The code is unknown, used, expired or another redirect_uri's.")
        if not hmac.compare_digest(create_s256_code_challenge(verifier), code.challenge):
            raise OAuthError("invalid_grant", "The code_verifier does not belong to the code.")
        return self._answer(code.grant, id_token_of=code if code.asks_id_token else None)

    def _answer(self, grant: Grant, id_token_of: _Code | None = None) -> Response:
        members: dict[str, str | int] = {
            "access_token": self._access_token(grant),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": " ".join(sorted(grant.scopes)),
        }
        if id_token_of:
            members["id_token"] = self._id_token(id_token_of)
            members["scope"] = f"openid {members['scope']}"
        return token_answer(members)

    async def _ask_who(self, request: Request) -> Response:
        asked = Parameters(request.scope["query_string"])
        redirect_uri = self._trusted_redirect(asked)
        self._check_sign_in(asked, redirect_uri)
        return sign_in_page(
            action=f"{urlsplit(self._issuer).path}/authorize",
            language=asked.one("lang") or "da",
            request={name: value for name in _CARRIED if (value := asked.one(name))},
            organisations=self._organisations,
            redirect_origin=_origin(redirect_uri),
        )

    async def _sign_in(self, request: Request) -> Response:
        asked = await Parameters.of_form(request)
        redirect_uri = self._trusted_redirect(asked)
        self._check_sign_in(asked, redirect_uri)
        try:
            grant = person_grant(asked)
        except OAuthError as refused:
            raise self._sent_back(refused, asked, redirect_uri) from None
        code = secrets.token_urlsafe(32)
        self._forget_old_codes()
        self._codes[code] = _Code(
            grant=grant,
            redirect_uri=redirect_uri,
            challenge=asked.required("code_challenge"),
            asks_id_token="openid" in (asked.one("scope") or "").split(),
            nonce=asked.one("nonce"),
            expires_at=self._now() + CODE_SECONDS,
        )
        address = back_to(redirect_uri, code=code, state=asked.one("state"), iss=self._issuer)
        return RedirectResponse(address, 303, headers={"cache-control": "no-store"})

    def _trusted_redirect(self, asked: Parameters) -> str:
        """Where the answer may go: our own pages, or a program on the developer's machine."""
        if asked.required("client_id") != PAGES_CLIENT:
            raise OAuthError("invalid_client", "People sign in through the client `pages`.", status=401)
        redirect_uri = asked.required("redirect_uri")
        if _REDIRECT.fullmatch(redirect_uri):
            try:
                address = urlsplit(redirect_uri)
                if _origin(redirect_uri) == _origin(self._issuer) or address.hostname in LOOPBACK:
                    return redirect_uri
            except ValueError:
                pass
        raise OAuthError("invalid_request", "The redirect_uri is neither Havn's own nor one on this machine.")

    def _check_sign_in(self, asked: Parameters, redirect_uri: str) -> None:
        try:
            for name in _CARRIED:
                asked.one(name)
            if asked.required("response_type") != "code":
                raise OAuthError("unsupported_response_type", "Only response_type=code is known.")
            challenge = asked.required("code_challenge")
            if asked.one("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
                raise OAuthError("invalid_request", "PKCE with code_challenge_method=S256 is required.")
            havn_scopes(asked.one("scope"))
        except OAuthError as refused:
            raise self._sent_back(refused, asked, redirect_uri) from None

    def _sent_back(self, refused: OAuthError, asked: Parameters, redirect_uri: str) -> SignInRefused:
        states = asked.many("state")
        state = states[0] if len(states) == 1 else None
        return SignInRefused(refused, redirect_uri=redirect_uri, state=state, issuer=self._issuer)

    def _forget_old_codes(self) -> None:
        now = self._now()
        self._codes = {code: promise for code, promise in self._codes.items() if promise.expires_at > now}
        while len(self._codes) >= _MOST_CODES:
            self._codes.pop(next(iter(self._codes)))

    def _access_token(self, grant: Grant) -> str:
        claims = {
            "aud": self.trusted.audience,
            "sub": grant.subject,
            "client_id": grant.client_id,
            "jti": str(uuid.uuid4()),
            "scope": " ".join(sorted(grant.scopes)),
            "org": grant.org,
            "roles": sorted(grant.roles),
            "nsis_loa": grant.assurance,
        }
        return self._signed("at+jwt", claims)

    def _id_token(self, code: _Code) -> str:
        claims = {"aud": code.grant.client_id, "sub": code.grant.subject, "org": code.grant.org}
        return self._signed("JWT", claims | ({"nonce": code.nonce} if code.nonce else {}))

    def _signed(self, typ: str, claims: dict[str, Any]) -> str:
        issued_at = int(self._now())
        whole = {"iss": self._issuer, "iat": issued_at, "exp": issued_at + LIFETIME_SECONDS} | claims
        header = {"alg": "ES256", "kid": self._kid, "typ": typ}
        return jwt.encode(header, whole, self._key, algorithms=["ES256"])


_CARRIED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


def _authenticated_client(request: Request, form: Parameters) -> str:
    authorization = request.headers.get("authorization")
    if authorization is None:
        client_id, secret = form.required("client_id"), form.one("client_secret") or ""
    elif form.one("client_secret") is None:
        client_id, secret = basic_credentials(authorization)
    else:
        raise OAuthError("invalid_request", "Authenticate in one way: in the header or in the body.")
    if form.one("client_id") not in (None, client_id):
        raise invalid_client()
    if not hmac.compare_digest(secret.encode(), _SECRET.encode()):
        raise invalid_client()
    organisation_of(client_id)
    return client_id


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
