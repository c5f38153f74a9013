"""Somebody asks for what is held of a person (GDPR article 15). Whoever asks on the person's behalf may be the trafficker: the
request is reviewed by another person than who took it down, and answered once, in time (docs/rules.md, privacy-8).

A read for the purpose `data_subject_request` stays what the contract says it is, CMM's to state; what is reviewed is whether
anything is handed out."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from pydantic import Field

from services.identification import tables
from services.identification.access_requests import repository
from services.identification.access_requests.models import AccessRequest
from services.identification.access_requests.schemas import (
    AccessAccount,
    AccessHandOut,
    AccessRequestReport,
    AccessReview,
)
from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.codes import AccessOutcome, AccessState, AskedBy
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import months_after, on_date
from shared.kernel.errors import Conflict, Forbidden, Unprocessable
from shared.rules.decision_tables import Dated, Versions


class NotASecondPerson(Forbidden):
    """A request is reviewed by another person than the one who took it down."""


class AccessIsReviewed(Conflict):
    """The request was granted or refused already."""


class AuthorityNotProven(Conflict):
    """Nobody has said how it was proven that they may ask on behalf of the person."""


class IdentityNotProven(Conflict):
    """Nobody has said how it was proven who asks."""


class AccessNotGranted(Conflict):
    """Nothing is handed out of what nobody has granted, or not for today."""


class HandedOutBeforeGrant(Unprocessable):
    """Nothing can have been handed out before it was granted."""


class AccessTerms(Dated):
    """How long there is to answer, and how long what was granted may be handed out; in force on the day of the request."""

    answer_months: int = Field(gt=0)
    granted_days: int = Field(gt=0)


TERMS: Final = Versions(tables.FOLDER, "access", AccessTerms)
CENTRE: Final = frozenset({Part.CENTRE})
"""CMM alone takes such requests; authorities answer for what they hold themselves."""


def state_of(request: AccessRequest, *, on: date) -> AccessState:
    """How the request stands on that day."""
    if request.handed_out_on:
        return AccessState.HANDED_OUT
    if request.outcome is AccessOutcome.REFUSED:
        return AccessState.REFUSED
    if request.granted_until:
        return AccessState.GRANTED if on <= request.granted_until else AccessState.EXPIRED
    return AccessState.RECORDED


async def record(
    work: UnitOfWork, *, case_id: UUID, report: AccessRequestReport, expected: ExpectedVersion
) -> tuple[Case, AccessRequest]:
    """Take a request down; there is a month to answer it, also in a closed case."""
    case = await cases.lock_case(work, case_id, expected, parts=CENTRE)
    terms = TERMS.or_first(report.requested_on)
    request = AccessRequest(
        case_id=case.id,
        recorded_at=work.now,
        recorded_by=work.actor.org,
        recorded_by_subject=work.actor.subject,
        requested_on=report.requested_on,
        asked_by=report.asked_by,
        relation=report.relation,
        answer_by=months_after(report.requested_on, terms.answer_months),
    )
    said = report.model_dump(include=set(AccessAccount.model_fields))
    await repository.add(work, request, AccessAccount.model_validate(said))
    await changes.case_changed(work, case)
    return case, request


async def review(
    work: UnitOfWork, *, case_id: UUID, request_id: UUID, said: AccessReview, expected: ExpectedVersion
) -> tuple[Case, AccessRequest]:
    """Another person grants the request, or refuses it; one that was granted and not handed out in time is reviewed anew."""
    case = await cases.lock_case(work, case_id, expected, parts=CENTRE)
    request, account = await repository.request_in(work, case, request_id)
    if state_of(request, on=on_date(work.now)) not in (AccessState.RECORDED, AccessState.EXPIRED):
        raise AccessIsReviewed(f"This request was {request.outcome} already; take down a new one.")
    if work.actor.subject == request.recorded_by_subject:
        raise NotASecondPerson(
            "Another person of CMM than the one who took the request down reviews it.",
            danish="En anden person i CMM end den, der tog imod anmodningen, behandler den.",
        )
    if said.outcome is AccessOutcome.GRANTED:
        _check_proven(request, account)
        request.granted_until = on_date(work.now) + timedelta(days=TERMS.or_first(request.requested_on).granted_days)
    else:
        request.ended_at = work.now
    request.outcome, request.reviewed_at = said.outcome, work.now
    request.reviewed_by_subject = work.actor.subject
    await records.change(work, request, operation="access_request.review", review=SealedText(text=said.reason))
    await changes.case_changed(work, case)
    return case, request


def _check_proven(request: AccessRequest, account: AccessAccount) -> None:
    if account.identity is None:
        raise IdentityNotProven(
            "Nobody has said how it was proven who asks; take the request down anew with `identity`."
        )
    if request.asked_by is AskedBy.ON_BEHALF and account.authority is None:
        raise AuthorityNotProven(
            "Nobody has said how it was proven that they may ask on behalf of the person, and they may be the trafficker; "
            "refuse it, or take it down anew with `authority`."
        )


async def hand_out(
    work: UnitOfWork, *, case_id: UUID, request_id: UUID, said: AccessHandOut, expected: ExpectedVersion
) -> tuple[Case, AccessRequest]:
    """What is held was handed out to who asked: once, and while the grant holds."""
    case = await cases.lock_case(work, case_id, expected, parts=CENTRE)
    request, _ = await repository.request_in(work, case, request_id)
    state = state_of(request, on=said.handed_out_on)
    if state is not AccessState.GRANTED or request.reviewed_at is None:
        raise AccessNotGranted(
            f"The request is {state}: nothing is handed out unless another person has granted it, once, and in time."
        )
    if said.handed_out_on < on_date(request.reviewed_at):
        raise HandedOutBeforeGrant("Nothing can have been handed out before it was granted.")
    request.handed_out_on, request.ended_at = said.handed_out_on, work.now
    await records.change(work, request, operation="access_request.hand_out")
    await changes.case_changed(work, case)
    return case, request
