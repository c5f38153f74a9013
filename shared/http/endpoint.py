"""What every endpoint goes through: who is asking and may they, strict JSON, one transaction, the same answer for the same key.

`Endpoint` is the route class of all four services. An endpoint that does not say what it requires cannot be defined.
"""

from collections.abc import Callable, Container, Coroutine, Iterator
from dataclasses import replace
from typing import Any, Final, get_type_hints
from uuid import UUID

import asyncpg
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.routing import APIRoute

from shared.contract.types import SHOWS_VERSION, Shown
from shared.data import begin_and_end
from shared.data.database import Database
from shared.data.unit_of_work import Refusal, UnitOfWork
from shared.data.vault import Vault
from shared.http import etag, idempotency, limits, refusals
from shared.http.arguments import Arguments
from shared.http.handling import Handling, handling_of
from shared.http.openapi import headers_of, subject_of, summary_of
from shared.http.parameters import forgives, query_parameters, require_known_query, required_key
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
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TIMES_AGAIN: Final = 2


class TokenMissing(Unauthenticated):
    """There is no bearer token."""


class TokenInvalid(Unauthenticated):
    """The token was refused; why is in our log, not in the answer."""


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


class Endpoint(APIRoute):
    """A route that admits, opens the transaction, remembers the answer, commits, and only then answers."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(path, endpoint, **kwargs)
        calls = set(_calls(self.dependant))
        self.policy = self._only_policy()
        extra: dict[str, Any] = {
            "x-scope": self.policy.scope.value,
            "x-roles": sorted(self.policy.roles),
            "x-assurance": self.policy.assurance.value,
            "security": [{"oidc": [self.policy.scope.value]}],
        }
        self.openapi_extra = (self.openapi_extra or {}) | extra | self._headers(calls)
        self.summary = self.summary or summary_of(self.endpoint.__doc__)
        self.tags = self.tags or [subject_of(self.endpoint)]
        # What is the same for all requests, found out once.
        self._arguments = Arguments(self.dependant)
        self._query = query_parameters(self.dependant)
        self._pool = limits.SUBMISSIONS if required_key in calls else limits.REQUESTS
        self._searches = refusals.searches in calls
        self._asks_by_key = not self._searches and self._changes_or_names_a_row()
        self.forgives = forgives in calls

    def _headers(self, calls: Container[Any]) -> dict[str, Any]:
        """What the published contract says of this endpoint's headers."""
        remembers = "POST" in (self.methods or ())
        return headers_of(
            self.status_code or 200,
            shows_version=SHOWS_VERSION
            in getattr(get_type_hints(self.endpoint, include_extras=True)["return"], "__metadata__", ()),
            takes_expected_version=etag.honoured in calls or etag.required in calls,
            remembers=remembers,
            takes_key=remembers and required_key not in calls,
        )

    def _changes_or_names_a_row(self) -> bool:
        """Whether what is asked is found by its key: by the id in the address, or as what a body is about. How a list, a search
        or a figure is best looked through depends on the values, and PostgreSQL is to see them."""
        names_a_row = any(parameter.field_info.annotation is UUID for parameter in self.dependant.path_params)
        return names_a_row or "GET" not in (self.methods or ())

    def _only_policy(self) -> Policy:
        """What this endpoint requires; PolicyMissing when it does not say."""
        found = [call for call in _calls(self.dependant) if isinstance(call, Policy)]
        if len(found) != 1:
            raise PolicyMissing(f"{self.path}: an endpoint says once what it requires, {len(found)} found.")
        return found[0]

    def get_route_handler(self) -> Run:
        return self.answer

    async def answer(self, request: Request) -> Response:
        """What this request is answered. Raises what it is refused with."""
        Handling(self._query, self._pool, self._searches).begin(request)
        return await limits.counted(self._handle, request)

    async def _handle(self, request: Request) -> Response:
        actor = await _identify(request)
        try:
            self.policy.check(actor)
            if len(actor.roles) > 1:
                actor = handling_of(request).actor = self.policy.narrow(actor, request.query_params.get("purpose"))
            await _read_strictly(request, forgives=self.forgives, takes_body=self.body_field is not None)
            async with request.app.state.lines.of(actor):
                if self.policy.opens_transaction or _key_of(request) is not None:
                    response = await self._in_one_transaction(request, actor)
                else:
                    with judged_at(request.app.state.platform.clock.now()):
                        response = await self._run(request)
        except refusals.REFUSALS as refused:
            await _note_refusal(request, actor, self.name, refused)
            raise
        if isinstance(response, Exception):
            raise response
        response.headers.setdefault("cache-control", "no-store")
        return response

    async def _in_one_transaction(self, request: Request, actor: Actor) -> Response | refusals.Refused:
        """What is answered; or why it is refused, where that is noted already. Where two requests wait for one another PostgreSQL
        undoes all of one of them, so that the other goes on; that one is tried again."""
        attempt = await _attempt(request, actor, request.app.state.database.vault)
        for _ in range(_TIMES_AGAIN):
            try:
                return await self._try(request, actor, attempt)
            except asyncpg.DeadlockDetectedError:
                log.warning("deadlock", operation=self.name)
        return await self._try(request, actor, attempt)

    async def _try(
        self, request: Request, actor: Actor, attempt: idempotency.Attempt | None
    ) -> Response | refusals.Refused:
        database: Database = request.app.state.database
        key, only_reads = attempt.key_hash if attempt else None, request.method == "GET"
        asks_by_key = self._asks_by_key
        try:
            async with database.transaction(actor, key=key, only_reads=only_reads, asks_by_key=asks_by_key) as work:
                try:
                    return await _answer(request, work, attempt, self.name, self._run)
                except refusals.REFUSALS as refused:
                    if not await _is_noted_at_once(request, work, self.name, refused):
                        raise
                    return refused
        except begin_and_end.KeyTaken:  # a twin was quicker
            raise idempotency.RequestInProgress from None

    async def _run(self, request: Request) -> Response:
        """Call the endpoint, and write what it answers; should that show a version of a resource, with its ETag."""
        answer = await self.endpoint(**await self._arguments.of(request))
        if isinstance(answer, Response):
            return answer
        response = Response(self._written(answer), self.status_code or 200, media_type="application/json")
        if isinstance(answer, Shown) and (shown := answer.version_shown):
            tag = etag.etag_of(handling_of(request).work.vault, shown)
            response.raw_headers.append((b"etag", tag.encode("ascii")))
        return response

    def _written(self, answer: Any) -> bytes:
        if self.response_field is None:
            return b""
        value, wrong = self.response_field.validate(answer, {}, loc=("response",))
        if wrong:
            raise ResponseValidationError(wrong)
        return self.response_field.serialize_json(value, exclude_unset=self.response_model_exclude_unset)


async def _identify(request: Request) -> Actor:
    """Who calls. Whatever is refused before that is known stands in our log alone; after it, in the audit."""
    verifier: TokenVerifier = request.app.state.platform.verifier
    handling = handling_of(request)
    try:
        handling.token = _bearer(request)
        actor = await verifier.verify(handling.token)
    except TokenRefused as refused:
        log.info("token refused", reason=refused.reason)
        TOKENS_REFUSED.labels(refused.reason).inc()
        if refused.reason is tokens.Refusal.KEYS_UNAVAILABLE:
            raise Unavailable(
                "The token's issuer cannot be reached; try again.",
                danish="Tokenets udsteder svarer ikke; prøv igen.",
                headers={"retry-after": str(RETRY_AFTER_SECONDS)},
            ) from None
        raise TokenInvalid(
            "The access token is not valid here.", headers={"www-authenticate": 'Bearer error="invalid_token"'}
        ) from None
    handling.actor = actor
    request.state.actor_org = actor.org  # for the span, which stands around us and knows no `Handling`
    bind_organisation(actor.org)
    await limits.take_one(request, actor)
    return actor


def _bearer(request: Request) -> str:
    if "access_token" in request.query_params:
        raise BadRequest(
            "A token never travels in an address; send it in the Authorization header.",
            danish="Et token sendes aldrig i adressen; send det i Authorization.",
        )
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.lstrip(" ")  # RFC 9110 has any number of them
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing("Send an access token: Authorization: Bearer ...", headers={"www-authenticate": "Bearer"})
    return token


_NO_BODY: Final = "This operation takes no body; send none."


async def _read_strictly(request: Request, *, forgives: bool, takes_body: bool) -> None:
    """Read the query and the body with our own rules, and keep what they make of it. Where none is taken, one that says
    something is refused: whoever sends it would believe that it was heard. What an endpoint that `forgives` takes need not even
    be announced as JSON: `curl -d` calls it a form."""
    require_known_query(request)
    if request.method not in _WITH_BODY:
        return
    if body := await request.body():
        strict_json.require_uncompressed(request.headers.get("content-encoding"))
        if not forgives:
            strict_json.require_json(request.headers.get("content-type"))
        said = handling_of(request).body = strict_json.loads_forgiving(body) if forgives else strict_json.loads(body)
        if not takes_body and said not in ({}, None):
            places = [("body", name) for name in said] if isinstance(said, dict) else [("body",)]
            raise RequestValidationError(
                [{"loc": place, "type": "extra_forbidden", "msg": _NO_BODY} for place in places]
            )


async def _answer(
    request: Request, work: UnitOfWork, attempt: idempotency.Attempt | None, operation: str, run: Run
) -> Response:
    if attempt and (first := idempotency.find(work, attempt)):
        if first.refusal:
            work.refusals.append(await _refusal(request, work, operation, first.response.status_code, first.refusal))
        return first.response
    handling = handling_of(request)
    handling.work = work
    try:
        with judged_at(work.now):
            response = await run(request)
    except RefusedForGood as refused:
        response = answer_to(refused)
        work.refusals.append(await _refusal(request, work, operation, response.status_code, type(refused).__name__))
    if handling.is_search:
        criterion = refusals.criterion_of(work.vault, await refusals.body_of(request))
        work.accesses[:] = [replace(access, criterion=criterion) for access in work.accesses]
    if attempt:
        named = [request.scope["path"].split("/"), await refusals.body_of(request)]
        idempotency.remember(work, attempt, response, named=refusals.ids_in(named))
    return response


def _key_of(request: Request) -> str | None:
    """The key that comes with a POST. What is asked with one is kept, also where it stores nothing else."""
    return request.headers.get("idempotency-key") if request.method == "POST" else None


async def _attempt(request: Request, actor: Actor, vault: Vault) -> idempotency.Attempt | None:
    key = _key_of(request)
    if key is None:
        return None
    path, query = request.scope["path"], request.scope["query_string"].decode("ascii")
    asked = idempotency.Asked(request.method, path, query, await request.body())
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
    is_search = handling_of(request).is_search
    return await refusals.refusal_of(
        request, operation=operation, status=status, name=name, vault=work.vault, is_search=is_search
    )
