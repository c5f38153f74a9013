"""What endpoints take beside their own arguments: a purpose, an expected version, a key, the instant."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from fastapi.dependencies.models import Dependant

from shared.contract.codes import Purpose
from shared.http import etag, idempotency
from shared.http.handling import handling_of
from shared.http.openapi import REQUIRED
from shared.http.peers import Peers
from shared.http.problems import place_of
from shared.kernel.errors import BadRequest, Unprocessable

PURPOSE: Final = "purpose"
"""The query parameter that every operation takes."""


class PurposeMissing(BadRequest):
    """A read of personal data that does not say why."""


class QueryNotUnderstood(Unprocessable):
    """A query parameter that the operation does not have, or one that is said twice."""


def query_parameters(dependant: Dependant) -> frozenset[str]:
    """The names of all query parameters that an operation has, its dependencies' included."""
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*(query_parameters(inner) for inner in dependant.dependencies))


def require_known_query(request: Request) -> None:
    """Refuse parameters that would be passed over, and those said twice, of which one would be: whoever mistypes a filter would
    take the whole list for its answer."""
    known = handling_of(request).query
    said = request.query_params.multi_items()
    names = [name for name, _ in said]
    if known.issuperset(names) and len(names) == len(set(names)):
        return
    errors = [
        {"loc": ["query", place_of(name)], "msg": _TWICE if name in {*known, PURPOSE} else _UNKNOWN}
        for name, count in Counter(names).items()
        if name not in {*known, PURPOSE} or count > 1
    ]
    if PURPOSE not in known and any(name == PURPOSE and value not in set(Purpose) for name, value in said):
        errors.append({"loc": ["query", PURPOSE], "msg": f"One of {', '.join(Purpose)}."})
    if errors:
        raise QueryNotUnderstood("The query is not as the contract says; see `errors`.", errors=errors)


_UNKNOWN: Final = "This operation has no such parameter."
_TWICE: Final = "Say this once; a list has commas between."


# Dependencies are coroutines though they wait for nothing: FastAPI sends plain functions through a thread each.
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


async def required_key(
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=idempotency.LONGEST_KEY, json_schema_extra={REQUIRED: True})
    ] = None,
) -> None:
    if idempotency_key is None:
        raise idempotency.IdempotencyKeyMissing(
            "Send an Idempotency-Key (a UUID does), so that a repeated request is not a second referral."
        )


async def forgives() -> None:
    """As a dependency of an endpoint that loses nothing over a formality: whatever is JSON, and whatever it is called in
    Content-Type, is handed on to its schema, which names what is wrong with it."""


async def _neighbours(request: Request) -> Peers:
    peers: Peers = request.app.state.peers
    return peers


async def _for_caller(request: Request) -> Peers:
    peers: Peers = request.app.state.peers
    return peers.for_caller(handling_of(request).token)


Neighbours = Annotated[Peers, Depends(_neighbours)]
"""The other services, as this one asks them: as itself."""
NeighboursForCaller = Annotated[Peers, Depends(_for_caller)]
"""The other services, as who is asking would ask them."""
Now = Annotated[datetime, Depends(_now)]
"""The instant of a request that has no unit of work."""
PurposeOfReading = Annotated[Purpose, Depends(_purpose)]
IfMatch = Annotated[etag.ExpectedVersion, Depends(etag.honoured)]
RequiredIfMatch = Annotated[etag.ExpectedVersion, Depends(etag.required)]
RequiredIdempotencyKey = Depends(required_key)
ForgivenBody = Depends(forgives)
