"""All tables of the accommodation service: a table that nobody imports is not in the metadata."""

from services.accommodation.case import models as case
from services.accommodation.case.models import metadata
from services.accommodation.costs import models as costs
from services.accommodation.deadlines import models as deadlines
from services.accommodation.facilities import models as facilities
from services.accommodation.placements import models as placements
from services.accommodation.proposals import models as proposals
from services.accommodation.ranking import models as ranking
from services.accommodation.secrecy import models as secrecy
from services.accommodation.separations import models as separations

__all__ = [
    "case",
    "costs",
    "deadlines",
    "facilities",
    "metadata",
    "placements",
    "proposals",
    "ranking",
    "secrecy",
    "separations",
]
