"""Offers: a place is held for a person until somebody answers, or until time is up."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.accommodation.case.nights import Nights, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.placements import matching, repository
from services.accommodation.placements.codes import OfferStatus, RequestStatus
from services.accommodation.placements.matching import Exclusion
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.schemas import Needs
from shared.contract.events import OfferAccepted, OfferDeclined, OfferExpired, PlaceOffered
from shared.contract.organisations import OrganisationKind
from shared.contract.personal import PersonalText
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, Unprocessable

LONGEST_HOLD: Final = timedelta(days=14)
BATCH: Final = 500
_COORDINATE = frozenset({OrganisationKind.NATIONAL_CENTRE, OrganisationKind.IMMIGRATION_AUTHORITY})


class ExpiryOutOfRange(Unprocessable):
    """A hold ends after now, and after 14 days at the latest."""


class RequestSettled(Conflict):
    """The request has its place, or was withdrawn."""


class NotYourOffer(Forbidden):
    """The step is another party's."""


class FacilityNotApproved(Conflict):
    """Without an approval that is valid over the stay a facility receives nobody."""


class PlaceUnavailable(Conflict):
    """The facility does not have the place on all of the nights."""


class PlaceUnsafe(Conflict):
    """The place is where the person must not be."""


class OfferDoesNotAllow(Conflict):
    """The offer's status does not allow the answer."""


class OfferStep(StrEnum):
    """How an offer is answered."""

    ACCEPT = "accept"
    DECLINE = "decline"


ALLOWED: Mapping[OfferStatus, tuple[OfferStep, ...]] = {
    OfferStatus.HELD: (OfferStep.ACCEPT, OfferStep.DECLINE),
    OfferStatus.ACCEPTED: (),
    OfferStatus.DECLINED: (),
    OfferStatus.EXPIRED: (),
}

# What a person may not decide otherwise when the rules speak against a place; the rest of the matching is advice, as
# US may accept a place outside its own on individual assessment.
_FORBIDS: Mapping[Exclusion, tuple[type[Conflict], str]] = {
    Exclusion.NO_APPROVAL: (
        FacilityNotApproved,
        "The facility has no approval that is valid over the stay; it may receive nobody.",
    ),
    Exclusion.AVOID_MUNICIPALITIES: (PlaceUnsafe, "The place lies in a municipality that the person must avoid."),
    Exclusion.UNAVAILABLE: (PlaceUnavailable, "The place cannot be used on all of these nights; look at the matches."),
}


def status_of(offer: Offer, stay: Stay, *, now: datetime) -> OfferStatus:
    """Where the offer stands now: nobody need have noted that it has expired."""
    if offer.status is OfferStatus.HELD and (offer.expires_at <= now or stay.state is not StayState.HELD):
        return OfferStatus.EXPIRED
    return offer.status


async def offer_place(
    work: UnitOfWork, *, request_id: UUID, place_id: UUID, expires_at: datetime
) -> tuple[Offer, Stay]:
    """Hold a place for the person until somebody answers; of many who want it at once, one gets it (PlaceTaken)."""
    request = await repository.lock_request(work, request_id)
    if not work.now < expires_at <= work.now + LONGEST_HOLD:
        raise ExpiryOutOfRange(f"A place is held until a later time, at most {LONGEST_HOLD.days} days from now.")
    expires_at = expires_at.astimezone(UTC)
    place, facility = await facilities.lock_place(work, place_id)
    _check_may_offer(work.actor, request, facility)
    if request.status is not RequestStatus.OPEN:
        raise RequestSettled(
            f"The request is {request.status}; ask anew for another place.",
            current_status=request.status,
            allowed=[],
        )
    during = nights(request.from_on, request.to_on)
    needs = await repository.needs_of(work, request, operation="offer.check")
    await _check_may_receive(work, place, facility, needs, during)
    await repository.end_expired_holds(work, place.id)
    stay = Stay(place_id=place.id, case_id=request.case_id, during=during, state=StayState.HELD, held_until=expires_at)
    offer = Offer(
        request_id=request.id,
        case_id=request.case_id,
        facility_id=facility.id,
        place_id=place.id,
        stay_id=stay.id,
        requested_by=request.requested_by,
        payer=request.payer,
        offered_by=work.actor.org,
        offered_at=work.now,
        expires_at=expires_at,
    )
    await repository.hold(work, offer, stay)
    work.record(
        PlaceOffered(
            case_id=offer.case_id, occurred_at=work.now, request_id=request.id, offer_id=offer.id, expires_at=expires_at
        )
    )
    return offer, stay


def _check_may_offer(actor: Actor, request: PlacementRequest, facility: Facility) -> None:
    if actor.kind not in _COORDINATE and actor.org not in (request.requested_by, facility.operator):
        raise NotYourOffer("A place is offered by whoever asked for one, its operator, CMM or US.")


async def _check_may_receive(work: UnitOfWork, place: Place, facility: Facility, needs: Needs, during: Nights) -> None:
    candidate = await facilities.candidate(work, place, facility, during)
    against = matching.reasons_against(candidate, needs=needs, options=[facility.kind], stay=during)
    for reason in against:
        if reason in _FORBIDS:
            refusal, sentence = _FORBIDS[reason]
            raise refusal(sentence)


async def accept_offer(work: UnitOfWork, *, offer_id: UUID, expected: ExpectedVersion) -> None:
    """Book the place, for its operator or whoever asked for it. Other places held for the same request are free again."""
    request, offer, stay = await _take_step(work, offer_id, OfferStep.ACCEPT, expected=expected)
    placement = Placement(
        case_id=offer.case_id,
        request_id=request.id,
        facility_id=offer.facility_id,
        place_id=offer.place_id,
        stay_id=stay.id,
        requested_by=offer.requested_by,
        payer=offer.payer,
        from_on=request.from_on,
        to_on=request.to_on,
        booked_at=work.now,
    )
    stay.state, stay.held_until = StayState.BOOKED, None
    offer.status, offer.placement_id = OfferStatus.ACCEPTED, placement.id
    offer.version += 1
    request.status = RequestStatus.PLACED
    request.version += 1
    await repository.add_placement(work, placement)
    await repository.note_answer(work, offer)
    work.record(
        OfferAccepted(case_id=offer.case_id, occurred_at=work.now, offer_id=offer.id, placement_id=placement.id)
    )
    for other, other_stay in await repository.lock_other_holds(work, offer):
        if status_of(other, other_stay, now=work.now) is OfferStatus.HELD:
            await _release(work, other, other_stay)


async def decline_offer(work: UnitOfWork, *, offer_id: UUID, reason: PersonalText, expected: ExpectedVersion) -> None:
    """The place is free again at once."""
    _, offer, stay = await _take_step(work, offer_id, OfferStep.DECLINE, expected=expected)
    await _release(work, offer, stay, reason=Remark(text=reason))


async def _take_step(
    work: UnitOfWork, offer_id: UUID, step: OfferStep, *, expected: ExpectedVersion
) -> tuple[PlacementRequest, Offer, Stay]:
    """The offer, locked for the step: is it the actor's, is this the version they saw, is it allowed now?"""
    request, offer, stay = await repository.lock_offer(work, offer_id)
    if work.actor.org != offer.requested_by and not await repository.runs_facility(work, offer.facility_id):
        raise NotYourOffer(f"Only the place's operator and whoever asked for it may {step} the offer.")
    expected.check(offer)
    status = status_of(offer, stay, now=work.now)
    if step not in ALLOWED[status]:
        raise OfferDoesNotAllow(
            f"The offer is {status} and holds no place any more; offer the place anew.",
            current_status=status,
            allowed=list(ALLOWED[status]),
        )
    return request, offer, stay


async def _release(work: UnitOfWork, offer: Offer, stay: Stay, *, reason: Remark | None = None) -> None:
    stay.state = StayState.ENDED
    offer.status = OfferStatus.DECLINED
    offer.version += 1
    await repository.note_answer(work, offer, reason)
    work.record(OfferDeclined(case_id=offer.case_id, occurred_at=work.now, offer_id=offer.id))


async def expire_due(work: UnitOfWork) -> bool:
    """Sweep: note which holds have expired, and record each once; True when there may be more. The places were free the
    moment the time was up."""
    due = await repository.lock_due_offers(work, limit=BATCH)
    for offer, stay in due:
        stay.state = StayState.ENDED
        offer.status = OfferStatus.EXPIRED
        offer.version += 1
        await repository.note_answer(work, offer)
        work.record(OfferExpired(case_id=offer.case_id, occurred_at=offer.expires_at, offer_id=offer.id))
    return len(due) == BATCH
