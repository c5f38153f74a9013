"""Which places fit a person, why, and in which order: ONE comparison of needs with places, for whatever is matched, offered,
extended, moved, joined or changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import Nights, covers, first_of, nights
from services.accommodation.facilities.codes import PlaceKind, Security
from services.accommodation.facilities.models import Candidate, Facility
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.schemas import Needs
from services.accommodation.placements.zones import zone_of
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.codes import Criterion
from services.accommodation.ranking.domain import Weights
from shared.contract.codes import Gender

_ASKED_FOR_SAFETY = frozenset({Gender.TRANS_WOMAN, Gender.TRANS_MAN, Gender.NON_BINARY})
WATCHED: Final = timedelta(days=60)
"""A stay without an end needs an approval without one, or one that holds for so long: its end is announced by then
(docs/rules.md, housing-3) [A]."""


class Match(NamedTuple):
    """A place that fits, and what speaks for it. A tuple: of 10,000 places some thousand are made for one question."""

    place_id: UUID
    candidate: Candidate
    """The place among those that stand alike."""
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
    knows who else comes."""
    weights = weights or ranking.weights_on(tonight)
    excluded, fitting = Counter[FitRule](), defaultdict[tuple[int, UUID], list[Match]](list)
    for candidate, rules in all_against(candidates, needs=needs, options=options, stay=stay, tonight=tonight):
        if not rules or (also_peaks and rules == [FitRule.PEAK]):
            alike = weigh(candidate, needs, options, weights)
            # The order of `ranking.order`, of many places at once.
            fitting[-sum(alike[0].points.values()), candidate.facility.id] += alike
        else:
            excluded[rules[0]] += len(candidate.place_ids)
    in_order = [sorted(fitting[points_and_facility], key=_by_id) for points_and_facility in sorted(fitting)]
    return list(chain.from_iterable(in_order)), excluded


_by_id: Final = attrgetter("place_id")


def weigh(candidate: Candidate, needs: Needs, options: Sequence[FacilityKind] | None, weights: Weights) -> list[Match]:
    """Places that stand alike, with their points and what speaks for them."""
    features, spoken = features_of(candidate, needs, options), speaks_for(candidate, needs, options)
    points = weights.points(features)
    return [Match(place_id, candidate, spoken, features, points) for place_id in candidate.place_ids]


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
    against = []
    for candidate in candidates:
        where = (candidate.facility.id, candidate.unit_id)
        if (of_it := of_each.get(where)) is None:
            of_it = of_each[where] = _of_the_facility(candidate, needs=needs, options=options, stay=stay)
        against.append((candidate, [*of_it, *_of_the_place(candidate, stay, is_past=is_past)]))
    ordinary: set[UUID] = {
        candidate.facility.id for candidate, rules in against if not rules and candidate.kind is PlaceKind.ORDINARY
    }
    return [
        (candidate, [*rules, FitRule.PEAK])
        if candidate.kind is PlaceKind.PEAK and candidate.facility.id in ordinary
        else (candidate, rules)
        for candidate, rules in against
    ]


def _of_the_facility(
    candidate: Candidate, *, needs: Needs, options: Sequence[FacilityKind] | None, stay: Nights
) -> list[FitRule]:
    """What speaks against all places of the facility's unit. These rules come first in the order of `FitRule`."""
    speaking = {
        rule for rule, speaks in facility_against(candidate.facility, needs=needs, options=options).items() if speaks
    }
    if not is_approved(candidate.approvals, stay):
        speaking.add(FitRule.NO_APPROVAL)
    return [rule for rule in FitRule if rule in speaking] if speaking else []


def _of_the_place(candidate: Candidate, stay: Nights, *, is_past: bool) -> list[FitRule]:
    """What speaks against the place by itself. These rules come last in the order of `FitRule`, but for peaks."""
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
    facility: Facility, *, needs: Needs, options: Sequence[FacilityKind] | None
) -> dict[FitRule, bool]:
    """Which rules about the facility itself speak against it, whatever is free. A gender that is None, and options that are,
    exclude nothing: they are not the asker's to know."""
    return {
        FitRule.GENDER: needs.gender is not None and not accepts_gender(facility, needs.gender),
        FitRule.MINORS: bool(needs.minor) and not facility.minors,
        FitRule.FAMILIES: bool(needs.children) and not facility.families,
        FitRule.WHEELCHAIR: needs.wheelchair and not facility.wheelchair,
        FitRule.LGBT_SAFE: needs.lgbt_safe and not facility.lgbt_safe,
        FitRule.SECURITY: not facility.security.at_least(needs.security),
        FitRule.OPTIONS: options is not None and facility.kind not in options,
        FitRule.DISTANCE: facility.municipality in zone_of(needs),
    }


def accepts_gender(facility: Facility, gender: Gender) -> bool:
    """Whether the facility takes in people of that gender, the person's own. Nobody's gender is read as another: who
    has not said is taken in where women and men both are."""
    if gender in facility.genders:
        return True
    return gender is Gender.UNKNOWN and {Gender.WOMAN, Gender.MAN} <= set(facility.genders)


def is_approved(approvals: Sequence[Nights], stay: Nights) -> bool:
    """Whether approvals, one after another, cover every night of the stay; of an open stay all until the end of the approval
    would have been announced."""
    uncovered = first_of(stay)
    until = stay.upper or uncovered + WATCHED
    for approval in sorted(approvals, key=first_of):
        if approval.contains(uncovered):
            if approval.upper is None:
                return True
            uncovered = max(uncovered, approval.upper)
    return uncovered >= until


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


def _languages(facility: Facility, needs: Needs) -> list[str]:
    return sorted(set(facility.languages) & set(needs.languages))


def _wants_lgbt_safe(needs: Needs) -> bool:
    return needs.lgbt_safe or needs.gender in _ASKED_FOR_SAFETY
