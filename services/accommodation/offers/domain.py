"""Offers: a place is held for a person until somebody answers, or until time is up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.offers import police, repository
from services.accommodation.offers.schemas import Decline, Exceptions, OfferSubmission, RuleException
from services.accommodation.placements import answers, fitting, matching, requests
from services.accommodation.placements.codes import (
    OF_THE_FACILITY,
    OF_THE_PERSON,
    DeclineCode,
    FitRule,
    OfferStatus,
    RequestStatus,
)
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import PlaceDoesNotFit, known_of, lock_request, needs_with_children
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking import repository as rankings
from services.accommodation.ranking.models import Ranking
from services.accommodation.ranking.schemas import KeptRanking, RankedPlace
from shared.contract.events import OfferAccepted, OfferDeclined, OfferExpired, PlaceOffered
from shared.contract.organisations import OrganisationKind
from shared.contract.personal import PersonalText
from shared.contract.visibility import Aspect
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden, Unprocessable

LONGEST_HOLD: Final = timedelta(days=14)
BATCH: Final = 500
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_COORDINATE = frozenset({OrganisationKind.NATIONAL_CENTRE, OrganisationKind.IMMIGRATION_AUTHORITY})
_PLACE_THEMSELVES = frozenset({OrganisationKind.POLICE, OrganisationKind.MUNICIPALITY})


class ExpiryOutOfRange(Unprocessable):
    """A hold ends after now, and after 14 days at the latest."""


class NotYourOffer(Forbidden):
    """The step is another party's."""


class NotYourRequest(Forbidden):
    """A request is withdrawn by who made it, or coordinates."""


class AwaitsSecondPerson(Conflict):
    """A minor goes to a facility for adults when a second person has agreed."""


class NotAccepted(Conflict):
    """The place does not fit the person any more, by facts that who accepts may not know."""


class NothingToReplace(Unprocessable):
    """The person is not at the place that this one would replace."""


class OfferDoesNotAllow(Conflict):
    """The offer's status does not allow the answer."""


class OfferStep(StrEnum):
    """How an offer is answered."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONFIRM = "confirm"


ALLOWED: Mapping[OfferStatus, tuple[OfferStep, ...]] = {
    OfferStatus.HELD: (OfferStep.ACCEPT, OfferStep.DECLINE, OfferStep.CONFIRM),
    OfferStatus.ACCEPTED: (),
    OfferStatus.DECLINED: (),
    OfferStatus.EXPIRED: (),
}


def status_of(offer: Offer, stay: Stay, *, now: datetime) -> OfferStatus:
    """Where the offer stands now: nobody need have noted that it has expired."""
    if offer.status is OfferStatus.HELD and (offer.expires_at <= now or stay.state is not StayState.HELD):
        return OfferStatus.EXPIRED
    return offer.status


async def offer_place(
    work: UnitOfWork, *, request_id: UUID, submission: OfferSubmission, expected: ExpectedVersion
) -> tuple[Offer, Stay]:
    """Hold a place for the person until somebody answers; of many who want it at once, one gets it. Raises PlaceDoesNotFit with
    the rules that speak against it and are not excepted by who may."""
    # What fits is asked twice: nobody waits in line for a place that they cannot have, and only what is so when it is theirs to
    # take counts.
    request = await requests.lock_open(work, request_id, expected)
    place, facility = await facilities.known_place(work, submission.place_id)
    _check_may_offer(work.actor, request, facility)
    police_until = await police.held_until(work, request)
    expires_at = min(_expiry(work, submission.expires_at), police_until or _NEVER)
    replaced = await _replaced(work, request, submission.instead_of, is_locked=False)
    wanted = await _wanted(work, request, own_stay=replaced, police_until=police_until)
    await _check_fits(work, request, place, facility, wanted, submission.exceptions)
    place, facility = await _lock(work, request, place.id, submission.instead_of)
    excepted = await _check_fits(work, request, place, facility, wanted, submission.exceptions)
    takes_two = any(exception.rule is FitRule.MINORS for exception in excepted)
    if takes_two:
        check_is_person(work.actor)
    stay = Stay(
        place_id=place.id,
        case_id=request.case_id,
        during=wanted.during,
        state=StayState.HELD,
        held_until=expires_at,
        instead_of_id=replaced,
    )
    offer = Offer(
        request_id=request.id,
        case_id=request.case_id,
        facility_id=facility.id,
        place_id=place.id,
        stay_id=stay.id,
        during=wanted.during,
        requested_by=request.requested_by,
        payer=answers.payer_as_asked(request, facility.kind),
        offered_by=work.actor.org,
        offered_by_person=work.actor.subject,
        answer_by=request.requested_by if work.actor.org == facility.operator else facility.operator,
        offered_at=work.now,
        expires_at=expires_at,
        exceptions=[exception.rule for exception in excepted],
        awaits_second_person=takes_two,
        police_until=police_until,
    )
    await repository.hold(work, offer, stay)
    if excepted:
        await repository.keep_exceptions(work, offer, Exceptions(items=excepted))
    await _keep_ranking(work, offer, wanted, held=stay)
    work.record(
        PlaceOffered(
            case_id=offer.case_id, occurred_at=work.now, request_id=request.id, offer_id=offer.id, expires_at=expires_at
        )
    )
    return offer, stay


async def _keep_ranking(work: UnitOfWork, offer: Offer, wanted: fitting.Wanted, *, held: Stay) -> None:
    """Keep from what the place was chosen: the places that fitted as the actor knew them, best first, and by which weights."""
    tonight = night_of(work.now)
    weights = ranking.weights_on(tonight)
    fitted, _ = matching.match(
        await fitting.candidates(work, wanted.case_id, wanted.during, but_for=held.id),
        needs=wanted.needs,
        options=wanted.options,
        stay=wanted.during,
        tonight=tonight,
        weights=weights,
    )
    kept = [
        RankedPlace(place_id=place_id, facility_id=match.candidate.facility.id, features=match.features)
        for number, (place_id, match) in enumerate(matching.one_by_one(fitted))
        if number < ranking.MOST_KEPT - 1 or place_id == offer.place_id
    ]
    row = Ranking(
        offer_id=offer.id, case_id=offer.case_id, kept_for=offer.offered_by, weights=weights.version, kept_at=work.now
    )
    await rankings.keep(work, row, KeptRanking(places=kept, fitted=sum(len(each.place_ids) for each in fitted)))


async def read_ranking(work: UnitOfWork, *, offer_id: UUID) -> tuple[Ranking, KeptRanking, Offer]:
    """From what an offered place was chosen, for who made the offer, and CMM. Raises OfferNotFound, NotYourOffer where another
    made it, and RankingNotKept."""
    offer, _, knows_place = await repository.read_offer(work, offer_id)
    is_theirs = knows_place and work.actor.org == offer.offered_by
    if not is_theirs and work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourOffer("From what a place was chosen is shown to who offered it, and to CMM.")
    kept, places = await rankings.read(work, offer.id)
    return kept, places, offer


def _expiry(work: UnitOfWork, expires_at: datetime) -> datetime:
    if not work.now < expires_at <= work.now + LONGEST_HOLD:
        raise ExpiryOutOfRange(f"A place is held until a later time, at most {LONGEST_HOLD.days} days from now.")
    return expires_at.astimezone(UTC)


def _check_may_offer(actor: Actor, request: PlacementRequest, facility: Facility) -> None:
    places_itself = actor.org == request.requested_by and actor.kind in _PLACE_THEMSELVES
    if actor.kind not in _COORDINATE and actor.org != facility.operator and not places_itself:
        raise NotYourOffer(
            "A place is offered by its operator, CMM or US, or by the police or the municipality that asked for it."
        )


async def _lock(
    work: UnitOfWork, request: PlacementRequest, place_id: UUID, instead_of: UUID | None
) -> tuple[Place, Facility]:
    """The place when it is the actor's to take; then the stay that is to be left for it, as everybody locks a place before a
    stay."""
    place, facility = await facilities.lock_place(work, place_id)
    await _replaced(work, request, instead_of, is_locked=True)
    return place, facility


async def _replaced(
    work: UnitOfWork, request: PlacementRequest, placement_id: UUID | None, *, is_locked: bool
) -> UUID | None:
    if placement_id is None:
        return None
    stay = await repository.stay_of_placement(work, placement_id, request.case_id, is_locked=is_locked)
    if stay is None:
        raise NothingToReplace("The person is not at a place by that placement; leave out `instead_of`.")
    return stay.id


async def _wanted(
    work: UnitOfWork, request: PlacementRequest, *, own_stay: UUID | None, police_until: datetime | None
) -> fitting.Wanted:
    return fitting.Wanted(
        case_id=request.case_id,
        needs=await needs_with_children(work, request, stay_id=own_stay, operation="offer.check"),
        options=fitting.options_of(request),
        during=police.within(fitting.nights_left(work, request), police_until),
        own_stay=own_stay,
    )


async def _check_fits(
    work: UnitOfWork,
    request: PlacementRequest,
    place: Place,
    facility: Facility,
    wanted: fitting.Wanted,
    exceptions: Sequence[RuleException],
) -> list[RuleException]:
    """The exceptions that are needed and may be made. Raises PlaceDoesNotFit where rules are left."""
    against = await fitting.rules_against(work, place, facility, wanted)
    may = excepts(work.actor, request, facility)
    needed = {exception.rule: exception for exception in exceptions if exception.rule in may}
    if left := [rule for rule in against if rule not in needed]:
        raise PlaceDoesNotFit(left)
    return [needed[rule] for rule in against]


def excepts(actor: Actor, request: PlacementRequest, facility: Facility) -> frozenset[FitRule]:
    """Which rules the actor may set aside for this request in this facility (docs/rules.md, housing-8)."""
    is_centre = actor.kind is OrganisationKind.NATIONAL_CENTRE
    may = frozenset[FitRule]()
    if actor.org == facility.operator:
        may |= OF_THE_FACILITY
    if is_centre or requests.pays(actor, request):
        may |= OF_THE_PERSON
    return may | {FitRule.CO_PLACEMENT} if is_centre else may


async def confirm_offer(work: UnitOfWork, *, offer_id: UUID, reason: PersonalText, expected: ExpectedVersion) -> None:
    """A second person of the organisation that offers agrees that a minor goes to a facility for adults."""
    _, offer, stay = await repository.lock_offer(work, offer_id)
    if work.actor.org != offer.offered_by or work.actor.subject == offer.offered_by_person:
        raise NotASecondPerson("An offer is confirmed by another person of the organisation that made it.")
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


async def withdraw_request(
    work: UnitOfWork, *, request_id: UUID, reason: PersonalText | None, expected: ExpectedVersion
) -> PlacementRequest:
    """The person needs no place any more, says who asked for it or coordinates; what is held for it is free again."""
    request = await lock_request(work, request_id)
    if work.actor.org != request.requested_by and work.actor.kind not in _COORDINATE:
        raise NotYourRequest("A request is withdrawn by who made it, CMM or US.")
    expected.check(request)
    if request.status is not RequestStatus.OPEN:
        is_placed = request.status is RequestStatus.PLACED
        instead = "; its placement is cancelled: POST .../placements/{id}/cancel" if is_placed else ""
        raise requests.RequestSettled(
            f"The request is {request.status}{instead}.",
            current_status=request.status,
            allowed=[],
        )
    await end_request(work, request, reason=Remark(text=reason) if reason else None)
    return request


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
        raise OfferDoesNotAllow(
            "The offer needs no second person."
            if status is OfferStatus.HELD
            else f"The offer is {status} and holds no place any more; offer the place anew.",
            current_status=status,
            allowed=allowed,
        )


async def release(work: UnitOfWork, offer: Offer, stay: Stay, *, reason: Remark | None = None) -> None:
    """The offer comes to nothing, and the place is free."""
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
