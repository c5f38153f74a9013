"""The 98 Danish municipalities: code, name, region. Christiansø (0411) is state-run and not among them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shared.contract.codes import Region


class UnknownMunicipality(ValueError):
    """No Danish municipality has that code."""


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality; `code` is its official four digits, leading zero included."""

    code: str
    name: str
    region: Region

    @property
    def region_name(self) -> str:
        """The region's Danish name, without the word Region."""
        return REGION_NAMES[self.region]


_PUBLISHED: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

REGION_NAMES: Final[Mapping[Region, str]] = MappingProxyType(
    {Region(code): name for code, name in _PUBLISHED["regions"].items()}
)
MUNICIPALITIES: Final[Mapping[str, Municipality]] = MappingProxyType(
    {
        row["code"]: Municipality(code=row["code"], name=row["name"], region=Region(row["region"]))
        for row in _PUBLISHED["municipalities"]
    }
)


def is_municipality(code: str) -> bool:
    return code in MUNICIPALITIES


def municipality(code: str) -> Municipality:
    """The municipality with that four-digit code; raises UnknownMunicipality."""
    if code not in MUNICIPALITIES:
        raise UnknownMunicipality("No Danish municipality has that code; codes are four digits, such as 0101.")
    return MUNICIPALITIES[code]


def region_of(code: str) -> Region:
    """The region the municipality lies in; raises UnknownMunicipality."""
    return municipality(code).region
