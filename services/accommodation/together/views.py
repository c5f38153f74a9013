"""What HTTP shows of places for several requests at once."""

from datetime import datetime

from services.accommodation.placements.views import see_excluded, see_match
from services.accommodation.together.codes import REASONS
from services.accommodation.together.domain import Given, Together, Without
from services.accommodation.together.schemas import GoesWithout, MatchedTogether, PlaceForOne, Worth


def see_together(found: Together, *, now: datetime) -> MatchedTogether:
    """Who is given which place, what speaks for each, and why somebody goes without."""
    worth, one_by_one = (
        Worth(placed=placed, points=points) for placed, points in (found.worth, found.worth_one_by_one)
    )
    return MatchedTogether(
        as_of=now,
        weights=found.weights.version,
        order=found.order.version,
        worth=worth,
        one_by_one=one_by_one,
        items=[_see_given(each) for each in found.given],
        without=[_see_without(each) for each in found.without],
    )


def _see_given(given: Given) -> PlaceForOne:
    matched = see_match(given.place_id, given.match, given.rank)
    (_, first), of = given.asked.fitting[0], len(given.asked.fitting)
    best = sum(first.points.values())
    total = sum(matched.points.values())
    why, why_da = f"Number {given.rank} of the {of} places that fit.", f"Nummer {given.rank} af de {of}, der passer."
    if total < best:
        why += f" Its {total} points are {best - total} fewer than the best one's: by that all together gain more."
        why_da += f" Dens {total} point er {best - total} færre end den bedstes: sådan vinder alle tilsammen mere."
    return PlaceForOne(
        **dict(matched),
        request_id=given.asked.request.id,
        position=given.asked.standing.position,
        total=total,
        why=why,
        why_da=why_da,
    )


def _see_without(without: Without) -> GoesWithout:
    why, why_da = REASONS[without.because]
    return GoesWithout(
        request_id=without.asked.request.id,
        position=without.asked.standing.position,
        because=without.because,
        excluded=see_excluded(without.asked.excluded),
        why=why,
        why_da=why_da,
    )
