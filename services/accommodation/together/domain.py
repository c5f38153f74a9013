"""Places for several requests at once: which are the best for all of them together, and why one goes without (docs/rules.md,
housing-29). It proposes; each place is then offered like any other."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.accommodation.case.nights import night_of
from services.accommodation.facilities.codes import PlaceKind
from services.accommodation.placements import fitting, matching, requests
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.matching import Match
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.domain import Weights
from services.accommodation.together import repository, solving
from services.accommodation.together.codes import WithoutBecause
from services.accommodation.together.repository import Related
from services.accommodation.together.solving import Bonds, Choice, Solution, Wish
from services.accommodation.waiting import domain as waiting
from services.accommodation.waiting.domain import Standing
from shared.contract.codes import Purpose
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import Conflict, Unprocessable

MOST: Final = 20
"""How many requests are solved together at most: the work grows with their square, and a raid of more is several nights' work."""


class TooMany(Unprocessable):
    """No requests are named, or more than are solved at once."""

    parameter = "request_ids"


class NoIds(Unprocessable):
    """Something else than ids is named."""

    parameter = "request_ids"


class DoesNotWait(Conflict):
    """A request among them has its place, holds one, or was withdrawn."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of those that are solved together: where it stands on the waiting list, and what fits it by itself."""

    request: PlacementRequest
    standing: Standing
    fitting: Sequence[tuple[UUID, Match]]
    """Each place, best first."""
    excluded: Counter[FitRule]


@dataclass(frozen=True, slots=True)
class Given:
    """The place for a request, and its rank among those that fit it."""

    asked: Asked
    place_id: UUID
    match: Match
    rank: int


@dataclass(frozen=True, slots=True)
class Without:
    asked: Asked
    because: WithoutBecause


@dataclass(frozen=True, slots=True)
class Together:
    """Who is given which place and who goes without, in the order of the waiting list. `worth` and `worth_one_by_one` are how
    many people have a bed, and the points in all: by this, and if one after the other took the best that is left."""

    weights: Weights
    order: waiting.Order
    given: Sequence[Given]
    without: Sequence[Without]
    worth: tuple[int, int]
    worth_one_by_one: tuple[int, int]


def ids_in(said: str) -> list[UUID]:
    """Ids with commas between; raises NoIds."""
    try:
        return [UUID(each.strip()) for each in said.split(",")]
    except ValueError:
        raise NoIds("Name the ids of requests with commas between, and nothing else.") from None


async def match_together(work: UnitOfWork, *, request_ids: Collection[UUID], purpose: Purpose) -> Together:
    """The best for all of these requests that the same places give. Changes nothing. For whoever may match each of them; what
    fits each is as `find_matches` shows it to them, and who is kept apart counts for CMM alone: the answer would say it.
    Raises TooMany, RequestNotFound where one is none of theirs, and DoesNotWait."""
    wanted = sorted(set(request_ids))
    if not 1 <= len(wanted) <= MOST:
        raise TooMany(f"Name one to {MOST} requests; solve more in parts, the most urgent first.")
    weights = ranking.weights_on(night_of(work.now))
    line = await waiting.line_today(work)
    places = fitting.Places()
    asked = []
    for request_id in wanted:
        seen, found, excluded = await requests.match_one(work, request_id=request_id, purpose=purpose, among=places)
        if request_id not in line:
            raise DoesNotWait("One of the requests has a place, holds one or is withdrawn; leave it out.")
        asked.append(Asked(seen.request, line.standing_of(seen), list(matching.one_by_one(found)), excluded))
    asked.sort(key=lambda each: each.standing.position)
    wishes, bonds = await _wishes(work, asked)
    solution, one_by_one = await asyncio.to_thread(_solved, wishes, bonds)
    given, without = _explained(asked, wishes, bonds, solution)
    return Together(weights, line.rules, given, without, _worth(solution), _worth(one_by_one))


def _solved(wishes: Sequence[Wish], bonds: Bonds) -> tuple[Solution, Solution]:
    return solving.solve(wishes, bonds), solving.one_after_the_other(wishes, bonds)


def _worth(solution: Solution) -> tuple[int, int]:
    return len(solution), sum(choice.points for choice in solution.values())


async def _wishes(work: UnitOfWork, asked: Sequence[Asked]) -> tuple[list[Wish], Bonds]:
    person_of = {each.request.case_id: each.request.case_id for each in asked}
    related = await repository.related_among(work, list(person_of))
    for one, other, relation in related:
        if relation is Related.SAME:
            person_of[other] = person_of[one]
    wishes = [
        Wish(
            request_id=each.request.id,
            person=person_of[each.request.case_id],
            choices=[_choice(place_id, match) for place_id, match in each.fitting],
        )
        for each in asked
    ]
    request_of = {each.request.case_id: each.request.id for each in asked}
    return wishes, Bonds(
        apart=[(person_of[one], person_of[other]) for one, other, relation in related if relation is Related.APART],
        households=[
            (request_of[one], request_of[other]) for one, other, relation in related if relation is Related.HOUSEHOLD
        ],
    )


def _choice(place_id: UUID, match: Match) -> Choice:
    candidate = match.candidate
    return Choice(place_id, candidate.facility.id, sum(match.points.values()), candidate.kind is PlaceKind.PEAK)


def _explained(
    asked: Sequence[Asked], wishes: Sequence[Wish], bonds: Bonds, solution: Solution
) -> tuple[list[Given], list[Without]]:
    given, without = [], []
    has_one = {wish.person for wish in wishes if wish.request_id in solution}
    used = {choice.place_id for choice in solution.values()}
    for each, wish in zip(asked, wishes, strict=True):
        if chosen := solution.get(wish.request_id):
            ranked = [place_id for place_id, _ in each.fitting]
            rank = ranked.index(chosen.place_id)
            given.append(Given(each, *each.fitting[rank], rank + 1))
        else:
            without.append(Without(each, _why_without(wish, wishes, bonds, has_one=has_one, used=used)))
    return given, without


def _why_without(
    wish: Wish, wishes: Sequence[Wish], bonds: Bonds, *, has_one: Collection[UUID], used: Collection[UUID]
) -> WithoutBecause:
    if not wish.choices:
        return WithoutBecause.NOTHING_FITS
    if wish.person in has_one:
        return WithoutBecause.SAME_PERSON
    in_household = any(wish.request_id in pair for pair in bonds.households)
    if in_household and not solving.can_be_together(wishes, bonds, wish.request_id):
        return WithoutBecause.HOUSEHOLD
    is_apart = any(wish.person in pair for pair in bonds.apart)
    if is_apart and not in_household and any(choice.place_id not in used for choice in wish.choices):
        return WithoutBecause.KEPT_APART
    return WithoutBecause.TAKEN
