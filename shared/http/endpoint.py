"""What every endpoint goes through: who is asking and may they, strict JSON, one transaction, the same answer for the same key.

`Endpoint` is the route class of all four services. An endpoint that does not say what it requires cannot be defined.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contract.codes import Purpose
from shared.contract.organisations import Scope
from shared.data import audit
from shared.data.database import Database
from shared.http import etag, idempotency
from shared.http.openapi import REQUIRED, headers_of, subject_of, summary_of
from shared.http.paging import Cursor, Cursors, Limit, Page
from shared.http.problems import RETRY_AFTER_SECONDS, answer_to
from shared.identity.actor import Actor, Assurance, Role
from shared.identity.tokens import Refusal, TokenRefused, TokenVerifier
from shared.kernel import strict_json
from shared.kernel.errors import (
    BadRequest,
    DomainError,
    Forbidden,
    NotFound,
    RefusedForGood,
    ScopeMissing,
    Unauthenticated,
    Unavailable,
)
from shared.observability.logs import bind_org, log

ItemT = TypeVar("ItemT")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class PolicyMissing(TypeError):
    """An endpoint was defined that does not say which scope and roles it requires."""


class TokenMissing(Unauthenticated):
    """There is no bearer token."""


class TokenInvalid(Unauthenticated):
    """The token was refused; why is in our log, not in the answer."""


class AssuranceTooLow(Unauthenticated):
    """The login is not sure enough for this (RFC 9470)."""


class RoleMissing(Forbidden):
    """The actor has none of the roles."""


class PurposeMissing(BadRequest):
    """A read of personal data that does not say why."""


class Requires:
    """As a dependency: the Actor, after it was found to have the scope, one of the roles, and the assurance level.

    The check itself is made by `Endpoint`, before the body is read."""

    def __init__(self, scope: Scope, *roles: Role, assurance: Assurance = Assurance.SUBSTANTIAL) -> None:
        if not roles:
            raise PolicyMissing(f"Requires({scope}) names no roles.")
        self.scope = scope
        self.roles = frozenset(roles)
        self.assurance = assurance

    async def __call__(self, request: Request) -> Actor:
        actor: Actor = request.state.actor
        return actor

    def check(self, actor: Actor) -> None:
        """Raises ScopeMissing, RoleMissing or AssuranceTooLow."""
        if self.scope not in actor.scopes:
            raise ScopeMissing(f"This needs the scope {self.scope}, which the token does not carry.")
        if not self.roles & actor.roles:
            raise RoleMissing(f"This needs one of the roles {', '.join(sorted(self.roles))}.")
        # Systems count by their client authentication (api.md, section 2).
        is_sure = actor.assurance.at_least(self.assurance) or (
            Role.SYSTEM in actor.roles and self.assurance is not Assurance.HIGH
        )
        if not is_sure:
            challenge = f'Bearer error="insufficient_user_authentication", acr_values="{self.assurance}"'
            raise AssuranceTooLow(
                f"Log in again with assurance level {self.assurance}.", headers={"www-authenticate": challenge}
            )


# Dependencies are coroutines though they wait for nothing: FastAPI sends plain functions through a thread each.
async def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.platform.clock.now()
    return now


OptionalPurpose = Annotated[Purpose | None, Query(description="Why this is read.")]


async def _purpose(
    purpose: Annotated[
        Purpose | None, Query(description="Why this is read.", json_schema_extra={REQUIRED: True})
    ] = None,
) -> Purpose:
    if purpose is None:
        raise PurposeMissing(f"Say why you read this: ?purpose= one of {', '.join(Purpose)}.")
    return purpose


async def _required_key(
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=idempotency.LONGEST_KEY, json_schema_extra={REQUIRED: True})
    ] = None,
) -> None:
    if idempotency_key is None:
        raise idempotency.IdempotencyKeyMissing(
            "Send an Idempotency-Key (a UUID does), so that a repeated request is not a second referral."
        )


Session = Annotated[AsyncSession, Depends(_session)]
"""The transaction of this request; it commits after the endpoint returns and before the answer is sent."""
Now = Annotated[datetime, Depends(_now)]
PurposeOfReading = Annotated[Purpose, Depends(_purpose)]
IfMatch = Annotated[etag.Match, Depends(etag.honoured)]
RequiredIfMatch = Annotated[etag.Match, Depends(etag.required)]
RequiredIdempotencyKey = Depends(_required_key)


STAFF = (Role.CASEWORKER, Role.DECIDER, Role.LAWYER, Role.HEALTH, Role.FACILITY_MANAGER, Role.ADMIN, Role.SYSTEM)
"""Everybody who works with people's cases, systems included; the others see figures or records of access."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is asked for."""

    limit: int
    after: list[str | int] | None
    """The sort key of the last item that the caller has."""
    _holder: str
    _query: str
    _cursors: Cursors

    def page(
        self, items: Sequence[ItemT], rows: Sequence[Any], position: Callable[[Any], list[str | int]]
    ) -> Page[ItemT]:
        """The page of these items, made of `rows` that were read up to one beyond the limit."""
        more = len(rows) > self.limit
        cursor = (
            self._cursors.issue(position(rows[self.limit - 1]), holder=self._holder, query=self._query)
            if more
            else None
        )
        return Page(items=list(items[: self.limit]), next_cursor=cursor)


async def _paging(request: Request, limit: Limit, cursor: Cursor = None) -> Paging:
    platform = request.app.state.platform
    asked = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}
    )
    holder, query = request.state.actor.org, f"{request.url.path}?{asked}"
    after = platform.cursors.read(cursor, holder=holder, query=query) if cursor else None
    return Paging(limit, after, holder, query, platform.cursors)


Pages = Annotated[Paging, Depends(_paging)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


class Endpoint(APIRoute):
    """A route that admits, opens the transaction, remembers the answer, commits, and only then answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extra: dict[str, Any] = {
            "x-scope": self.policy.scope.value,
            "x-roles": sorted(self.policy.roles),
            "x-assurance": self.policy.assurance.value,
            "security": [{"oidc": [self.policy.scope.value]}],
        }
        self.openapi_extra = (self.openapi_extra or {}) | extra | self._headers()
        self.summary = self.summary or summary_of(self.endpoint.__doc__)
        self.tags = self.tags or [subject_of(self.endpoint)]

    def _headers(self) -> dict[str, Any]:
        """What the published contract says of this endpoint's headers."""
        calls, status = set(_calls(self.dependant)), self.status_code or 200
        remembers = _session in calls and "POST" in (self.methods or ())
        return headers_of(
            status,
            # An endpoint takes the response to tag it, unless it describes an answer of its own (CSV).
            tells_version=self.dependant.response_param_name is not None and status not in self.responses,
            honours_match=not calls.isdisjoint({etag.honoured, etag.required}),
            remembers=remembers,
            takes_key=remembers and _required_key not in calls,
        )

    @property
    def policy(self) -> Requires:
        """What this endpoint requires; PolicyMissing when it does not say."""
        found = [call for call in _calls(self.dependant) if isinstance(call, Requires)]
        if len(found) != 1:
            raise PolicyMissing(f"{self.path}: an endpoint says once what it requires, {len(found)} found.")
        return found[0]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        run = super().get_route_handler()
        policy = self.policy
        needs_session = _session in set(_calls(self.dependant))
        operation = self.name

        async def handle(request: Request) -> Response:
            actor = await _admit(request, policy, operation)
            await _read_strictly(request)
            if not needs_session:
                response = await run(request)
            else:
                response = await _in_one_transaction(request, actor, operation, run)
            response.headers.setdefault("cache-control", "no-store")
            return response

        return handle


async def _admit(request: Request, policy: Requires, operation: str) -> Actor:
    verifier: TokenVerifier = request.app.state.platform.verifier
    try:
        actor = await verifier.verify(_bearer(request))
    except TokenRefused as refused:
        log.info("token refused", reason=refused.reason)
        if refused.reason is Refusal.KEYS_UNAVAILABLE:
            raise Unavailable(
                "The token's issuer cannot be reached; try again.", headers={"retry-after": str(RETRY_AFTER_SECONDS)}
            ) from None
        raise TokenInvalid(
            "The access token is not valid here.", headers={"www-authenticate": 'Bearer error="invalid_token"'}
        ) from None
    request.state.actor = actor
    request.state.actor_org = actor.org
    bind_org(actor.org)
    try:
        policy.check(actor)
    except DomainError:
        await _note_refusal(request, actor, operation)
        raise
    return actor


def _bearer(request: Request) -> str:
    if "access_token" in request.query_params:
        raise BadRequest("A token never travels in an address; send it in the Authorization header.")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing("Send an access token: Authorization: Bearer ...", headers={"www-authenticate": "Bearer"})
    return token


async def _read_strictly(request: Request) -> None:
    """Read the body with our own rules; FastAPI then finds it parsed."""
    if request.method not in _WITH_BODY:
        return
    if body := await request.body():
        strict_json.require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
        request._json = strict_json.loads(body)  # noqa: SLF001  (Starlette's own place for the parsed body)


async def _in_one_transaction(
    request: Request, actor: Actor, operation: str, run: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    database: Database = request.app.state.database
    try:
        async with database.transaction(actor) as session:
            request.state.session = session
            attempt = await _attempt(request, actor)
            if attempt and (first := await idempotency.find(session, attempt)):
                return first
            try:
                response = await run(request)
            except RefusedForGood as refused:
                response = answer_to(refused)
            if attempt:
                await idempotency.remember(session, attempt, response, now=session.info["now"])
        return response
    except (Forbidden, NotFound):
        await _note_refusal(request, actor, operation)
        raise


async def _attempt(request: Request, actor: Actor) -> idempotency.Attempt | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    return idempotency.Attempt.of(actor, key, operation=request.url.path, body=await request.body())


async def _note_refusal(request: Request, actor: Actor, operation: str) -> None:
    """What was refused left nothing behind; that it was tried is kept."""
    database: Database = request.app.state.database
    async with database.transaction(actor) as session:
        await audit.write_refusal(session, operation=operation, subject_id=_subject_of(request))


def _subject_of(request: Request) -> UUID | None:
    """The case or referral that the path names, so that its log tells of refusals too; None where it names none."""
    for name in ("case_id", "referral_id"):
        try:
            return UUID(request.path_params[name])
        except (KeyError, ValueError, AttributeError, TypeError):
            continue
    return None
