"""What endpoints take beside their own arguments: a purpose, an expected version, a key, the instant."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from shared.contract.codes import Purpose
from shared.http import etag, idempotency
from shared.http.openapi import REQUIRED
from shared.kernel.errors import BadRequest


class PurposeMissing(BadRequest):
    """A read of personal data that does not say why."""


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


Now = Annotated[datetime, Depends(_now)]
"""The instant of a request that has no unit of work."""
PurposeOfReading = Annotated[Purpose, Depends(_purpose)]
IfMatch = Annotated[etag.ExpectedVersion, Depends(etag.honoured)]
RequiredIfMatch = Annotated[etag.ExpectedVersion, Depends(etag.required)]
RequiredIdempotencyKey = Depends(required_key)
