"""Requests for access, as CMM sees them."""

from datetime import date

from services.identification.access_requests import domain
from services.identification.access_requests.models import AccessRequest
from services.identification.access_requests.schemas import AccessAccount, AccessRequestDetails, AccessRequestState
from services.identification.case.schemas import SealedText

_STATE = frozenset({"requested_on", "answer_by", "granted_until", "handed_out_on"})


def see_state(request: AccessRequest, *, on: date) -> AccessRequestState:
    """How the request stands on that day."""
    fields = request.model_dump(include=set(_STATE))
    return AccessRequestState(access_request_id=request.id, state=domain.state_of(request, on=on), **fields)


def see_request(
    request: AccessRequest, account: AccessAccount, review: SealedText | None, *, on: date
) -> AccessRequestDetails:
    """The request with who asks, and the review of it."""
    fields = request.model_dump(include=set(_STATE) | {"asked_by", "relation", "recorded_at", "reviewed_at"})
    return AccessRequestDetails(
        access_request_id=request.id,
        state=domain.state_of(request, on=on),
        reason=review.text if review else None,
        **dict(account),
        **fields,
    )
