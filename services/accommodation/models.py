"""All tables of the accommodation service: a table that nobody imports is not in the metadata."""

from services.accommodation.case import models as case
from services.accommodation.case.models import metadata
from services.accommodation.deadlines import models as deadlines
from services.accommodation.facilities import models as facilities
from services.accommodation.placements import models as placements
from services.accommodation.secrecy import models as secrecy

__all__ = ["case", "deadlines", "facilities", "metadata", "placements", "secrecy"]
