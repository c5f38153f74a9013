"""Placements: the person comes, or does not; stays longer; and leaves."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.nights import NIGHT, Nights, first_of, night_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import StayState
from services.accommodation.facilities.models import Stay
from services.accommodation.offers import making
from services.accommodation.offers.domain import expire
from services.accommodation.offers.repository import note_answer
from services.accommodation.offers.schemas import RuleException
from services.accommodation.placements import answers, fitting, requests
from services.accommodation.placements.codes import (
    ABOUT_THE_PERSON,
    Ending,
    FitRule,
    PlacementStatus,
    RequestStatus,
)
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.repository import PlaceDoesNotFit, flush_stay, needs_of, take_nights
from services.accommodation.stays import arrivals, payer_history, repository
from services.accommodation.stays.schemas import Extension, Leaving
from shared.contract.events import NoShow, PersonArrived, PersonLeft, PlacementCancelled, StayExtended
from shared.contract.organisations import OrganisationKind
from shared.contract.personal import PersonalText
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden, Unprocessable


class PlacementDoesNotAllow(Conflict):
    """The placement's status does not allow the step."""


class OutsideTheStay(Unprocessable):
    """The person came on a night that was not booked, or left before coming."""


class NotYourStay(Forbidden):
    """Who has asked for a place runs no stay: its facility, CMM and the payer do."""


class NothingToExtend(Unprocessable):
    """The stay ends no earlier than that day."""


class NotExtended(Conflict):
    """Rules speak against it that would say where the facility is, or which, to a payer who may not know."""


class PlacementStep(StrEnum):
    """What happens to a placement."""

    ARRIVE = "arrive"
    LEAVE = "leave"
    CANCEL = "cancel"
    NO_SHOW = "no-show"
    EXTEND = "extend"
    MOVE = "move"
    JOIN = "companions"


ALLOWED: Mapping[PlacementStatus, tuple[PlacementStep, ...]] = {
    # Who never came leaves too: the place is free again.
    PlacementStatus.BOOKED: (
        PlacementStep.ARRIVE,
        PlacementStep.LEAVE,
        PlacementStep.CANCEL,
        PlacementStep.NO_SHOW,
        PlacementStep.EXTEND,
    ),
    PlacementStatus.ARRIVED: (PlacementStep.LEAVE, PlacementStep.EXTEND, PlacementStep.MOVE, PlacementStep.JOIN),
    PlacementStatus.LEFT: (),
    PlacementStatus.MOVED: (),
}


_OF_WHO_ASKED: Final = frozenset({PlacementStep.ARRIVE, PlacementStep.JOIN, PlacementStep.CANCEL})
"""What whoever has asked for the place reports as well: they bring people, or know that nobody comes."""


STILL_ELSEWHERE: Final = (
    "If they have come here, they still stand where they were: have that place say that they left (POST .../leave), or CMM, "
    "which can also move them by the offer that was accepted (POST .../move).",
    "Er personen kommet hertil, står de stadig registreret dér, hvor de var: få det sted til at skrive, at de er rejst (POST "
    ".../leave), eller CMM, der også kan flytte dem ved det tilbud, der er sagt ja til (POST .../move).",
)


async def arrive(
    work: UnitOfWork, *, placement_id: UUID, arrived_at: datetime | None, expected: ExpectedVersion
) -> Placement:
    """The person is at the place, since `arrived_at` or now, and has it from that night on without an end until leaving. Who
    comes in the small hours has come for the night before; a night that was booked and not slept is nobody's. Raises
    PlaceDoesNotFit where somebody is there still."""
    placement, stay = await take_step(work, placement_id, PlacementStep.ARRIVE, expected)
    arrived_at = (arrived_at or work.now).astimezone(UTC)
    night, first = night_of(arrived_at), first_of(stay.during)
    is_small_hours = night == first - NIGHT and on_date(arrived_at) == first
    if not is_small_hours and not stay.during.contains(night):
        raise OutsideTheStay("The place is not booked for that night; offer it anew for the nights it is needed.")
    stay.during = nights(night, await repository.next_taken(work, stay, after=night))
    stay.state, stay.instead_of_id = StayState.ARRIVED, None
    try:
        await take_nights(work, stay)
    except PlaceDoesNotFit as refused:
        raise PlaceDoesNotFit(
            refused.rules, ways_on=STILL_ELSEWHERE if FitRule.PERSON_ELSEWHERE in refused.rules else None
        ) from None
    placement.from_on = night
    placement.status = PlacementStatus.ARRIVED
    placement.arrived_at = arrived_at
    await changed(work, placement)
    await arrivals.arrived(work, placement)
    work.record(
        PersonArrived(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id, arrived_at=arrived_at)
    )
    return placement


async def speaks_against(work: UnitOfWork, placement: Placement) -> list[FitRule]:
    """What speaks against the place of whoever has just come to it, by what is known now: nobody who has come is sent away
    for it, but the facility is to know."""
    place, facility = await facilities.place_of(work, placement.place_id)
    request = await repository.request_behind(work, placement)
    if not request.needs:  # of whoever was erased nothing is known
        return []
    wanted = await _wanted(work, placement, request, during=nights(placement.from_on, placement.to_on))
    return await fitting.against_person(work, place, facility, wanted, excepted=placement.exceptions)


async def _wanted(
    work: UnitOfWork, placement: Placement, request: PlacementRequest, *, during: Nights
) -> fitting.Wanted:
    """What is asked of the place that the person has, by what is known of them now."""
    return fitting.Wanted(
        case_id=placement.case_id,
        needs=await needs_of(work, request, operation="placement.check"),
        options=await payer_history.options_now(work, request),
        during=during,
        own_stay=placement.stay_id,
    )


async def leave(work: UnitOfWork, *, placement_id: UUID, said: Leaving, expected: ExpectedVersion) -> Placement:
    """The person has left the place, which is free from that day on; whoever came along leaves with them."""
    placement, stay = await take_step(work, placement_id, PlacementStep.LEAVE, expected)
    left_at = (said.left_at or work.now).astimezone(UTC)
    has_come = placement.status is PlacementStatus.ARRIVED
    if placement.arrived_at and left_at < placement.arrived_at:
        raise OutsideTheStay(
            "The person cannot have left before coming.", danish="Personen kan ikke være taget af sted før ankomsten."
        )
    ending = Ending.LEFT if has_come else Ending.CANCELLED
    along = await repository.companions_of(work, stay)
    if any(each.joined_at and left_at < each.joined_at for each in along):
        raise OutsideTheStay(
            "Somebody came along later than that, and leaves with the person; record that they left first.",
            danish=(
                "Nogen er fulgt med senere end det og tager af sted med personen; registrér først, at de er "
                "taget af sted."
            ),
        )
    await end(work, placement, stay, on=on_date(left_at), ending=Ending.DISAPPEARED if said.disappeared else ending)
    placement.left_at, placement.disappeared = left_at, said.disappeared
    await changed(work, placement, Remark(text=said.reason) if said.reason else None)
    # Whoever came along and has a case of their own is gone as well, and is asked about there.
    for case_id in (placement.case_id, *(each.case_id for each in along if said.disappeared and each.case_id)):
        work.record(
            PersonLeft(
                case_id=case_id,
                occurred_at=work.now,
                placement_id=placement.id,
                left_at=left_at,
                disappeared=said.disappeared,
            )
        )
    return placement


async def cancel(work: UnitOfWork, *, placement_id: UUID, reason: PersonalText, expected: ExpectedVersion) -> Placement:
    """The person will not come: the place is free again, and the request waits for another one."""
    placement, stay = await take_step(work, placement_id, PlacementStep.CANCEL, expected)
    await call_off(work, placement, stay, Remark(text=reason))
    await _wait_again(work, placement)
    return placement


async def call_off(work: UnitOfWork, placement: Placement, stay: Stay, reason: Remark | None = None) -> None:
    """The booked place is free again: nobody will come to it."""
    await end(work, placement, stay, on=first_of(stay.during), ending=Ending.CANCELLED)
    await changed(work, placement, reason)
    work.record(PlacementCancelled(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id))


async def note_no_show(
    work: UnitOfWork, *, placement_id: UUID, on: date | None, expected: ExpectedVersion
) -> Placement:
    """The person was expected that evening and did not come: the place is free again, and the request waits."""
    placement, stay = await take_step(work, placement_id, PlacementStep.NO_SHOW, expected)
    on = on or night_of(work.now)
    if not stay.during.contains(on):
        raise OutsideTheStay(
            "The person was not expected that evening; say on which one they did not come.",
            danish="Personen var ikke ventet den aften; sig, hvilken aften personen ikke kom.",
        )
    await end(work, placement, stay, on=first_of(stay.during), ending=Ending.NO_SHOW)
    await _wait_again(work, placement)
    await changed(work, placement)
    work.record(NoShow(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id, on=on))
    return placement


async def extend(work: UnitOfWork, *, placement_id: UUID, said: Extension, expected: ExpectedVersion) -> Placement:
    """The stay ends on a later day, by its operator or the payer, under the rules of an offer and by what is known of the person
    now; what was excepted then is so still. The other of the two is notified, and may object. Raises PlaceDoesNotFit, and
    NotExtended for who may not know the place."""
    placement, stay = await take_step(work, placement_id, PlacementStep.EXTEND, expected, by_payer=True)
    if placement.to_on is None or said.to_on <= max(placement.to_on, night_of(work.now)):
        raise NothingToExtend("The stay ends on no earlier day as it is; an extension ends it later.")
    further = nights(max(placement.to_on, night_of(work.now)), said.to_on)
    excepted = await _check_fits(work, placement, said, during=further)
    placement.exceptions = [*placement.exceptions, *(exception.rule for exception in excepted)]
    placement.to_on = said.to_on
    if stay.state is StayState.BOOKED:
        stay.during = nights(first_of(stay.during), said.to_on)
        await take_nights(work, stay)
    await changed(work, placement, Remark(text=said.reason, besides=[exception.reason for exception in excepted]))
    work.record(
        StayExtended(case_id=placement.case_id, occurred_at=work.now, placement_id=placement.id, to_on=said.to_on)
    )
    return placement


GOES_ON: Final = (
    "The person stays until the planned day. Find another place and move them, or set aside by `exceptions` what is yours to. "
    "That the person stays all the same, CMM or the payer says by POST .../move-proposals/{id}/keep; a minor among adults takes "
    "that, and then the operator's extension.",
    "Personen bliver til den planlagte dag. Find en anden plads og flyt personen, eller fravig med `exceptions`, hvad der er "
    "dit. At personen bliver alligevel, siger CMM eller betaleren ved POST .../move-proposals/{id}/keep; en mindreårig blandt "
    "voksne kræver det, og derefter stedets forlængelse.",
)


async def _check_fits(
    work: UnitOfWork, placement: Placement, said: Extension, *, during: Nights
) -> list[RuleException]:
    """The exceptions that these further nights need and that may be made; what was excepted before needs none."""
    place, facility = await facilities.place_of(work, placement.place_id)
    request = await repository.request_behind(work, placement)
    wanted = await _wanted(work, placement, request, during=during)
    before = {*placement.exceptions, FitRule.PEAK}
    if work.actor.org != facility.operator and not await repository.is_confirmed(work, placement):
        # That a minor goes on among adults is said by two, the one who keeps them there and the operator.
        before.discard(FitRule.MINORS)
    may = making.excepts(work.actor, request, facility) - {FitRule.MINORS}
    excepted = {exception.rule: exception for exception in said.exceptions if exception.rule in may}
    against = [rule for rule in await fitting.rules_against(work, place, facility, wanted) if rule not in before]
    if left := [rule for rule in against if rule not in excepted]:
        if not await repository.is_place_known(work, placement):
            raise NotExtended("The facility cannot have the person on all of these nights; ask CMM.")
        raise PlaceDoesNotFit(left, ways_on=GOES_ON if ABOUT_THE_PERSON & set(left) else None)
    return [excepted[rule] for rule in against]


async def take_step(
    work: UnitOfWork, placement_id: UUID, step: PlacementStep, expected: ExpectedVersion, *, by_payer: bool = False
) -> tuple[Placement, Stay]:
    """The placement, locked for the step: may the actor know it, is this the version they saw, is it allowed now?"""
    placement, stay = await repository.lock_placement(work, placement_id, by_payer=by_payer)
    if step not in _OF_WHO_ASKED:
        await _check_runs_or_pays(work, placement)
    expected.check(placement)
    allowed = ALLOWED[placement.status]
    if stay.state is StayState.ENDED:  # it holds no night of the place, and could be promised ones that others have
        allowed = tuple(each for each in allowed if each is not PlacementStep.EXTEND)
    if step not in allowed:
        raise PlacementDoesNotAllow(
            f"A placement that is {placement.status} allows " + (", ".join(allowed) + "." if allowed else "no change."),
            current_status=placement.status,
            allowed=list(allowed),
        )
    return placement, stay


async def _check_runs_or_pays(work: UnitOfWork, placement: Placement) -> None:
    """Raises NotYourStay for who has asked for the place and neither runs the facility, nor pays, nor coordinates."""
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE or requests.pays(work.actor, placement):
        return
    _, facility = await facilities.place_of(work, placement.place_id)
    if not who.runs(work.actor, facility):
        raise NotYourStay("The facility, CMM or who pays says so: ask one of them.")


async def end(work: UnitOfWork, placement: Placement, stay: Stay, *, on: date, ending: Ending) -> None:
    """The placement and its stay, with whoever came along, end on that day. Nights that were slept stay the person's; a stay
    of none comes to nothing."""
    has_come = placement.status is PlacementStatus.ARRIVED
    for each in [stay, *await repository.companions_of(work, stay)]:
        if has_come:
            placement_ends = await close(work, each, on)
        else:
            each.state, placement_ends = StayState.ENDED, first_of(each.during)
        if each is stay:
            placement.to_on = placement_ends
    await flush_stay(work)
    placement.status = PlacementStatus.MOVED if ending is Ending.MOVED else PlacementStatus.LEFT
    placement.ending = ending


async def close(work: UnitOfWork, stay: Stay, left_on: date) -> date:
    """End the stay of whoever has come on that day, and give the day. Who was to have the place by then, and has not come, has it
    from that day on: nights that were slept are no plan's."""
    first, last = first_of(stay.during), stay.during.upper
    ends_on = max(first, left_on)
    if last and ends_on > last:
        ends_on = await _give_way(work, stay, ends_on)
    if ends_on > first:
        stay.during = nights(first, ends_on)
        stay.state = StayState.LEFT
    else:
        stay.state = StayState.ENDED
    return ends_on


async def _give_way(work: UnitOfWork, stay: Stay, left_on: date) -> date:
    """Whoever was to have the place, or the person another one, and has not come gives up the nights before that day. Gives that
    day, or the earlier one on which somebody else has come."""
    async with as_itself(work):  # another facility's stay of the person is none of the operator's
        others = await repository.in_the_way(work, stay, until=left_on)
        have_come = [each for each in others if each.state in (StayState.ARRIVED, StayState.LEFT)]
        left_on = min([left_on, *(first_of(each.during) for each in have_come)])
        for each in others:
            if each not in have_come and first_of(each.during) < left_on:
                await _begin_on(work, each, left_on)
        await flush_stay(work)  # before anybody else has their nights
    return left_on


async def _begin_on(work: UnitOfWork, stay: Stay, day: date) -> None:
    """The nights before that day are not had, and what was booked or is held says so; where none is left it has come to nothing,
    and the person waits again."""
    until = stay.during.upper
    has_nights = until is None or until > day
    if has_nights:
        stay.during = nights(day, until)
    placement = await repository.placement_behind(work, stay)
    if placement is None:
        await _hold_from(work, stay, has_nights=has_nights)
    elif has_nights:
        placement.from_on = day
        await changed(work, placement)
    else:  # called off, and no no-show: the bed was somebody else's, so that nobody was expected to come to it
        await call_off(work, placement, stay)
        await _wait_again(work, placement)


async def _hold_from(work: UnitOfWork, stay: Stay, *, has_nights: bool) -> None:
    """The offer that holds the stay is of the nights that are left, or has expired where there are none: its request is open."""
    offer = await repository.offer_behind(work, stay)
    if has_nights:
        offer.during = stay.during
        offer.version += 1
        await note_answer(work, offer)
    else:
        offer.expires_at = min(offer.expires_at, work.now)  # whose time was up before has expired then
        await expire(work, offer, stay)


async def _wait_again(work: UnitOfWork, placement: Placement) -> None:
    request = await repository.request_behind(work, placement)
    request.status = RequestStatus.OPEN
    request.version += 1
    own, goes_on = await cases.known_by_both(work, request.case_id)
    await answers.ask_anew(work, request, own=own, goes_on=goes_on)


async def changed(work: UnitOfWork, placement: Placement, reason: Remark | None = None) -> None:
    """Note what became of the placement, with a reason where there is one."""
    placement.version += 1
    await repository.note_change(work, placement, reason)
