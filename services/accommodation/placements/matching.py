"""Which places fit a person, why, and in which order: a pure comparison of needs with places."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import Nights, first_of, nights
from services.accommodation.facilities.codes import PlaceKind, Security
from services.accommodation.facilities.models import Candidate, Facility, Place
from services.accommodation.placements.schemas import Needs
from shared.contract.codes import Gender

_NIGHT = timedelta(days=1)
_ASKED_FOR_SAFETY = frozenset({Gender.TRANS_WOMAN, Gender.TRANS_MAN, Gender.NON_BINARY})


class Exclusion(StrEnum):
    """Why a place does not come into question; a place is counted under the first of these that holds.

    What the facility is comes first and what is free last: `occupied` are places that would have fitted."""

    NO_APPROVAL = "no_approval"
    GENDER = "gender"
    MINORS = "minors"
    FAMILY = "family"
    WHEELCHAIR = "wheelchair"
    LGBT_SAFE = "lgbt_safe"
    SECURITY = "security"
    KIND = "kind"
    AVOID_MUNICIPALITIES = "avoid_municipalities"
    UNAVAILABLE = "unavailable"
    OCCUPIED = "occupied"


@dataclass(frozen=True, slots=True)
class Match:
    """A place that fits, and what speaks for it."""

    candidate: Candidate
    speaks_for: list[str]


def match(
    candidates: Iterable[Candidate], *, needs: Needs, options: Sequence[FacilityKind] | None, stay: Nights
) -> tuple[list[Match], Counter[Exclusion]]:
    """The places that fit, best first, and how many others each reason excludes; with `options` None of every kind."""
    excluded: Counter[Exclusion] = Counter()
    fitting = []
    for candidate in candidates:
        if against := reasons_against(candidate, needs=needs, options=options, stay=stay):
            excluded[against[0]] += 1
        else:
            fitting.append(candidate)
    fitting.sort(key=lambda candidate: _order(candidate, needs, options))
    return [Match(candidate, speaks_for(candidate, needs, options)) for candidate in fitting], excluded


def reasons_against(
    candidate: Candidate, *, needs: Needs, options: Sequence[FacilityKind] | None, stay: Nights
) -> list[Exclusion]:
    """All that speaks against the place, in the order of `Exclusion`; nothing when it fits. A gender that is None, and options
    that are, exclude nothing: they are not the asker's to know."""
    facility = candidate.facility
    against = {
        Exclusion.NO_APPROVAL: not is_approved(candidate.approvals, stay),
        Exclusion.GENDER: needs.gender is not None and not accepts_gender(facility, needs.gender),
        Exclusion.MINORS: bool(needs.minor) and not facility.minors,
        Exclusion.FAMILY: bool(needs.children) and not facility.families,
        Exclusion.WHEELCHAIR: needs.wheelchair and not facility.wheelchair,
        Exclusion.LGBT_SAFE: needs.lgbt_safe and not facility.lgbt_safe,
        Exclusion.SECURITY: not facility.security.at_least(needs.security),
        Exclusion.KIND: options is not None and facility.kind not in options,
        Exclusion.AVOID_MUNICIPALITIES: facility.municipality in needs.avoid_municipalities,
        Exclusion.UNAVAILABLE: candidate.is_out_of_service or not is_available(candidate.place, stay),
        Exclusion.OCCUPIED: candidate.is_taken,
    }
    return [reason for reason in Exclusion if against[reason]]


def accepts_gender(facility: Facility, gender: Gender) -> bool:
    """Whether the facility takes in people of that gender, the person's own. Nobody's gender is read as another: who
    has not said is taken in where women and men both are."""
    if gender in facility.genders:
        return True
    return gender is Gender.UNKNOWN and {Gender.WOMAN, Gender.MAN} <= set(facility.genders)


def is_approved(approvals: Sequence[Nights], stay: Nights) -> bool:
    """Whether approvals, one after another, cover every night of the stay; of an open stay, the first night: that an
    approval runs out under somebody is announced in time by a deadline of its own."""
    uncovered = first_of(stay)
    until = stay.upper or uncovered + _NIGHT
    for approval in sorted(approvals, key=first_of):
        if approval.contains(uncovered):
            if approval.upper is None:
                return True
            uncovered = max(uncovered, approval.upper)
    return uncovered >= until


def is_available(place: Place, stay: Nights) -> bool:
    """Whether the facility has the place on every night of the stay."""
    return nights(place.available_from, place.available_until).contains(stay)


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
        "ordinary_place": candidate.place.kind is PlaceKind.ORDINARY,
    }
    return _languages(facility, needs) + [key for key, holds in found.items() if holds]


def _languages(facility: Facility, needs: Needs) -> list[str]:
    return [f"language:{language}" for language in sorted(set(facility.languages) & set(needs.languages))]


def _wants_lgbt_safe(needs: Needs) -> bool:
    return needs.lgbt_safe or needs.gender in _ASKED_FOR_SAFETY


def _order(
    candidate: Candidate, needs: Needs, options: Sequence[FacilityKind] | None
) -> tuple[bool, int, bool, int, bool, bool, bool, str, str]:
    """Safety first, then the kind the rules prefer, then being understood; peak places and places that others need
    more are kept for later. Ids decide between equals, so that the same rows always give the same order."""
    facility = candidate.facility
    return (
        not (facility.lgbt_safe and _wants_lgbt_safe(needs)),
        options.index(facility.kind) if options is not None else 0,
        not facility.secret_address,
        -len(_languages(facility, needs)),
        candidate.place.kind is PlaceKind.PEAK,
        facility.wheelchair and not needs.wheelchair,
        facility.families and not needs.children,
        str(facility.id),
        str(candidate.place.id),
    )
