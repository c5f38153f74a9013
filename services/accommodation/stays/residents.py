"""Nobody's facility changes under those who live there, or are about to: a change is judged by the rules of an offer."""

from uuid import UUID

from services.accommodation.facilities.models import InUnits
from services.accommodation.placements import fitting, matching
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.repository import PlaceDoesNotFit, needs_of
from services.accommodation.stays import repository
from shared.data.unit_of_work import UnitOfWork


async def check_still_fits(work: UnitOfWork, facility_id: UUID, was: InUnits, would: InUnits) -> None:
    """Raises PlaceDoesNotFit with the rules by which the facility, as it would be in these units, suits somebody no more whom it
    houses there, has booked or holds a place for; what speaks against it as it is was set aside before."""
    broken: set[FitRule] = set()
    for request, unit_id, has_children in await repository.requests_behind(work, facility_id):
        if not request.needs or unit_id not in was:
            continue  # of whoever was erased nothing is known that a change could break
        needs = await needs_of(work, request, operation="facility.check")
        needs = needs.with_children() if has_children else needs
        options = fitting.options_of(request)
        before = matching.facility_against(was[unit_id], needs=needs, options=options)
        after = matching.facility_against(would[unit_id], needs=needs, options=options)
        broken.update(rule for rule in after if rule not in before)
    if broken:
        raise PlaceDoesNotFit([rule for rule in FitRule if rule in broken])
