"""The facilities of a Havn for development, beside the shelter of the raid: one of each kind that the rules know, with room.
None of them exists, and no address does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.demo.raid import HOUSING, Raid

_WOMEN: Final = ("woman", "trans_woman")
_MEN: Final = ("man", "trans_man")
_EVERYBODY: Final = (*_WOMEN, *_MEN, "non_binary")


@dataclass(frozen=True)
class Opening:
    """A facility with its places: ordinary ones, and those that it adds at peaks."""

    name: str
    kind: str
    operator: str
    municipality: str
    supervision: str
    genders: Sequence[str]
    places: int
    peaks: int = 0
    is_secret: bool = False
    languages: Sequence[str] = ("dan", "eng")
    accepts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def registration(self) -> dict[str, Any]:
        """As its operator registers it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "operator": self.operator,
            "municipality": self.municipality,
            "address": f"Made Up Lane 1, {self.name}",
            "secret_address": self.is_secret,
            "languages": list(self.languages),
            "accepts": {"genders": list(self.genders), **self.accepts},
        }

    @property
    def rooms(self) -> list[dict[str, Any]]:
        """Its places, as its operator adds them."""
        labels = [f"Room {number}" for number in range(1, self.places + self.peaks + 1)]
        ordinary = [{"label": label, "kind": "ordinary"} for label in labels[: self.places]]
        peaks = [{"label": label, "kind": "peak", "approved_by": self.supervision} for label in labels[self.places :]]
        return ordinary + peaks


FACILITIES: Final = (
    Opening(
        "reden-k",
        "crisis_centre",
        "reden",
        "0101",
        "socialtilsyn-hovedstaden",
        _WOMEN,
        places=7,
        peaks=2,
        is_secret=True,
        languages=("dan", "eng", "ron", "tha"),
        accepts={"families": True, "lgbt_safe": True, "security": "high"},
    ),
    Opening("safe-flat", "safe_flat", "amiami", "0751", "socialtilsyn-midt", _WOMEN, places=1, is_secret=True),
    Opening("mens-crisis-centre", "mens_crisis_centre", "frelsens-haer", "0461", "socialtilsyn-syd", _MEN, places=2),
    Opening("hostel-110", "hostel_110", "frelsens-haer", "0607", "socialtilsyn-syd", _EVERYBODY, places=3),
    Opening(
        "asylum-centre",
        "asylum_centre",
        "roede-kors",
        "0851",
        "socialtilsyn-nord",
        _EVERYBODY,
        places=3,
        accepts={"families": True, "wheelchair": True},
    ),
    Opening(
        "childrens-centre",
        "childrens_centre",
        "roede-kors",
        "0265",
        "socialtilsyn-oest",
        _EVERYBODY,
        places=2,
        accepts={"minors": True, "security": "raised"},
    ),
)
"""With `reden-j`, which the raid opens."""


async def open_facilities(raid: Raid) -> list[str]:
    """Register and approve those that are not there yet, as their operators and CMM do; gives the names of all of them."""
    there = await raid.call("cmm", "caseworker", "GET", f"{HOUSING}/facilities?limit=100")
    names = {each["name"] for each in there["items"]}
    for facility in FACILITIES:
        if facility.name not in names:
            await raid.open_facility(facility.registration, facility.rooms, {"supervision": facility.supervision})
    return [facility.name for facility in FACILITIES]
