"""The endpoints that ask for places for people and find them: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from services.accommodation.case.nights import night_of
from services.accommodation.case.policies import PlacementWriter, Reader
from services.accommodation.facilities.codes import Security
from services.accommodation.placements import repository, requests, views
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.schemas import (
    FARTHEST_KM,
    MOST_CHILDREN,
    Availability,
    CheckedPlace,
    Matches,
    Needs,
    PlacementRequestDetails,
    PlacementRequestReceipt,
    PlacementRequestSubmission,
    PlacementRequestWithNeeds,
)
from services.accommodation.ranking import domain as ranking
from shared.contract.codes import Gender
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import OptionalPurpose, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


InsteadOf = Annotated[UUID | None, Query(description="The placement that the place would replace by a move.")]


@router.post("/placement-requests", status_code=201)
async def request_placement(
    work: PlacementWriter, submission: PlacementRequestSubmission
) -> Tagged[PlacementRequestReceipt]:
    """Ask for a place for a person whose case concerns you."""
    request = await requests.request_placement(work, submission=submission)
    known = await repository.known_of(work, request)
    return views.see_receipt(request, request.status, known).tagged(request)


@router.get("/placement-requests")
async def list_placement_requests(
    work: Reader,
    pages: Pages,
    purpose: PurposeOfReading,
    status: RequestStatus | None = None,
    case_id: UUID | None = None,
) -> Page[PlacementRequestDetails]:
    """The requests that you made, coordinate, pay for, or were asked about, newest first, without what the person needs; with
    `case_id` also those of cases that were merged into it."""
    found = await repository.list_requests(
        work, purpose=purpose, status=status, case_id=case_id, after=pages.after, limit=pages.limit
    )
    items = [views.see_request(seen) for seen in found]
    return pages.page(items, found, lambda seen: [seen.request.requested_at.isoformat(), str(seen.request.id)])


@router.get("/placement-requests/{request_id}")
async def read_placement_request(
    work: Reader, request_id: UUID, purpose: PurposeOfReading
) -> Tagged[PlacementRequestWithNeeds]:
    """The request with what the person needs, as far as you may know it; every read is kept with its purpose. Who may not know
    outcome and legal status is given the authority alone."""
    seen, needs = await requests.read_request(work, request_id=request_id, purpose=purpose)
    return views.see_request_with_needs(seen, needs).tagged(seen.request)


@router.get("/placement-requests/{request_id}/places/{place_id}")
async def check_place(
    work: Reader, request_id: UUID, place_id: UUID, instead_of: InsteadOf = None, purpose: OptionalPurpose = None
) -> CheckedPlace:
    """One place against every rule: whether it passes, and why not, in English and Danish."""
    against = await requests.check_place(
        work, request_id=request_id, place_id=place_id, purpose=purpose, instead_of=instead_of
    )
    return views.see_check(against, place_id, now=work.now)


@router.get("/placement-requests/{request_id}/matches")
async def find_matches(
    work: Reader, request_id: UUID, instead_of: InsteadOf = None, purpose: OptionalPurpose = None
) -> Matches:
    """The places that fit, best first, with what speaks for each; and what excluded the others, in numbers. The weights are a
    dated table, whose version the answer names."""
    fitting, excluded = await requests.find_matches(work, request_id=request_id, purpose=purpose, instead_of=instead_of)
    weights = ranking.weights_on(night_of(work.now))
    return views.see_matches(fitting, excluded, weights=weights.version, now=work.now)


# ---------------------------------------------------------------- what is free

Comma = Annotated[
    str | None, Query(description="Municipalities to stay away from, with commas between.", examples=["0101,0751"])
]


Near = Annotated[
    int, Query(ge=0, le=FARTHEST_KM, description="Kilometres to keep between the towns of those and of the place.")
]


Children = Annotated[
    Annotated[int, Field(ge=0, le=MOST_CHILDREN)] | bool, Query(description="How many come along, or whether any does.")
]


async def _needs(
    gender: Gender | None = None,
    minor: bool = False,
    children: Children = False,
    wheelchair: bool = False,
    lgbt_safe: bool = False,
    security: Security = Security.NONE,
    avoid_municipalities: Comma = None,
    avoid_within_km: Near = 0,
) -> Needs:
    return requests.needs_from(
        gender=gender,
        minor=minor,
        children=children,
        wheelchair=wheelchair,
        lgbt_safe=lgbt_safe,
        security=security,
        avoid_municipalities=avoid_municipalities.split(",") if avoid_municipalities else [],
        avoid_within_km=avoid_within_km,
    )


@router.get("/availability")
async def find_free_places(
    work: Reader,
    needs: Annotated[Needs, Depends(_needs)],
    from_on: Annotated[Day, Query(alias="from", description="The first night.")],
    to_on: Annotated[Day | None, Query(alias="to", description="The day of leaving.")] = None,
) -> Availability:
    """Which places fit and are free: for CMM, US and operators in numbers, with the facilities that they may know of; for
    everybody else whether any is, by kind."""
    in_numbers, free = await requests.find_free(work, needs=needs, stay=requests.stay_of(from_on, to_on))
    return views.see_availability(free, in_numbers=in_numbers, now=work.now)
