"""What HTTP shows of requests, matches and what is free."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.facilities.codes import Security
from services.accommodation.placements import answers, matching, requests
from services.accommodation.placements.codes import PASSED, REASONS, FitRule, RequestStatus
from services.accommodation.placements.matching import Match
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import (
    Availability,
    CheckedPlace,
    CheckedRule,
    FreeKind,
    FreePlaces,
    MatchedPlace,
    Matches,
    Needs,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestWithNeeds,
)
from services.accommodation.placements.visibility import SeenRequest
from services.accommodation.responsibility.schemas import AuthorityAlone, ResponsibilityAnswer
from services.accommodation.vacancies.models import Candidate
from shared.contract.codes import Region
from shared.contract.visibility import Aspect


def see_receipt(request: PlacementRequest, status: RequestStatus, known: frozenset[Aspect]) -> PlacementRequestReceipt:
    """A request, and who is responsible, as far as that may be known."""
    shown = answers.as_known(request, known)
    knows = Aspect.RESPONSIBILITY in known
    return PlacementRequestReceipt(
        request_id=request.id,
        status=status,
        responsibility=ResponsibilityAnswer.of_row(shown) if knows else AuthorityAlone(authority=shown.authority),
    )


def see_request(seen: SeenRequest) -> PlacementRequestDetails:
    """The request."""
    return PlacementRequestDetails(
        **dict(see_receipt(seen.request, requests.status_of(seen), seen.known)),
        **seen.request.model_dump(
            include={"case_id", "requested_by", "requested_at", "from_on", "to_on", "parked_until"}
        ),
    )


def see_request_with_needs(seen: SeenRequest, needs: Needs) -> PlacementRequestWithNeeds:
    """The request with what the person needs."""
    return PlacementRequestWithNeeds(**dict(see_request(seen)), needs=needs)


def see_matches(fitting: Sequence[Match], excluded: Mapping[FitRule, int], *, weights: str, now: datetime) -> Matches:
    """The places that fit, ranked as they come, and how many others each reason excludes."""
    places = matching.one_by_one(fitting)
    items = [see_match(place_id, match, rank) for rank, (place_id, match) in enumerate(places, start=1)]
    return Matches(as_of=now, weights=weights, items=items, excluded=see_excluded(excluded))


def see_match(place_id: UUID, match: Match, rank: int) -> MatchedPlace:
    """A place that fits, with its rank."""
    return MatchedPlace(
        place_id=place_id,
        facility_id=match.candidate.facility.id,
        rank=rank,
        speaks_for=match.speaks_for,
        points=match.points,
    )


def see_excluded(excluded: Mapping[FitRule, int]) -> dict[str, int]:
    """How many places each reason excludes."""
    return {reason.value: excluded[reason] for reason in sorted(excluded)}


def see_check(against: Collection[FitRule], place_id: UUID, *, now: datetime) -> CheckedPlace:
    """Every rule, whether the place passes it, and why."""
    rules = [
        CheckedRule(
            rule=rule,
            passes=rule not in against,
            why=why,
            why_da=why_da,
        )
        for rule in FitRule
        for why, why_da in [(REASONS if rule in against else PASSED)[rule]]
    ]
    return CheckedPlace(as_of=now, place_id=place_id, fits=not against, rules=rules)


def see_availability(free: Sequence[Candidate], *, in_numbers: bool, now: datetime) -> Availability:
    """Which places are free: counted, with their facilities; or for each kind whether any is."""
    if not in_numbers:
        kinds = {candidate.facility.kind for candidate in free}
        return Availability(as_of=now, items=[FreeKind(kind=kind, free=kind in kinds) for kind in FacilityKind])
    groups: dict[tuple[FacilityKind, Region, Security], dict[UUID, int]] = {}
    for candidate in free:
        facility = candidate.facility
        found = groups.setdefault((facility.kind, facility.region, facility.security), {})
        found[facility.id] = found.get(facility.id, 0) + len(candidate.place_ids)
    items: list[FreePlaces | FreeKind] = [
        FreePlaces(kind=kind, region=region, security=security, free=sum(found.values()), facility_ids=sorted(found))
        for (kind, region, security), found in sorted(groups.items())
    ]
    return Availability(as_of=now, items=items)
