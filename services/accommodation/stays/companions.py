"""Who comes along: a child under three shares the bed of whom it came with, everybody else has one of the same facility."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.nights import Nights, first_of, night_of, nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.codes import CompanionKind, PlaceKind, StayState
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.placements import matching
from services.accommodation.placements.codes import ABOUT_THE_PERSON, FitRule
from services.accommodation.placements.models import Placement
from services.accommodation.placements.repository import PlaceDoesNotFit, flush_stay
from services.accommodation.stays import along, repository
from services.accommodation.stays.along import Along, Word
from services.accommodation.stays.domain import OutsideTheStay, PlacementStep, changed, close, take_step
from services.accommodation.stays.schemas import Companion, CompanionLeaving
from services.accommodation.vacancies.models import Candidate
from services.accommodation.vacancies.repository import candidates
from shared.contract.events import PersonLeft
from shared.contract.visibility import Aspect, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.http.peers import Peers
from shared.kernel.clock import on_date, start_of
from shared.kernel.errors import Conflict, NotFound, Unprocessable

OF_THEIR_OWN: Final = (
    "Have a place of their own asked for and offered: who may sets rules aside there, and two people agree on a minor among "
    "adults. Say `child` of a child that comes with its parent, and `gender` where none is recorded.",
    "Få en plads til dem selv anmodet om og tilbudt: dér fraviger den, der må, regler, og to personer siger ja til en "
    "mindreårig blandt voksne. Skriv `child` om et barn, der kommer med sin forælder, og `gender`, hvor intet er registreret.",
)
ALL_OF_THEM: Final = (
    "That holds for who came along: choose a place that fits them all, or have a place of their own offered to those whom it "
    "does not fit.",
    "Det gælder en, der følger med: vælg en plads, der passer til dem alle, eller få en plads tilbudt til dem selv, som den "
    "ikke passer til.",
)


class PlaceElsewhere(Conflict):
    """Who comes along is housed in the same facility."""


class CompanionNotFound(NotFound):
    """Nobody of that id is there with the person."""


class NotAChild(Unprocessable):
    """Who is said to be a child is an adult."""


class NoPlaceOfItsOwn(Unprocessable):
    """A small child has no place of its own."""


class NotTakenAlong(Conflict):
    """The place does not fit who comes along, by facts that who says so may not know."""


async def join(
    work: UnitOfWork, neighbours: Peers, *, placement_id: UUID, said: Companion, expected: ExpectedVersion
) -> tuple[Placement, Stay]:
    """Somebody comes along, or is born there. Raises PlaceDoesNotFit where the facility has no place for them, or is none for
    them by the rules of an offer, or they have one elsewhere; and NotTakenAlong for who may not know why. How old they are, the
    record says, and the caller where there is none."""
    # Asked first: nothing is locked while a case is waited for or another service answers.
    if said.case_id:
        await cases.check_known(work, said.case_id)
    recorded = await along.recorded_age(work, neighbours, said.case_id) if said.case_id else along.Recorded()
    placement, stay = await take_step(work, placement_id, PlacementStep.JOIN, expected)
    joined_at = _joined_at(work, said, arrived_at=placement.arrived_at)
    arrived_at = placement.arrived_at or joined_at
    if joined_at < arrived_at:
        raise OutsideTheStay(
            "Nobody comes along before the person has come.", danish="Ingen følger med, før personen er kommet."
        )
    if said.born_on and on_date(joined_at) < said.born_on:
        raise OutsideTheStay("Nobody comes along before they are born.", danish="Ingen følger med, før de er født.")
    if said.case_id and not await cases.is_known_to(work, said.case_id):
        raise cases.CaseNotFound
    is_newborn = said.born_on is None and said.case_id is None and joined_at > arrived_at
    word = Word(said.kind, placement.case_id, said.case_id, said.gender, recorded.born_on or said.born_on)
    during = nights(night_of(joined_at), None)
    known = await along.known_of(work, word, during)
    if said.kind is CompanionKind.CHILD and known.is_grown:
        raise NotAChild(
            "They are an adult by what is known: say `other`, or have the age in their case put right first.",
            danish=(
                "Den, der følger med, er voksen efter det, der vides; skriv `other`, eller få alderen rettet i sagen."
            ),
        )
    is_small = is_newborn or recorded.is_small(said.born_on, on=on_date(joined_at))
    is_small = is_small and said.kind is CompanionKind.CHILD
    if is_small and said.place_id not in (None, stay.place_id):
        raise NoPlaceOfItsOwn("A child under three shares the bed of whom it came with: leave out `place_id`.")
    companion = Stay(
        place_id=stay.place_id,
        case_id=said.case_id,
        during=during,
        state=StayState.ARRIVED,
        with_stay_id=stay.id,
        shares_bed=is_small,
        joined_as=said.kind,
        joined_at=joined_at,
    )
    _, facility = await facilities.place_of(work, placement.place_id)
    born_there = is_newborn or (word.born_on is not None and word.born_on >= on_date(arrived_at))
    # A birth is a fact, whomever the facility takes in.
    excepted = set(FitRule) if born_there and is_small else {FitRule.FAMILIES} & set(placement.exceptions)
    try:
        companion.place_id = await _place_for(work, companion, known, facility, excepted, place_id=said.place_id)
    except PlaceDoesNotFit as refused:
        raise await _as_known(work, said.case_id, facility, refused) from None
    await repository.add_stay(work, companion)
    await changed(work, placement)
    return placement, companion


def _joined_at(work: UnitOfWork, said: Companion, *, arrived_at: datetime | None) -> datetime:
    """When they came along: now, where it is left out; who was born during the stay, on the day of their birth."""
    if said.joined_at or arrived_at is None or not said.born_on or said.born_on < on_date(arrived_at):
        return (said.joined_at or work.now).astimezone(UTC)
    # The hour is unknown: by noon the night before is over.
    return max(arrived_at, min(work.now, start_of(said.born_on) + timedelta(hours=12))).astimezone(UTC)


async def _as_known(work: UnitOfWork, case_id: UUID | None, facility: Facility, refused: PlaceDoesNotFit) -> Conflict:
    """The refusal with what can be done instead; without the rules for who may not know what of the case they rest on."""
    if not ABOUT_THE_PERSON & set(refused.rules):
        return refused
    if case_id and not who.runs(work.actor, facility):
        known = may_know(work.actor, await cases.parts_in(work, case_id))
        if FitRule.DISTANCE in refused.rules or Aspect.RESPONSIBILITY not in known:
            return NotTakenAlong("They cannot come along to this place; have CMM find one for them.")
    return PlaceDoesNotFit(refused.rules, ways_on=OF_THEIR_OWN)


async def leave(
    work: UnitOfWork, *, placement_id: UUID, companion_id: UUID, said: CompanionLeaving, expected: ExpectedVersion
) -> tuple[Placement, Stay]:
    """Who came along has left alone: the person stays, and the place that they had is free from that day on. Raises
    CompanionNotFound for who is not there with the person."""
    placement, stay = await take_step(work, placement_id, PlacementStep.JOIN, expected)
    there = await repository.companions_of(work, stay)
    companion = next((each for each in there if each.id == companion_id), None)
    if companion is None:
        raise CompanionNotFound
    left_at = (said.left_at or work.now).astimezone(UTC)
    if companion.joined_at and left_at < companion.joined_at:
        raise OutsideTheStay(
            "They cannot have left before they came along.",
            danish="Den, der fulgte med, kan ikke være taget af sted, før de kom.",
        )
    await close(work, companion, on_date(left_at))
    await flush_stay(work)
    await changed(work, placement)
    if companion.case_id and said.disappeared:
        # Whether they are missing is asked in their own case.
        work.record(
            PersonLeft(
                case_id=companion.case_id,
                occurred_at=work.now,
                placement_id=placement.id,
                left_at=left_at,
                disappeared=True,
            )
        )
    return placement, companion


async def bring_along(
    work: UnitOfWork, left: Stay, person: Placement, to: Stay, facility: Facility, *, was: Facility
) -> None:
    """Who came along moves with the person, from the facility that `was`. Raises PlaceDoesNotFit where the household would be
    parted, or the place is none for them by the rules of an offer; for what holds in the facility as it was nobody is kept."""
    companion = Stay(
        place_id=to.place_id,
        case_id=left.case_id,
        during=nights(first_of(to.during), None),
        state=StayState.ARRIVED,
        with_stay_id=to.id,
        shares_bed=left.shares_bed,
        joined_as=left.joined_as,
        joined_at=person.arrived_at,
    )
    known = await along.known_of(work, _word_of(left, person.case_id), companion.during, has_come=True)
    excepted = {FitRule.FAMILIES} & set(person.exceptions)
    if was.id == facility.id:
        excepted |= set(known.against(was))
    try:
        companion.place_id = await _place_for(work, companion, known, facility, excepted)
    except PlaceDoesNotFit as refused:
        if FitRule.OCCUPIED in refused.rules or not who.runs(work.actor, facility):
            raise PlaceDoesNotFit([FitRule.HOUSEHOLD]) from None
        raise PlaceDoesNotFit(refused.rules, ways_on=ALL_OF_THEM) from None
    await repository.add_stay(work, companion)


async def fit_all(
    work: UnitOfWork, came_along: Sequence[Stay], case_id: UUID, during: Nights, found: Sequence[Candidate]
) -> set[UUID]:
    """In which facilities of these places there is one, free or not, for each who came along with the person of the case."""
    facility_ids = {each.facility.id for each in found}
    for stay in came_along:
        known = await along.known_of(work, _word_of(stay, case_id), during, has_come=True)
        facility_ids &= {each.facility.id for each in found if not known.against(each.facility)}
    return facility_ids


def _word_of(stay: Stay, with_case_id: UUID) -> Word:
    return Word(stay.joined_as or CompanionKind.OTHER, with_case_id, stay.case_id)


async def _place_for(
    work: UnitOfWork,
    companion: Stay,
    known: Along,
    facility: Facility,
    excepted: Collection[FitRule],
    *,
    place_id: UUID | None = None,
) -> UUID:
    """The place of the person where the bed is shared; else one of the same facility that is free and fits: the one that is
    named, or an ordinary one first."""
    against_theirs = known.against(facility, excepted=excepted)
    if companion.shares_bed:
        if against_theirs:
            raise PlaceDoesNotFit(against_theirs)
        return companion.place_id
    first = nights(companion.during.lower, None)
    fitting = [
        candidate
        for candidate in await candidates(work, first, facility_id=facility.id)
        if not known.against(candidate.facility, excepted=excepted)
    ]
    free = [candidate for candidate in fitting if not matching.place_against(candidate, first)]
    if place_id:
        named, its_facility = await facilities.lock_place(work, place_id)
        if its_facility.id != facility.id:
            raise PlaceElsewhere("Who comes along is housed in the same facility; name a place of it, or none.")
        if against := known.against(its_facility, excepted=excepted):
            raise PlaceDoesNotFit(against)
        if any(named.id in candidate.place_ids for candidate in free):
            return named.id
        raise PlaceDoesNotFit([FitRule.OCCUPIED])
    if not free:
        raise PlaceDoesNotFit([FitRule.OCCUPIED] if fitting else against_theirs or [FitRule.OCCUPIED])
    best = min(free, key=lambda candidate: (candidate.kind is PlaceKind.PEAK, min(candidate.place_ids)))
    return min(best.place_ids)
