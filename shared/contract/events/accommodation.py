"""The events of the accommodation service."""

from datetime import datetime
from uuid import UUID

from shared.contract.events.base import CaseEvent, OrganisationId, RuleId


class PlacementRequested(CaseEvent, service="accommodation", name="placement-requested"):
    """Somebody asks for a place for the person."""

    request_id: UUID
    requested_by: OrganisationId
    row: RuleId


class PlaceOffered(CaseEvent, service="accommodation", name="place-offered"):
    """A place is held for the person until `expires_at`; which place is never told here."""

    request_id: UUID
    offer_id: UUID
    expires_at: datetime


class OfferAccepted(CaseEvent, service="accommodation", name="offer-accepted"):
    """The place is booked."""

    offer_id: UUID
    placement_id: UUID


class OfferDeclined(CaseEvent, service="accommodation", name="offer-declined"):
    """The place is free again."""

    offer_id: UUID


class OfferExpired(CaseEvent, service="accommodation", name="offer-expired"):
    """Nobody answered in time; the place is free again."""

    offer_id: UUID


class PersonArrived(CaseEvent, service="accommodation", name="person-arrived"):
    """The person is at the place."""

    placement_id: UUID
    arrived_at: datetime


class PersonLeft(CaseEvent, service="accommodation", name="person-left"):
    """The person has left the place."""

    placement_id: UUID
    left_at: datetime
    disappeared: bool
