"""Whether one place fits one person on these nights: the same question for an offer, an answer, an extension and a move."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import Nights, night_of, nights
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.facilities.models import Facility, Place
from services.accommodation.placements import matching
from services.accommodation.placements.codes import ABOUT_THE_PERSON, FitRule
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import Needs
from services.accommodation.separations import repository as separations
from services.accommodation.vacancies import repository as vacancies
from services.accommodation.vacancies.models import Candidate
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom a place is wanted, and when. `own_stay` is the person's own, which is in nobody's way: the one that is made
    longer, or the one that is left for the place."""

    case_id: UUID
    needs: Needs
    options: Sequence[FacilityKind] | None
    during: Nights
    own_stay: UUID | None = None
    tonight: date | None = None
    """The first night that is not gone by, where it is another than by the clock: what has happened is recorded later."""


def options_of(request: PlacementRequest) -> Sequence[FacilityKind] | None:
    """The kinds of facility that the row offers; every kind where somebody arranges it (B4)."""
    return request.options or None


def nights_left(work: UnitOfWork, request: PlacementRequest) -> Nights:
    """The nights that can still be given of those that were asked for."""
    asked = nights(request.from_on, request.to_on)
    return matching.from_tonight(asked, asked_on=night_of(request.requested_at), tonight=night_of(work.now))


class Places:
    """All places that the actor may know of, read once for the same nights, however many people ask for them."""

    def __init__(self) -> None:
        self._by_nights: dict[Nights, list[Candidate]] = {}

    async def on(self, work: UnitOfWork, wanted: Nights) -> list[Candidate]:
        """As they stand on these nights."""
        if wanted not in self._by_nights:
            self._by_nights[wanted] = await vacancies.candidates(work, wanted)
        return self._by_nights[wanted]


async def candidates(
    work: UnitOfWork,
    case_id: UUID,
    wanted: Nights,
    *,
    facility_id: UUID | None = None,
    but_for: UUID | None = None,
    is_elsewhere: bool = False,
    among: Places | None = None,
) -> list[Candidate]:
    """The places as they stand for the person on these nights, with whom they would meet there, or leave."""
    company = await separations.company_of(work, case_id, wanted)
    if among is None:
        found = await vacancies.candidates(work, wanted, facility_id=facility_id, but_for=but_for)
    else:
        found = await among.on(work, wanted)
    if company == separations.Company() and not is_elsewhere:
        return found
    return [
        replace(
            each,
            is_elsewhere=is_elsewhere,
            is_unsafe=each.facility.id in company.unsafe_in,
            parts_household=company.parts_household(each.facility.id),
        )
        for each in found
    ]


async def rules_against(work: UnitOfWork, place: Place, facility: Facility, wanted: Wanted) -> list[FitRule]:
    """All that speaks against the place; nothing when it fits. One for peaks is looked at beside its facility's ordinary ones."""
    alone = await vacancies.one_for(
        work, wanted.case_id, wanted.during, place=place, facility=facility, but_for=wanted.own_stay
    )
    beside: Sequence[Candidate] = ()
    if place.kind is PlaceKind.PEAK:
        beside = await candidates(
            work,
            wanted.case_id,
            wanted.during,
            facility_id=facility.id,
            but_for=wanted.own_stay,
            is_elsewhere=alone.is_elsewhere,
        )
    (_, rules), *_ = matching.all_against(
        [alone, *beside],
        needs=wanted.needs,
        options=wanted.options,
        stay=wanted.during,
        tonight=wanted.tonight or night_of(work.now),
    )
    return rules


async def against_person(
    work: UnitOfWork, place: Place, facility: Facility, wanted: Wanted, *, excepted: Collection[FitRule]
) -> list[FitRule]:
    """What speaks now against a place that was given to the person before, but for what was excepted then: facts about a person
    come later than the place. Whether it is free is no question any more: it is theirs."""
    rules = await rules_against(work, place, facility, wanted)
    return [rule for rule in rules if rule in ABOUT_THE_PERSON and rule not in excepted]
