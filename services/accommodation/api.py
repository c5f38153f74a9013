"""All endpoints of the accommodation service; each package has its own in `api.py`."""

from services.accommodation.census import api as census
from services.accommodation.costs import api as costs
from services.accommodation.deadlines import api as deadlines
from services.accommodation.facilities import api as facilities
from services.accommodation.feed import api as feed
from services.accommodation.forecast import api as forecast
from services.accommodation.offers import api as offers
from services.accommodation.placements import api as placements
from services.accommodation.proposals import api as proposals
from services.accommodation.responsibility import api as responsibility
from services.accommodation.secrecy import api as secrecy
from services.accommodation.separations import api as separations
from services.accommodation.stays import api as stays
from services.accommodation.together import api as together
from services.accommodation.waiting import api as waiting
from services.accommodation.whereabouts import api as whereabouts
from shared.runtime.service import service_router

packages = (
    responsibility,
    facilities,
    secrecy,
    separations,
    placements,
    offers,
    stays,
    deadlines,
    census,
    forecast,
    proposals,
    costs,
    waiting,
    together,
    whereabouts,
    feed,
)
router = service_router(*(package.router for package in packages))
