"""What of requests and placements an actor may know: its parts in a row, and what the table of all services lets these know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.accommodation.placements.models import Placement, PlacementRequest
from shared.contract.codes import Region
from shared.contract.visibility import Aspect, Part, may_know
from shared.identity.actor import Actor


def held(parts: Sequence[Part], flags: Sequence[bool]) -> frozenset[Part]:
    return frozenset(part for part, holds in zip(parts, flags, strict=True) if holds)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request, and what of it the actor may know."""

    request: PlacementRequest
    known: frozenset[Aspect]
    is_held_for: bool
    """Whether a place is held for it now."""

    @property
    def is_known_alone(self) -> bool:
        """The case was merged, and whoever asks is to learn of no merge."""
        return self.request.by_itself is not None and Aspect.MERGED not in self.known


def seen_request(actor: Actor, parts: Sequence[Part], row: Sequence[Any]) -> tuple[SeenRequest, frozenset[Part]]:
    request, is_held_for, *holds = row
    theirs = held(parts, holds)
    return SeenRequest(request, may_know(actor, theirs), is_held_for), theirs


@dataclass(frozen=True, slots=True)
class SeenPlacement:
    """A placement, and what of it the actor may know; without a region where not even that is known."""

    placement: Placement
    known: frozenset[Aspect]
    region: Region | None
    knows_place: bool
    goes_on: bool = False
    """The person was moved and lives at another place now, of which who asks is to know nothing."""


def seen_placement(actor: Actor, parts: Sequence[Part], row: Sequence[Any]) -> tuple[SeenPlacement, frozenset[Part]]:
    placement, region, knows_place, *holds = row
    theirs = held(parts, holds)
    return SeenPlacement(placement, may_know(actor, theirs), region, knows_place), theirs
