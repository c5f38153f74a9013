"""An offer that was made: it is answered, confirmed, taken back, or its time is up."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.accommodation.case.nights import Nights, first_of, night_of
from services.accommodation.case.schemas import Remark
from services.accommodation.case.terms import terms_on
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.domain import NotASecondPerson, check_is_person
from services.accommodation.facilities.models import Stay
from services.accommodation.offers import repository
from services.accommodation.offers.schemas import Decline, Exceptions, RuleException
from services.accommodation.placements import fitting, matching, requests
from services.accommodation.placements.codes import DeclineCode, FitRule, OfferStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import PlaceDoesNotFit, known_of, lock_request, needs_with_children
from shared.contract.events import OfferAccepted, OfferDeclined, OfferExpired
from shared.contract.organisations import OrganisationKind
from shared.contract.personal import PersonalText
from shared.contract.visibility import Aspect
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden

BATCH: Final = 500
COORDINATE: Final = frozenset({OrganisationKind.NATIONAL_CENTRE, OrganisationKind.IMMIGRATION_AUTHORITY})


class NotYourOffer(Forbidden):
    """The step is another party's."""


class NotYourRequest(Forbidden):
    """A request is withdrawn by who made it, or coordinates."""


class AwaitsSecondPerson(Conflict):
    """A minor goes to a facility for adults when a second person has agreed."""


class NotAccepted(Conflict):
    """The place does not fit the person any more, by facts that who accepts may not know."""


class OfferDoesNotAllow(Conflict):
    """The offer's status does not allow the answer."""


class OfferStep(StrEnum):
    """How an offer is answered."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


ALLOWED: Mapping[OfferStatus, tuple[OfferStep, ...]] = {
    OfferStatus.HELD: tuple(OfferStep),
    OfferStatus.ACCEPTED: (),
    OfferStatus.DECLINED: (),
    OfferStatus.EXPIRED: (),
}


def status_of(offer: Offer, stay: Stay, *, now: datetime) -> OfferStatus:
    """Where the offer stands now: nobody need have noted that it has expired."""
    if offer.status is OfferStatus.HELD and (offer.expires_at <= now or stay.state is not StayState.HELD):
        return OfferStatus.EXPIRED
    return offer.status


async def confirm_offer(work: UnitOfWork, *, offer_id: UUID, reason: PersonalText, expected: ExpectedVersion) -> None:
    """A second person of the organisation that offers agrees that a minor goes to a facility for adults."""
    _, offer, stay = await repository.lock_offer(work, offer_id)
    if work.actor.org != offer.offered_by or work.actor.subject == offer.offered_by_person:
        raise NotASecondPerson(
            "An offer is confirmed by another person of the organisation that made it.",
            danish="Et tilbud bekræftes af en anden person i den organisation, der gav det.",
        )
    check_is_person(work.actor)
    expected.check(offer)
    _check_allows(OfferStep.CONFIRM, offer, stay, now=work.now)
    kept = await repository.exceptions_of(work, offer)
    await repository.keep_exceptions(
        work, offer, Exceptions(items=[*kept, RuleException(rule=FitRule.MINORS, reason=reason)])
    )
    offer.awaits_second_person, offer.confirmed_at = False, work.now
    offer.version += 1
    work.audit(operation="offer.confirm", subject_id=offer.case_id, object_ids=[offer.id])


async def accept_offer(work: UnitOfWork, *, offer_id: UUID, expected: ExpectedVersion) -> None:
    """Book the place, for who did not offer it. Raises PlaceDoesNotFit where it cannot be had any more, or does not fit by what
    is known of the person now, and NotAccepted for who may not know that."""
    request, offer, stay = await _take_step(work, offer_id, OfferStep.ACCEPT, expected=expected)
    if offer.awaits_second_person:
        raise AwaitsSecondPerson("A second person of the organisation that offers has to confirm: POST .../confirm.")
    during = matching.from_tonight(stay.during, asked_on=first_of(stay.during), tonight=night_of(work.now))
    if first_of(during) < night_of(work.now):
        raise PlaceDoesNotFit([FitRule.PAST])
    await _check_fits_still(work, request, offer, during=during, left=stay.instead_of_id)
    stay.during = offer.during = during
    placement = Placement(
        case_id=offer.case_id,
        request_id=request.id,
        facility_id=offer.facility_id,
        place_id=offer.place_id,
        stay_id=stay.id,
        requested_by=offer.requested_by,
        payer=offer.payer,
        from_on=first_of(stay.during),
        to_on=stay.during.upper,
        booked_at=work.now,
        exceptions=offer.exceptions,
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


OFFERED_ANEW: Final = (
    "More is known of the person by now: decline the offer, and have this place or another one offered anew.",
    "Der vides nu mere om personen: afslå tilbuddet, og få denne eller en anden plads tilbudt på ny.",
)


async def _check_fits_still(
    work: UnitOfWork, request: PlacementRequest, offer: Offer, *, during: Nights, left: UUID | None
) -> None:
    """Between offer and answer days may pass, and what becomes known of the person counts as it would for a new offer; `left` is
    the stay that it would end."""
    async with as_itself(work):  # who asked for a place may accept one in a facility that is a secret
        place, facility = await facilities.place_of(work, offer.place_id)
    wanted = fitting.Wanted(
        case_id=offer.case_id,
        needs=await needs_with_children(work, request, stay_id=left, operation="placement.check"),
        options=fitting.options_of(request),
        during=during,
        own_stay=offer.stay_id,
    )
    against = await fitting.against_person(work, place, facility, wanted, excepted=offer.exceptions)
    if left is None and await repository.is_elsewhere(work, offer, during):
        against.append(FitRule.PERSON_ELSEWHERE)
    if not against:
        return
    if not who.runs(work.actor, facility) and (
        # Which rule it is tells what the case says of the person, or where a place lies that is a secret.
        FitRule.DISTANCE in against or Aspect.RESPONSIBILITY not in await known_of(work, request)
    ):
        raise NotAccepted("The place does not fit any more: decline the offer, and ask CMM for another place.")
    raise PlaceDoesNotFit(against, ways_on=OFFERED_ANEW)


async def decline_offer(work: UnitOfWork, *, offer_id: UUID, decline: Decline, expected: ExpectedVersion) -> None:
    """The place is free again at once. Whoever works with the person says the person's own no, also of what it has offered
    itself; others come first for some days then."""
    is_own_no = decline.code is DeclineCode.PERSONS_OWN_NO
    request, offer, stay = await _take_step(
        work, offer_id, OfferStep.DECLINE, expected=expected, for_the_person=is_own_no
    )
    if is_own_no:
        today = on_date(work.now)
        request.parked_until = today + terms_on(today).parked
        request.version += 1
    offer.declined_because = decline.code
    await release(work, offer, stay, reason=Remark(text=decline.reason))


async def withdraw_offer(
    work: UnitOfWork, *, offer_id: UUID, reason: PersonalText | None, expected: ExpectedVersion
) -> None:
    """Who made the offer takes it back, or CMM does: it has expired before its time, and the place is free again at once."""
    _, offer, stay = await repository.lock_offer(work, offer_id)
    if work.actor.org != offer.offered_by and work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourOffer(
            "An offer is taken back by who made it, or by CMM; who was asked may decline it.",
            danish="Et tilbud tages tilbage af den, der gav det, eller af CMM; den, der er spurgt, kan afslå det.",
        )
    expected.check(offer)
    _check_allows(OfferStep.WITHDRAW, offer, stay, now=work.now)
    offer.expires_at = work.now
    await expire(work, offer, stay, reason=Remark(text=reason) if reason else None)


async def withdraw_request(
    work: UnitOfWork, *, request_id: UUID, reason: PersonalText | None, expected: ExpectedVersion
) -> PlacementRequest:
    """The person needs no place any more, says who asked for it or coordinates; what is held for it is free again."""
    request = await lock_request(work, request_id)
    if work.actor.org != request.requested_by and work.actor.kind not in COORDINATE:
        raise NotYourRequest("A request is withdrawn by who made it, CMM or US.")
    expected.check(request)
    if request.status is not RequestStatus.OPEN:
        raise _settled(request)
    await end_request(work, request, reason=Remark(text=reason) if reason else None)
    return request


def _settled(request: PlacementRequest) -> requests.RequestSettled:
    if request.status is RequestStatus.PLACED:
        return requests.RequestSettled(
            f"The request is {request.status}; its placement is cancelled: POST .../placements/{{id}}/cancel.",
            danish="Anmodningen har fået sin plads; det er placeringen, der aflyses: POST .../placements/{id}/cancel.",
            current_status=request.status,
            allowed=[],
        )
    return requests.RequestSettled(
        f"The request is {request.status}.",
        danish="Anmodningen er trukket tilbage allerede.",
        current_status=request.status,
        allowed=[],
    )


async def end_request(work: UnitOfWork, request: PlacementRequest, *, reason: Remark | None = None) -> None:
    """The locked request waits for no place any more, and what is held for it is free."""
    for offer, stay in await repository.held_for(work, request.id):
        await release(work, offer, stay, reason=reason)
    request.status = RequestStatus.WITHDRAWN
    request.version += 1
    work.audit(operation="placement_request.withdraw", subject_id=request.case_id, object_ids=[request.id])


async def _take_step(
    work: UnitOfWork, offer_id: UUID, step: OfferStep, *, expected: ExpectedVersion, for_the_person: bool = False
) -> tuple[PlacementRequest, Offer, Stay]:
    """The offer, locked for the step: is it the actor's to answer, is this the version they saw, is it allowed now?"""
    request, offer, stay = await repository.lock_offer(work, offer_id)
    speaks = {offer.requested_by, offer.offered_by} if for_the_person else set()
    if work.actor.org not in {offer.answer_by, *speaks}:
        raise NotYourOffer(f"Who did not make an offer may {step} it: its operator, or who asked for the place.")
    expected.check(offer)
    _check_allows(step, offer, stay, now=work.now)
    return request, offer, stay


def _check_allows(step: OfferStep, offer: Offer, stay: Stay, *, now: datetime) -> None:
    status = status_of(offer, stay, now=now)
    allowed = [each for each in ALLOWED[status] if each is not OfferStep.CONFIRM or offer.awaits_second_person]
    if step not in allowed:
        if status is OfferStatus.HELD:
            raise OfferDoesNotAllow(
                "The offer needs no second person.",
                danish="Tilbuddet behøver ingen anden person.",
                current_status=status,
                allowed=allowed,
            )
        raise OfferDoesNotAllow(
            f"The offer is {status} and holds no place any more; offer the place anew.",
            current_status=status,
            allowed=allowed,
        )


async def release(work: UnitOfWork, offer: Offer, stay: Stay, *, reason: Remark | None = None) -> None:
    """The offer comes to nothing, and the place is free."""
    await _end(work, offer, stay, OfferStatus.DECLINED, reason)
    work.record(OfferDeclined(case_id=offer.case_id, occurred_at=work.now, offer_id=offer.id))


async def expire(work: UnitOfWork, offer: Offer, stay: Stay, *, reason: Remark | None = None) -> None:
    """Nobody has answered the offer by the time that it was to be answered by, and the place is free."""
    await _end(work, offer, stay, OfferStatus.EXPIRED, reason)
    work.record(OfferExpired(case_id=offer.case_id, occurred_at=offer.expires_at, offer_id=offer.id))


async def _end(work: UnitOfWork, offer: Offer, stay: Stay, status: OfferStatus, reason: Remark | None) -> None:
    stay.state = StayState.ENDED
    offer.status = status
    offer.version += 1
    await repository.note_answer(work, offer, reason)


async def expire_due(work: UnitOfWork) -> bool:
    """Sweep: note which holds have expired, and record each once; True when there may be more. The places were free the
    moment the time was up."""
    due = await repository.lock_due_offers(work, limit=BATCH)
    for offer, stay in due:
        await expire(work, offer, stay)
    return len(due) == BATCH
