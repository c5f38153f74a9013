"""Where a person must not be: municipalities, and all that lie too near to one of them (docs/rules.md, housing-30). Distances are
between towns from which municipalities are run: of a facility nothing nearer than its municipality is known in the clear."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from services.accommodation import tables
from services.accommodation.placements.schemas import Needs
from shared.contract.municipalities import MUNICIPALITIES
from shared.rules.decision_tables import Dated, Versions

_EARTH: Final = 6371.0
"""Its mean radius in kilometres."""


class Town(BaseModel):
    """A town, in degrees north and east."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    town: str
    north: float
    east: float


class Towns(Dated):
    """From where each municipality is run, and who says so."""

    source: str
    towns: Mapping[str, Town]

    @model_validator(mode="after")
    def _has_them_all(self) -> Self:
        if missing := sorted(MUNICIPALITIES.keys() - self.towns.keys()):
            raise ValueError(f"nothing is said of {missing[0]}")
        return self


TABLES: Final = Versions(tables.FOLDER, "towns", Towns)


def distance(one: str, other: str) -> float:
    """Kilometres as the crow flies between the towns of two municipalities, by the newest table."""
    towns = TABLES.all[-1].towns
    here, there = towns[one], towns[other]
    north, east = radians(there.north - here.north), radians(there.east - here.east)
    square = sin(north / 2) ** 2 + cos(radians(here.north)) * cos(radians(there.north)) * sin(east / 2) ** 2
    return 2 * _EARTH * asin(sqrt(square))


def zone_of(needs: Needs) -> frozenset[str]:
    """The municipalities in which the person must not be."""
    return _zone(frozenset(needs.avoid_municipalities), needs.avoid_within_km)


@lru_cache(maxsize=4096)
def _zone(avoided: Collection[str], within_km: int) -> frozenset[str]:
    if not within_km:
        return frozenset(avoided)
    near = (code for code in MUNICIPALITIES if any(distance(code, each) <= within_km for each in avoided))
    return frozenset(avoided).union(near)
