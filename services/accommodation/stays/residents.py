"""Nobody's facility changes under those who live there, or are about to: a change is judged by the rules of an offer."""

from services.accommodation.facilities.models import Facility
from services.accommodation.placements import fitting, matching
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.repository import PlaceDoesNotFit, needs_of
from services.accommodation.stays import repository
from shared.data.unit_of_work import UnitOfWork


async def check_still_fits(work: UnitOfWork, facility: Facility, described: Facility) -> None:
    """Raises PlaceDoesNotFit with the rules by which the facility, as it would be, suits somebody no more whom it houses, has
    booked or holds a place for; what speaks against it as it is was set aside before."""
    broken: set[FitRule] = set()
    for request in await repository.requests_behind(work, facility.id):
        if not request.needs:
            continue  # of whoever was erased nothing is known that a change could break
        needs = await needs_of(work, request, operation="facility.check")
        options = fitting.options_of(request)
        was = matching.facility_against(facility, needs=needs, options=options)
        would = matching.facility_against(described, needs=needs, options=options)
        broken |= {rule for rule, speaks in would.items() if speaks and not was[rule]}
    if broken:
        raise PlaceDoesNotFit([rule for rule in FitRule if rule in broken])
