"""What of requests and placements an actor may know: its parts in a row, and what the table of all services lets these know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_

from services.accommodation.placements.models import Placement, PlacementRequest
from shared.contract.codes import Region
from shared.contract.visibility import PARTS, Aspect, Part, may_know
from shared.identity.actor import Actor


def lets_know(
    actor: Actor, parts: Mapping[Part, ColumnElement[bool]], aspect: Aspect, *, in_any_role: bool = False
) -> ColumnElement[bool]:
    """Of which rows the table lets the actor know this, by the parts that it has in each; `in_any_role`: of which it lets its
    organisation."""
    lets = [holds for part, holds in parts.items() if aspect in (PARTS[part] if in_any_role else may_know(actor, part))]
    return or_(false(), *lets)


def held(parts: Sequence[Part], flags: Sequence[bool]) -> frozenset[Part]:
    return frozenset(part for part, holds in zip(parts, flags, strict=True) if holds)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request, and what of it the actor may know."""

    request: PlacementRequest
    known: frozenset[Aspect]
    is_held_for: bool
    """Whether a place is held for it now."""


@dataclass(frozen=True, slots=True)
class SeenPlacement:
    """A placement, and what of it the actor may know; without a region where not even that is known."""

    placement: Placement
    known: frozenset[Aspect]
    region: Region | None
    is_secret: bool

    @property
    def knows_place(self) -> bool:
        return Aspect.HIDDEN_PLACEMENT in self.known or (Aspect.PLACEMENT in self.known and not self.is_secret)


def seen_placement(actor: Actor, parts: Sequence[Part], row: Sequence[Any]) -> tuple[SeenPlacement, frozenset[Part]]:
    placement, region, secret_address, *holds = row
    theirs = held(parts, holds)
    return SeenPlacement(placement, may_know(actor, theirs), region, secret_address is not False), theirs
