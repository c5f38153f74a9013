"""What every endpoint goes through: who is asking and may they, strict JSON, one transaction, the same answer for the same key.

`Endpoint` is the route class of all four services. An endpoint that does not say what it requires cannot be defined.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import Any, Final, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shared.contract.types import SHOWS_VERSION, Shown
from shared.data import begin_and_end
from shared.data.database import Database
from shared.data.unit_of_work import Refusal, UnitOfWork
from shared.data.vault import Vault
from shared.http import etag, idempotency, limits, refusals
from shared.http.openapi import headers_of, subject_of, summary_of
from shared.http.parameters import query_parameters, require_known_query, required_key
from shared.http.policy import Policy, PolicyMissing
from shared.http.problems import RETRY_AFTER_SECONDS, answer_to
from shared.identity import tokens
from shared.identity.actor import Actor
from shared.identity.tokens import TokenRefused, TokenVerifier
from shared.kernel import strict_json
from shared.kernel.clock import judged_at
from shared.kernel.errors import BadRequest, RefusedForGood, Unauthenticated, Unavailable
from shared.observability.logs import bind_organisation, log
from shared.observability.metrics import TOKENS_REFUSED

Run = Callable[[Request], Coroutine[Any, Any, Response]]
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class TokenMissing(Unauthenticated):
    """There is no bearer token."""


class TokenInvalid(Unauthenticated):
    """The token was refused; why is in our log, not in the answer."""


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


_tag_of_answer: ContextVar[str | None] = ContextVar("tag_of_answer", default=None)


def _tagging(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The endpoint; should its answer show a version of a resource (`Shown.tagged`), that one's ETag is kept for the header."""

    @wraps(endpoint)
    async def tagging(*args: Any, **kwargs: Any) -> Any:
        answer = await endpoint(*args, **kwargs)
        shown = answer.version_shown if isinstance(answer, Shown) else None
        _tag_of_answer.set(etag.etag_of(shown) if shown else None)
        return answer

    return tagging


def _with_tag(run: Run) -> Run:
    """What runs the endpoint, with the ETag that it has kept in the answer's header."""

    async def run_with_tag(request: Request) -> Response:
        response = await run(request)
        if tag := _tag_of_answer.get():
            response.headers["etag"] = tag
        return response

    return run_with_tag


def _counted(handle: Run, dependant: Dependant) -> Run:
    """`handle`, with what it must know of the operation beforehand: its query, and in which pool its requests are counted."""
    query = query_parameters(dependant)
    pool = limits.SUBMISSIONS if required_key in set(_calls(dependant)) else limits.REQUESTS

    async def counted(request: Request) -> Response:
        request.state.query, request.state.pool = query, pool
        return await limits.counted(handle, request)

    return counted


class Endpoint(APIRoute):
    """A route that admits, opens the transaction, remembers the answer, commits, and only then answers."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(path, _tagging(endpoint), **kwargs)
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
        remembers = self.policy.opens_transaction and "POST" in (self.methods or ())
        return headers_of(
            status,
            shows_version=SHOWS_VERSION
            in getattr(get_type_hints(self.endpoint, include_extras=True)["return"], "__metadata__", ()),
            takes_expected_version=not calls.isdisjoint({etag.honoured, etag.required}),
            remembers=remembers,
            takes_key=remembers and required_key not in calls,
        )

    @property
    def policy(self) -> Policy:
        """What this endpoint requires; PolicyMissing when it does not say."""
        found = [call for call in _calls(self.dependant) if isinstance(call, Policy)]
        if len(found) != 1:
            raise PolicyMissing(f"{self.path}: an endpoint says once what it requires, {len(found)} found.")
        return found[0]

    def get_route_handler(self) -> Run:
        run = _with_tag(super().get_route_handler())
        policy, operation = self.policy, self.name
        is_search = refusals.searches in set(_calls(self.dependant))
        takes_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            actor = await _identify(request)
            request.state.is_search = is_search
            try:
                policy.check(actor)
                await _read_strictly(request, takes_body=takes_body)
                async with request.app.state.lines.of(actor):
                    if policy.opens_transaction:
                        response = await _in_one_transaction(request, actor, operation, run)
                    else:
                        with judged_at(request.app.state.platform.clock.now()):
                            response = await run(request)
            except refusals.REFUSALS as refused:
                await _note_refusal(request, actor, operation, refused)
                raise
            if isinstance(response, Exception):
                raise response
            response.headers.setdefault("cache-control", "no-store")
            return response

        return _counted(handle, self.dependant)


async def _identify(request: Request) -> Actor:
    """Who calls. Whatever is refused before that is known stands in our log alone; after it, in the audit."""
    verifier: TokenVerifier = request.app.state.platform.verifier
    try:
        request.state.token = _bearer(request)
        actor = await verifier.verify(request.state.token)
    except TokenRefused as refused:
        log.info("token refused", reason=refused.reason)
        TOKENS_REFUSED.labels(refused.reason).inc()
        if refused.reason is tokens.Refusal.KEYS_UNAVAILABLE:
            raise Unavailable(
                "The token's issuer cannot be reached; try again.", headers={"retry-after": str(RETRY_AFTER_SECONDS)}
            ) from None
        raise TokenInvalid(
            "The access token is not valid here.", headers={"www-authenticate": 'Bearer error="invalid_token"'}
        ) from None
    request.state.actor = actor
    request.state.actor_org = actor.org
    bind_organisation(actor.org)
    await limits.take_one(request, actor)
    return actor


def _bearer(request: Request) -> str:
    if "access_token" in request.query_params:
        raise BadRequest("A token never travels in an address; send it in the Authorization header.")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.lstrip(" ")  # RFC 9110 has any number of them
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing("Send an access token: Authorization: Bearer ...", headers={"www-authenticate": "Bearer"})
    return token


_NO_BODY: Final = "This operation takes no body; send none."


async def _read_strictly(request: Request, *, takes_body: bool) -> None:
    """Read the query and the body with our own rules; FastAPI then finds the body parsed. Where none is taken, one that says
    something is refused: whoever sends it would believe that it was heard."""
    require_known_query(request)
    if request.method not in _WITH_BODY:
        return
    if body := await request.body():
        strict_json.require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
        said = request._json = strict_json.loads(body)  # noqa: SLF001  (Starlette's own place for the parsed body)
        if not takes_body and said not in ({}, None):
            places = [("body", name) for name in said] if isinstance(said, dict) else [("body",)]
            raise RequestValidationError(
                [{"loc": place, "type": "extra_forbidden", "msg": _NO_BODY} for place in places]
            )


async def _in_one_transaction(request: Request, actor: Actor, operation: str, run: Run) -> Response | refusals.Refused:
    """What is answered; or why it is refused, where that is noted already."""
    database: Database = request.app.state.database
    attempt = await _attempt(request, actor, database.vault)
    async with _keeping(database, actor, attempt, only_reads=request.method == "GET") as work:
        try:
            return await _answer(request, work, attempt, operation, run)
        except refusals.REFUSALS as refused:
            if not await _is_noted_at_once(request, work, operation, refused):
                raise
            return refused


async def _answer(
    request: Request, work: UnitOfWork, attempt: idempotency.Attempt | None, operation: str, run: Run
) -> Response:
    if attempt and (first := idempotency.find(work, attempt)):
        if first.refusal:
            work.refusals.append(await _refusal(request, work, operation, first.response.status_code, first.refusal))
        return first.response
    request.state.work = replace(work, answer_key=attempt.key_hash) if attempt else work
    try:
        with judged_at(work.now):
            response = await run(request)
    except RefusedForGood as refused:
        response = answer_to(refused)
        work.refusals.append(await _refusal(request, work, operation, response.status_code, type(refused).__name__))
    if request.state.is_search:
        criterion = refusals.criterion_of(work.vault, await refusals.body_of(request))
        work.accesses[:] = [replace(access, criterion=criterion) for access in work.accesses]
    if attempt:
        named = [request.url.path.split("/"), await refusals.body_of(request)]
        idempotency.remember(work, attempt, response, named=refusals.ids_in(named))
    return response


@asynccontextmanager
async def _keeping(
    database: Database, actor: Actor, attempt: idempotency.Attempt | None, *, only_reads: bool
) -> AsyncIterator[UnitOfWork]:
    """A unit of work that holds the key of the attempt, if there is one. Raises RequestInProgress when a twin was quicker."""
    try:
        key = attempt.key_hash if attempt else None
        async with database.transaction(actor, key=key, only_reads=only_reads) as work:
            yield work
    except begin_and_end.KeyTaken:
        raise idempotency.RequestInProgress from None


async def _attempt(request: Request, actor: Actor, vault: Vault) -> idempotency.Attempt | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    asked = idempotency.Asked(request.method, request.url.path, request.url.query, await request.body())
    return idempotency.Attempt.of(actor, vault, key.strip(" \t"), asked)


async def _is_noted_at_once(request: Request, work: UnitOfWork, operation: str, refused: refusals.Refused) -> bool:
    """Note the refusal with the work that it ends, where that has only read: there is nothing to take back then. Says whether
    that was so."""
    if (status := refusals.status_of(refused)) >= 500:  # ours, not theirs
        return False
    refusal = await _refusal(request, work, operation, status, type(refused).__name__)
    return await begin_and_end.end_refused(work, refusal)


async def _note_refusal(request: Request, actor: Actor, operation: str, refused: refusals.Refused) -> None:
    """What was refused leaves nothing behind; that it was tried is kept, in a transaction of its own, before the answer is sent.

    A refusal says something too (that a case exists, that a consent is missing): should its line not be written, the caller gets
    what anybody gets while the database is away, and not the refusal."""
    if (status := refusals.status_of(refused)) >= 500:  # ours, not theirs
        return
    database: Database = request.app.state.database
    async with database.transaction(actor) as work:
        work.refusals.append(await _refusal(request, work, operation, status, type(refused).__name__))


async def _refusal(request: Request, work: UnitOfWork, operation: str, status: int, name: str) -> Refusal:
    is_search: bool = request.state.is_search
    return await refusals.refusal_of(
        request, operation=operation, status=status, name=name, vault=work.vault, is_search=is_search
    )
