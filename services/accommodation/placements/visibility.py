"""Who may know what of requests, offers and placements: the parts that an organisation has in each, as conditions, and what
the table of all services lets these parts know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.repository import has_part, is_withdrawn_from
from services.accommodation.facilities.models import Facility
from services.accommodation.placements.codes import OfferStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from shared.contract.codes import Region
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import PARTS, Aspect, Part, may_know
from shared.identity.actor import Actor


def _facility_is(facility_id: Mapped[UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Never the facility that the statement around this one may have joined.
    return exists().where(col(Facility.id) == facility_id, *conditions).correlate_except(Facility)


def _runs(actor: Actor, facility_id: Mapped[UUID]) -> ColumnElement[bool]:
    return _facility_is(facility_id, col(Facility.operator) == actor.org)


About = type[PlacementRequest] | type[Offer] | type[Placement]


def _parts(actor: Actor, about: About) -> dict[Part, ColumnElement[bool]]:
    """The parts that the actor's organisation can have in a request, an offer or a placement, and in which it has them."""
    case_id = col(about.case_id)
    parts = {
        Part.REQUESTER: and_(col(about.requested_by) == actor.org, ~is_withdrawn_from(actor, case_id)),
        Part.OPERATOR: _runs(actor, col(about.facility_id))
        if not issubclass(about, PlacementRequest)
        else exists().where(col(Offer.request_id) == col(about.id), _runs(actor, col(Offer.facility_id))),
        Part.REFERRER: has_part(actor, case_id, Part.REFERRER),
    }
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()} | parts
    if actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        is_authority = has_part(actor, case_id, Part.AUTHORITY)
        return {Part.AUTHORITY: is_authority, Part.PAYER: col(about.payer) == HousingAuthority.US} | parts
    return parts


def lets_know(actor: Actor, about: About, aspect: Aspect, *, in_any_role: bool = False) -> ColumnElement[bool]:
    """Of which rows the table lets the actor know this; `in_any_role`: of which it lets its organisation."""
    lets = [
        condition
        for part, condition in _parts(actor, about).items()
        if aspect in (PARTS[part] if in_any_role else may_know(actor, part))
    ]
    return or_(false(), *lets)


def deals_with(actor: Actor, about: type[PlacementRequest] | type[Offer]) -> ColumnElement[bool]:
    """Whoever asked for the place or is asked for it; CMM, which coordinates; and US where the case is its own, or it pays."""
    return lets_know(actor, about, Aspect.NEEDS, in_any_role=True)


def knows_place_of(
    actor: Actor, about: type[Offer] | type[Placement], *, in_any_role: bool = False
) -> ColumnElement[bool]:
    """The operator and CMM; whoever deals with it besides, unless the facility is a secret."""
    is_open = _facility_is(col(about.facility_id), ~col(Facility.secret_address))
    return or_(
        lets_know(actor, about, Aspect.HIDDEN_PLACEMENT, in_any_role=in_any_role),
        and_(lets_know(actor, about, Aspect.PLACEMENT, in_any_role=in_any_role), is_open),
    )


def flags(actor: Actor, about: About) -> tuple[list[Part], list[ColumnElement[bool]]]:
    """The parts that the actor can have in a row, and a column for each that says whether it has."""
    parts = _parts(actor, about)
    return list(parts), list(parts.values())


def held(parts: Sequence[Part], flags: Sequence[bool]) -> frozenset[Part]:
    return frozenset(part for part, holds in zip(parts, flags, strict=True) if holds)


def is_held_for(now: datetime) -> ColumnElement[bool]:
    is_held = and_(col(Offer.status) == OfferStatus.HELD, col(Offer.expires_at) > now)
    return exists().where(col(Offer.request_id) == col(PlacementRequest.id), is_held).correlate(PlacementRequest)


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


def of_placements(actor: Actor) -> tuple[list[Part], Any]:
    """Placements with their facility, as far as row level security shows it, and the parts that the actor has in each."""
    parts, holds = flags(actor, Placement)
    query = (
        select(Placement, col(Facility.region), col(Facility.secret_address), *holds)
        .select_from(Placement)
        .outerjoin(Facility, col(Facility.id) == col(Placement.facility_id))
    )
    return parts, query


def seen_placement(actor: Actor, parts: Sequence[Part], row: Sequence[Any]) -> tuple[SeenPlacement, frozenset[Part]]:
    placement, region, secret_address, *holds = row
    theirs = held(parts, holds)
    return SeenPlacement(placement, may_know(actor, theirs), region, secret_address is not False), theirs


def reaches(actor: Actor) -> ColumnElement[bool]:
    """Whose organisation learns at least that the person has a place."""
    return lets_know(actor, Placement, Aspect.PLACED, in_any_role=True)


def is_located(actor: Actor) -> ColumnElement[bool]:
    return or_(knows_place_of(actor, Placement), lets_know(actor, Placement, Aspect.REGION))
