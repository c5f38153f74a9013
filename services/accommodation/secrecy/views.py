"""What HTTP shows of facilities with their addresses, and of reveals."""

from services.accommodation.facilities import views as register
from services.accommodation.facilities.schemas import FacilityDetails
from services.accommodation.secrecy.domain import Shown
from services.accommodation.secrecy.models import Reveal
from services.accommodation.secrecy.schemas import RevealDetails, RevealedFacility


def see_shown(shown: Shown) -> RevealedFacility | FacilityDetails:
    """The facility, with its address where that is shown."""
    details = register.see_facility(shown.facility, shown.particulars)
    if not shown.with_address:
        return details
    particulars = shown.particulars
    return RevealedFacility(
        **dict(details), address=particulars.address, contact=particulars.contact, revealed_until=shown.until
    )


def see_reveal(reveal: Reveal) -> RevealDetails:
    """To whom the address was shown."""
    return RevealDetails(reveal_id=reveal.id, **reveal.model_dump(exclude={"id", "facility_id"}))
