"""Which decisions stand: none is ever overwritten, so what follows from them is read from all of them together."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.decisions.models import Decision
from shared.contract.codes import Outcome


def is_positive(made: Sequence[Decision]) -> bool:
    """Whether an authority's or a court's current decision says that the person was trafficked."""
    return any(each.is_current and each.outcome is Outcome.ASSESSED_TRAFFICKED for each in made)


def standing(made: Sequence[Decision]) -> frozenset[UUID]:
    """The positive decisions that are current, or were replaced by nothing but positive ones, or while somebody else's already
    said the same and says so still: what they gave stands."""
    return frozenset(each.id for each in made if _stands(each, made))


def first_positive(made: Sequence[Decision]) -> Decision | None:
    """The first positive decision that was not taken back, with which statistics count the person (docs/rules.md, statistics-1):
    a positive one in its place confirms it, any other takes it back."""
    counted = [each for each in made if _is_counted(each, made)]
    return min(counted, key=lambda each: (each.decided_on, each.recorded_at, each.id), default=None)


def positive_in_place_of(decision_id: UUID, made: Sequence[Decision]) -> Decision | None:
    """The current positive decision that came in the place of this one, through however many others; None where none did."""
    place = _in_place_of(decision_id, made)
    if place is None:
        return None
    stands = place.is_current and place.outcome is Outcome.ASSESSED_TRAFFICKED
    return place if stands else positive_in_place_of(place.id, made)


def origin_of(decision_id: UUID, made: Sequence[Decision]) -> Decision:
    """The decision in whose place this one came, through however many others; itself where it came in nobody's."""
    decision = next(each for each in made if each.id == decision_id)
    return origin_of(decision.replaces, made) if decision.replaces else decision


def _in_place_of(decision_id: UUID, made: Sequence[Decision]) -> Decision | None:
    return next((each for each in made if each.replaces == decision_id), None)


def _is_counted(decision: Decision, made: Sequence[Decision]) -> bool:
    in_its_place = _in_place_of(decision.id, made)
    is_confirmed = in_its_place is None or _is_counted(in_its_place, made)
    return decision.outcome is Outcome.ASSESSED_TRAFFICKED and is_confirmed


def _stands(decision: Decision, made: Sequence[Decision]) -> bool:
    if decision.outcome is not Outcome.ASSESSED_TRAFFICKED:
        return False
    others = [each for each in made if each.authority is not decision.authority]
    return decision.is_current or any(
        _stands(each, made) or is_positive([other for other in others if other.recorded_at <= each.recorded_at])
        for each in made
        if each.replaces == decision.id
    )
