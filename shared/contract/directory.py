"""The directory as it is seeded: every organisation that can send or receive a referral, or a disclosure about a person.

The 98 municipalities come from `shared.contract.municipalities`; the others stand in `directory.json`.
An organisation's kind follows from its id, as it does when its token is read.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.contract.codes import Region
from shared.contract.municipalities import MUNICIPALITIES, REGION_NAMES
from shared.contract.organisations import OrganisationKind, UnknownOrganisation, kind_of, organisation_of


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One organisation. `region` is where it has its seat; None for one that serves the whole country."""

    id: str
    kind: OrganisationKind
    name: str
    region: Region | None
    municipality_code: str | None = None

    @property
    def region_name(self) -> str | None:
        """The region's Danish name, without the word Region."""
        return None if self.region is None else REGION_NAMES[self.region]


@cache
def municipalities() -> tuple[DirectoryEntry, ...]:
    """The 98 municipalities as organisations, by code."""
    full_names: dict[str, str] = _published()["municipal_names"]
    return tuple(
        DirectoryEntry(
            id=organisation_of(place.code),
            kind=OrganisationKind.MUNICIPALITY,
            name=full_names.get(place.code, f"{place.name} Kommune"),
            region=place.region,
            municipality_code=place.code,
        )
        for place in MUNICIPALITIES.values()
    )


@cache
def organisations() -> tuple[DirectoryEntry, ...]:
    """Everyone in the directory: authorities, police, NGOs and the rest first, then the municipalities."""
    others = tuple(
        DirectoryEntry(
            id=row["id"],
            kind=kind_of(row["id"]),
            name=row["name"],
            region=None if row["region"] is None else Region(row["region"]),
        )
        for row in _published()["organisations"]
    )
    return others + municipalities()


def is_listed(organisation_id: str) -> bool:
    """Whether the directory names the organisation."""
    return organisation_id in _ids()


def can_exist(organisation_id: str) -> bool:
    """Whether there may be an organisation of this id. All are in the directory but hospitals, of which it names the four
    that partners refer to: they are opened, merged and renamed, while the law names police districts and municipalities."""
    try:
        kind = kind_of(organisation_id)
    except UnknownOrganisation:
        return False
    return kind is OrganisationKind.HEALTH or organisation_id in _ids()


def region_of(organisation_id: str) -> Region | None:
    """Where the organisation has its seat; None for one that serves the whole country or is not in the directory."""
    return next((entry.region for entry in organisations() if entry.id == organisation_id), None)


@cache
def supervision_of(region: Region) -> str:
    """The socialtilsyn that approves and inspects what lies in the region."""
    supervisions = (entry for entry in organisations() if entry.kind is OrganisationKind.SUPERVISION)
    return next(entry.id for entry in supervisions if entry.region is region)


@cache
def _ids() -> frozenset[str]:
    return frozenset(entry.id for entry in organisations())


def _published() -> Any:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
