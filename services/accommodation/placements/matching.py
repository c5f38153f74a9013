"""Which places fit a person, why, and in which order: ONE comparison of needs with places, for whatever is matched, offered,
extended, moved, joined or changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import Nights, covers, first_of, nights
from services.accommodation.facilities.codes import PlaceKind, Security
from services.accommodation.facilities.models import Facility, Terms
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.schemas import Needs
from services.accommodation.placements.zones import zone_of
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.codes import Criterion
from services.accommodation.ranking.domain import Weights
from services.accommodation.vacancies.models import Candidate
from shared.contract.codes import Gender

_ASKED_FOR_SAFETY = frozenset({Gender.TRANS_WOMAN, Gender.TRANS_MAN, Gender.NON_BINARY})


class Match(NamedTuple):
    """Places that fit, stand alike and come one after the other in the order, and what speaks for each of them."""

    place_ids: Sequence[UUID]
    """In the order."""
    candidate: Candidate
    """Those that stand alike with them."""
    speaks_for: list[str]
    features: dict[Criterion, int]
    points: dict[Criterion, int]
    """By the weights; nothing of what does not speak for it."""


def match(
    candidates: Iterable[Candidate],
    *,
    needs: Needs,
    options: Sequence[FacilityKind] | None,
    stay: Nights,
    tonight: date,
    weights: Weights | None = None,
    also_peaks: bool = False,
) -> tuple[list[Match], Counter[FitRule]]:
    """The places that fit, best first by the weights (of tonight, where none are given), and how many others each rule
    excludes; with `options` None of every kind. `also_peaks`: with places for peaks that have to wait for ordinary ones, for who
    knows who else comes. One by one they are given by `one_by_one`."""
    weights = weights or ranking.weights_on(tonight)
    excluded, fitting = Counter[FitRule](), defaultdict[tuple[int, UUID], list[Match]](list)
    for candidate, rules in all_against(candidates, needs=needs, options=options, stay=stay, tonight=tonight):
        if not rules or (also_peaks and rules == [FitRule.PEAK]):
            found = _weigh(candidate, needs, options, weights)
            # The order of `ranking.order`, of many places at once.
            fitting[-sum(found.points.values()), candidate.facility.id].append(found)
        else:
            excluded[rules[0]] += candidate.number
    return [match for facility in sorted(fitting) for match in _by_id(fitting[facility])], excluded


def _weigh(candidate: Candidate, needs: Needs, options: Sequence[FacilityKind] | None, weights: Weights) -> Match:
    features, spoken = features_of(candidate, needs, options), speaks_for(candidate, needs, options)
    return Match(sorted(candidate.place_ids), candidate, spoken, features, weights.points(features))


def _by_id(equals: Sequence[Match]) -> Sequence[Match]:
    """The places of a facility that have the same points, by their ids; those of two units, say, may be mixed."""
    if len(equals) == 1:
        return equals
    ids = sorted((place_id, number) for number, match in enumerate(equals) for place_id in match.place_ids)
    in_a_row = groupby(ids, key=itemgetter(1))
    return [equals[number]._replace(place_ids=[place_id for place_id, _ in some]) for number, some in in_a_row]


def one_by_one(found: Iterable[Match]) -> Iterator[tuple[UUID, Match]]:
    """Each place, in the order."""
    return ((place_id, match) for match in found for place_id in match.place_ids)


def all_against(
    candidates: Iterable[Candidate],
    *,
    needs: Needs,
    options: Sequence[FacilityKind] | None,
    stay: Nights,
    tonight: date,
) -> list[tuple[Candidate, list[FitRule]]]:
    """Each place with all that speaks against it. A place for peaks waits while an ordinary one of its facility fits, so give
    all places of a facility."""
    of_each = dict[tuple[UUID, UUID | None], list[FitRule]]()
    is_past = first_of(stay) < tonight
    against: list[tuple[Candidate, list[FitRule]]] = []
    for candidate in candidates:
        where = (candidate.facility.id, candidate.unit_id)
        if (of_it := of_each.get(where)) is None:
            of_it = of_each[where] = _of_the_facility(candidate, needs=needs, options=options)
        against.append((candidate, [*of_it, *place_against(candidate, stay, is_past=is_past)]))
    ordinary: set[UUID] = {
        candidate.facility.id for candidate, rules in against if not rules and candidate.kind is PlaceKind.ORDINARY
    }
    for candidate, rules in against:
        if candidate.kind is PlaceKind.PEAK and candidate.facility.id in ordinary:
            rules.append(FitRule.PEAK)
    return against


def _of_the_facility(candidate: Candidate, *, needs: Needs, options: Sequence[FacilityKind] | None) -> list[FitRule]:
    """What speaks against all places of the facility's unit. These rules come first in the order of `FitRule`."""
    against = facility_against(candidate.facility, needs=needs, options=options)
    return against if candidate.is_approved else [FitRule.NO_APPROVAL, *against]


def place_against(candidate: Candidate, stay: Nights, *, is_past: bool = False) -> list[FitRule]:
    """What speaks against the place by itself, whatever its facility is. These rules come last in the order of `FitRule`, but
    for peaks."""
    against = []
    if candidate.parts_household:
        against.append(FitRule.HOUSEHOLD)
    if candidate.is_unsafe:
        against.append(FitRule.CO_PLACEMENT)
    if is_past:
        against.append(FitRule.PAST)
    if not covers(candidate.available, stay):
        against.append(FitRule.PLACE_DATES)
    if candidate.is_out_of_service:
        against.append(FitRule.OUT_OF_SERVICE)
    if candidate.is_elsewhere:
        against.append(FitRule.PERSON_ELSEWHERE)
    if candidate.is_taken:
        against.append(FitRule.OCCUPIED)
    return against


def facility_against(
    facility: Facility | Terms, *, needs: Needs, options: Sequence[FacilityKind] | None
) -> list[FitRule]:
    """Which rules about the facility itself speak against it, in their order, whatever is free. A gender that is None, and
    options that are, exclude nothing: they are not the asker's to know."""
    against = []
    if needs.gender is not None and not accepts_gender(facility, needs.gender):
        against.append(FitRule.GENDER)
    if needs.minor and not facility.minors:
        against.append(FitRule.MINORS)
    if needs.children and not facility.families:
        against.append(FitRule.FAMILIES)
    if needs.wheelchair and not facility.wheelchair:
        against.append(FitRule.WHEELCHAIR)
    if needs.lgbt_safe and not facility.lgbt_safe:
        against.append(FitRule.LGBT_SAFE)
    if not facility.security.at_least(needs.security):
        against.append(FitRule.SECURITY)
    if options is not None and facility.kind not in options:
        against.append(FitRule.OPTIONS)
    if facility.municipality in zone_of(needs):
        against.append(FitRule.DISTANCE)
    return against


def accepts_gender(facility: Facility | Terms, gender: Gender) -> bool:
    """Whether the facility takes in people of that gender, the person's own. Nobody's gender is read as another: who
    has not said is taken in where women and men both are."""
    if gender in facility.genders:
        return True
    return gender is Gender.UNKNOWN and {Gender.WOMAN, Gender.MAN} <= set(facility.genders)


def from_tonight(stay: Nights, *, asked_on: date, tonight: date) -> Nights:
    """The nights that can still be given of those that were asked for: a request waits, and its first nights go by. Who asked
    for nights that were over already is left with them."""
    first = first_of(stay)
    still = max(first, tonight) if first >= asked_on else first
    if stay.upper is not None and still >= stay.upper:
        return stay
    return nights(still, stay.upper)


def speaks_for(candidate: Candidate, needs: Needs, options: Sequence[FacilityKind] | None) -> list[str]:
    """What is good about the place for this person, as keys in a fixed order."""
    facility = candidate.facility
    found = {
        "same_kind_preferred": options is not None and facility.kind == options[0],
        "lgbt_safe": facility.lgbt_safe and _wants_lgbt_safe(needs),
        "secret_address": facility.secret_address,
        "families": facility.families and bool(needs.children),
        "wheelchair": facility.wheelchair and needs.wheelchair,
        "security": facility.security.at_least(needs.security) and needs.security is not Security.NONE,
        "ordinary_place": candidate.kind is PlaceKind.ORDINARY,
    }
    spoken = [f"language:{language}" for language in _languages(facility, needs)]
    return spoken + [key for key, holds in found.items() if holds]


def features_of(candidate: Candidate, needs: Needs, options: Sequence[FacilityKind] | None) -> dict[Criterion, int]:
    """How often each criterion speaks for the place. Safety, then the kind that the rules prefer, then being understood;
    places for peaks and places that others need more are kept for later."""
    facility = candidate.facility
    later = len(options) - 1 - options.index(facility.kind) if options and facility.kind in options else 0
    return {
        Criterion.LGBT_SAFE: facility.lgbt_safe and _wants_lgbt_safe(needs),
        Criterion.KIND: later,
        Criterion.SECRET_ADDRESS: facility.secret_address,
        Criterion.LANGUAGE: len(_languages(facility, needs)),
        Criterion.ORDINARY_PLACE: candidate.kind is PlaceKind.ORDINARY,
        Criterion.WHEELCHAIR_SPARED: needs.wheelchair or not facility.wheelchair,
        Criterion.FAMILY_SPARED: bool(needs.children) or not facility.families,
    }


def _languages(facility: Terms, needs: Needs) -> list[str]:
    return sorted(set(needs.languages).intersection(facility.languages)) if needs.languages else []


def _wants_lgbt_safe(needs: Needs) -> bool:
    return needs.lgbt_safe or needs.gender in _ASKED_FOR_SAFETY
