"""Making an offer: a place is held for a person, and it is kept from what it was chosen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from services.accommodation.case.nights import night_of
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.domain import check_is_person
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.offers import police, repository
from services.accommodation.offers.domain import COORDINATE, NotYourOffer
from services.accommodation.offers.schemas import Exceptions, OfferSubmission, RuleException
from services.accommodation.placements import answers, fitting, matching, requests
from services.accommodation.placements.codes import OF_THE_FACILITY, OF_THE_PERSON, FitRule
from services.accommodation.placements.models import Offer, PlacementRequest
from services.accommodation.placements.repository import PlaceDoesNotFit, needs_with_children, stay_left
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking import repository as rankings
from services.accommodation.ranking.models import Ranking
from services.accommodation.ranking.schemas import KeptRanking, RankedPlace
from shared.contract.events import PlaceOffered
from shared.contract.organisations import OrganisationKind
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Unprocessable

LONGEST_HOLD: Final = timedelta(days=14)
_PLACE_THEMSELVES = frozenset({OrganisationKind.POLICE, OrganisationKind.MUNICIPALITY})


class ExpiryOutOfRange(Unprocessable):
    """A hold ends after now, and after 14 days at the latest."""


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
    expires_at = min(_expiry(work, submission.expires_at), police_until or repository.NEVER)
    replaced = await stay_left(work, submission.instead_of, request)
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
        raise NotYourOffer(
            "From what a place was chosen is shown to who offered it, and to CMM.",
            danish="Hvad en plads er valgt ud fra, vises den, der tilbød den, og CMM.",
        )
    kept, places = await rankings.read(work, offer.id)
    return kept, places, offer


def _expiry(work: UnitOfWork, expires_at: datetime) -> datetime:
    if not work.now < expires_at <= work.now + LONGEST_HOLD:
        raise ExpiryOutOfRange(f"A place is held until a later time, at most {LONGEST_HOLD.days} days from now.")
    return expires_at.astimezone(UTC)


def _check_may_offer(actor: Actor, request: PlacementRequest, facility: Facility) -> None:
    places_itself = actor.org == request.requested_by and actor.kind in _PLACE_THEMSELVES
    if actor.kind not in COORDINATE and actor.org != facility.operator and not places_itself:
        raise NotYourOffer(
            "A place is offered by its operator, CMM or US, or by the police or the municipality that asked for it.",
            danish=(
                "En plads tilbydes af den, der driver stedet, CMM eller US, eller af det politi eller den "
                "kommune, der bad om den."
            ),
        )


async def _lock(
    work: UnitOfWork, request: PlacementRequest, place_id: UUID, instead_of: UUID | None
) -> tuple[Place, Facility]:
    """The place when it is the actor's to take; then the stay that is to be left for it, as everybody locks a place before a
    stay."""
    place, facility = await facilities.lock_place(work, place_id)
    await stay_left(work, instead_of, request, is_locked=True)
    return place, facility


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
