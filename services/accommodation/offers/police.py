"""Police place a person whom they hold at a facility while the assessment lasts, in place of a cell (udlændingeloven § 34(1) no.
3): for the hours that they may hold the person, paid by US, which decides what comes after (docs/rules.md, housing-27)."""

from datetime import datetime

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.nights import Nights, first_of, nights
from services.accommodation.placements.models import PlacementRequest
from shared.contract.organisations import OrganisationKind
from shared.contract.times import HELD_AT_MOST
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden


class NotHeld(Forbidden):
    """Police place whom they hold, and whom US houses; for everybody else they ask."""


class HoursAreOver(Conflict):
    """The hours end before that night."""


async def held_until(work: UnitOfWork, request: PlacementRequest) -> datetime | None:
    """Until when the police district that offers may hold the person; None for everybody else, and where the rules leave it to
    the police to arrange a place (B4). Raises NotHeld and HoursAreOver."""
    if work.actor.kind is not OrganisationKind.POLICE or request.authority is HousingAuthority.POLICE:
        return None
    known = await cases.find_case(work, request.case_id)
    if known is None or known.held_since is None or request.authority is not HousingAuthority.US:
        raise NotHeld(
            "The police place a person without legal stay whom they hold: POST .../custody first. For others, CMM and US"
            " see the request and find a place."
        )
    until = known.held_since + HELD_AT_MOST
    if until <= work.now:
        raise HoursAreOver("The 72 hours from the arrest are over; US finds the person a place.")
    return until


def within(wanted: Nights, until: datetime | None) -> Nights:
    """The nights that begin before the hours end. Raises HoursAreOver where there is none."""
    if until is None:
        return wanted
    first, last = first_of(wanted), on_date(until)
    if last <= first:
        raise HoursAreOver("The 72 hours from the arrest end before that night; US finds the person a place.")
    return nights(first, min(last, wanted.upper) if wanted.upper else last)
