"""A move: one placement ends and another begins in one transaction, with no night without a bed and none with two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.nights import Nights, first_of, night_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.codes import CompanionKind, StayState
from services.accommodation.facilities.models import Facility, Place, Stay
from services.accommodation.offers import making
from services.accommodation.placements import fitting, matching
from services.accommodation.placements.codes import Ending, FitRule, PlacementStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.repository import (
    PlaceDoesNotFit,
    avoid_further,
    avoid_wherever_asked,
    needs_of,
)
from services.accommodation.placements.schemas import Needs
from services.accommodation.stays import arrivals, companions, payer_history, repository
from services.accommodation.stays.domain import OutsideTheStay, PlacementStep, changed, end, take_step
from services.accommodation.stays.schemas import Move
from shared.contract.events import PersonMoved
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict


class OfferNeeded(Conflict):
    """Another operator takes nobody in without having said so."""


OFFERED_ANEW: Final = (
    "More is known of the person by now: cancel that booking, and have this place or another one offered anew.",
    "Der vides nu mere om personen: aflys den booking, og få denne eller en anden plads tilbudt på ny.",
)


class ThereAlready(Conflict):
    """The person lives at that very place."""


class NowhereToMove(Conflict):
    """None of the operator's places fits."""


BY_OFFER: Final = (
    "A minor goes to a facility for adults by an offer that a second person has confirmed: have it made with `instead_of` this "
    "placement, and move by it.",
    "En mindreårig kommer til et sted for voksne ved et tilbud, som en anden person har bekræftet: få det givet med `instead_of` "
    "for denne placering, og flyt ved det.",
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the person moves to, and what was set aside for it."""

    place: Place
    facility: Facility
    during: Nights
    exceptions: list[FitRule]
    booked: Placement | None = None
    """What an accepted offer has booked there."""


async def move(work: UnitOfWork, *, placement_id: UUID, said: Move, expected: ExpectedVersion) -> Placement:
    """The person moves: to the place named, to one that another operator has accepted them for, or to the operator's own that
    fits best. The new place is judged by the rules of an offer, with the municipalities to avoid from now on."""
    placement, stay = await take_step(work, placement_id, PlacementStep.MOVE, expected)
    moved_at = (said.moved_at or work.now).astimezone(UTC)
    if placement.arrived_at and moved_at < placement.arrived_at:
        raise OutsideTheStay(
            "The person cannot have moved before coming.", danish="Personen kan ikke være flyttet før ankomsten."
        )
    request = await repository.request_behind(work, placement)
    along = await repository.companions_of(work, stay)
    needs = await _avoiding(work, request, said)
    if any(each.joined_as is CompanionKind.CHILD for each in along):
        needs = needs.with_children()
    night = night_of(moved_at)
    wanted = fitting.Wanted(
        case_id=placement.case_id,
        needs=needs,
        options=await payer_history.options_now(work, request),
        during=nights(night, placement.to_on if placement.to_on and placement.to_on > night else None),
        own_stay=stay.id,
        tonight=night,
    )
    _, left = await facilities.place_of(work, placement.place_id)
    destination = await _destination(work, placement, request, said, wanted, along, left=left)
    await end(work, placement, stay, on=night, ending=Ending.MOVED)
    payer = await payer_history.payer_now(work, request, destination.facility.kind)
    moved, new_stay = await _begin(work, placement, destination, moved_at, payer=payer)
    for each in along:
        await companions.bring_along(work, each, moved, new_stay, destination.facility, was=left)
    placement.left_at, placement.moved_because, placement.moved_to_id = moved_at, said.reason, moved.id
    await changed(work, placement, Remark(text=said.note) if said.note else None)
    work.record(
        PersonMoved(
            case_id=placement.case_id,
            occurred_at=work.now,
            placement_id=placement.id,
            to_placement_id=moved.id,
            moved_at=moved_at,
            reason=said.reason,
        )
    )
    return moved


async def _avoiding(work: UnitOfWork, request: PlacementRequest, said: Move) -> Needs:
    """What the person needs, with the municipalities to avoid from now on, which are kept apart from what was asked for: they
    say where the person was."""
    needs = await needs_of(work, request, operation="placement.check")
    further = [code for code in said.avoid_municipalities if code not in needs.avoid_municipalities]
    if not further:
        return needs
    await avoid_wherever_asked(work, request, further)
    return await avoid_further(work, request, further)


async def _destination(
    work: UnitOfWork,
    placement: Placement,
    request: PlacementRequest,
    said: Move,
    wanted: fitting.Wanted,
    along: Sequence[Stay],
    *,
    left: Facility,
) -> Destination:
    if said.offer_id:
        return await _offered(work, placement, said.offer_id, wanted)
    if said.place_id is None:
        return await _best(work, left.operator, placement.place_id, wanted, along)
    if said.place_id == placement.place_id:
        raise ThereAlready("The person lives at that very place; name another one, or none for the best that fits.")
    place, facility = await facilities.lock_place(work, said.place_id)
    if facility.operator != left.operator:
        raise OfferNeeded("That place is another operator's; have it offered and accepted, and name the offer.")
    may = making.excepts(work.actor, request, facility) - {FitRule.MINORS}
    excepted = [exception.rule for exception in said.exceptions if exception.rule in may]
    against = await fitting.rules_against(work, place, facility, wanted)
    if rules := [rule for rule in against if rule not in excepted]:
        raise PlaceDoesNotFit(rules, ways_on=BY_OFFER if FitRule.MINORS in rules else None)
    return Destination(place, facility, wanted.during, [rule for rule in against if rule in excepted])


async def _offered(work: UnitOfWork, placement: Placement, offer_id: UUID, wanted: fitting.Wanted) -> Destination:
    booked = await repository.placement_of_offer(work, offer_id)
    if booked is None:
        raise OfferNeeded(
            "You are shown no place that was booked by that offer: have one offered and accepted first; where it has been, CMM, "
            "which sees both, records the move.",
            danish=(
                "Ingen plads, som I får vist, er booket med det tilbud: få først en tilbudt og accepteret; er "
                "det sket, registrerer CMM, som ser begge, flytningen."
            ),
        )
    if booked.status is not PlacementStatus.BOOKED or booked.id == placement.id:
        raise OfferNeeded(
            "That offer has booked no place to move to; have a place offered and accepted first.",
            danish="Det tilbud har ikke booket en plads at flytte til; få en plads tilbudt og accepteret først.",
        )
    stay = await repository.stay_behind(work, booked)
    if stay.instead_of_id != placement.stay_id:
        raise OfferNeeded(
            "That offer was not made for this move; name the placement in its `instead_of`.",
            danish="Det tilbud er ikke givet til denne flytning; nævn placeringen i tilbuddets `instead_of`.",
        )
    place, facility = await facilities.place_of(work, booked.place_id)
    # For as long as its operator has accepted the person, whatever was planned where they were.
    night = first_of(wanted.during)
    until = booked.to_on if booked.to_on and booked.to_on > night else None
    there = replace(wanted, own_stay=booked.stay_id, during=nights(night, until))
    if rules := await fitting.against_person(work, place, facility, there, excepted=booked.exceptions):
        raise PlaceDoesNotFit(rules, ways_on=OFFERED_ANEW)
    return Destination(place, facility, there.during, booked.exceptions, booked)


async def _best(
    work: UnitOfWork, operator: str, but_for: UUID, wanted: fitting.Wanted, along: Sequence[Stay]
) -> Destination:
    found = [
        replace(candidate, place_ids=[each for each in candidate.place_ids if each != but_for])
        for candidate in await fitting.candidates(work, wanted.case_id, wanted.during, but_for=wanted.own_stay)
        if candidate.facility.operator == operator
    ]
    for_all = await companions.fit_all(work, along, wanted.case_id, wanted.during, found)
    fitting_ones, _ = matching.match(
        (each for each in found if each.place_ids and each.facility.id in for_all),
        needs=wanted.needs,
        options=wanted.options,
        stay=wanted.during,
        tonight=first_of(wanted.during),
    )
    if not fitting_ones:
        raise NowhereToMove(
            "None of the operator's other places fits; ask for a place elsewhere, and move by its offer."
        )
    place, facility = await facilities.lock_place(work, fitting_ones[0].place_ids[0])
    return Destination(place, facility, wanted.during, [])


async def _begin(
    work: UnitOfWork, left: Placement, to: Destination, moved_at: datetime, *, payer: HousingAuthority
) -> tuple[Placement, Stay]:
    """The person is at the new place from that night on."""
    if to.booked:
        stay, placement = await repository.stay_behind(work, to.booked), to.booked
        stay.during = to.during
        stay.state, stay.instead_of_id = StayState.ARRIVED, None
    else:
        stay = Stay(place_id=to.place.id, case_id=left.case_id, during=to.during, state=StayState.ARRIVED)
        placement = Placement(
            case_id=left.case_id,
            request_id=left.request_id,
            facility_id=to.facility.id,
            place_id=to.place.id,
            stay_id=stay.id,
            requested_by=left.requested_by,
            payer=payer,
            from_on=left.from_on,
            to_on=to.during.upper,
            booked_at=work.now,
            exceptions=to.exceptions,
        )
    await repository.add_stay(work, stay)
    first = first_of(to.during)
    stay.during = nights(first, await repository.next_taken(work, stay, after=first))
    placement.from_on, placement.to_on = first, to.during.upper
    placement.status, placement.arrived_at = PlacementStatus.ARRIVED, moved_at
    placement.version += 1
    await repository.add_moved(work, placement)
    if placement.facility_id != left.facility_id:  # to another room nobody is admitted anew
        await arrivals.arrived(work, placement)
    return placement, stay
