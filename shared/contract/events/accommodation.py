"""The events of the accommodation service."""

from datetime import date, datetime
from uuid import UUID

from shared.contract.codes import MoveReason, StallLevel
from shared.contract.events.base import CaseEvent, FacilityEvent, MunicipalityCode, OrganisationId, RuleId


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


class PersonArrived(CaseEvent, service="accommodation", name="person-arrived", true_since="arrived_at"):
    """The person is at the place."""

    placement_id: UUID
    arrived_at: datetime


class PersonLeft(CaseEvent, service="accommodation", name="person-left", true_since="left_at"):
    """The person has left the place."""

    placement_id: UUID
    left_at: datetime
    disappeared: bool


class PersonMoved(CaseEvent, service="accommodation", name="person-moved", true_since="moved_at"):
    """The person has moved from one place to another, in one step; which places is never said here."""

    placement_id: UUID
    to_placement_id: UUID
    moved_at: datetime
    reason: MoveReason


class PlacementCancelled(CaseEvent, service="accommodation", name="placement-cancelled"):
    """The person will not come; the place is free again."""

    placement_id: UUID


class NoShow(CaseEvent, service="accommodation", name="no-show"):
    """The person was expected that evening and did not come; the place is free again."""

    placement_id: UUID
    on: date


class StayExtended(CaseEvent, service="accommodation", name="stay-extended"):
    """The stay ends on a later day."""

    placement_id: UUID
    to_on: date


class StayEnding(CaseEvent, service="accommodation", name="stay-ending"):
    """The planned end of a stay is near, or over while the person is still there."""

    placement_id: UUID
    to_on: date


class OfferStalled(CaseEvent, service="accommodation", name="offer-stalled"):
    """Nobody has answered an offer for so long: who has to is reminded, or it is CMM's to see to."""

    offer_id: UUID
    level: StallLevel
    waited_hours: int


class RequestStalled(CaseEvent, service="accommodation", name="request-stalled"):
    """A request has waited for a place for so long."""

    request_id: UUID
    level: StallLevel
    waited_hours: int


class ResponsibilityChanged(CaseEvent, service="accommodation", name="responsibility-changed"):
    """Another authority decides or pays from that day on, or another row says so; which, and why, is never said here."""

    request_id: UUID
    placement_id: UUID | None = None
    from_on: date


class MoveProposed(CaseEvent, service="accommodation", name="move-proposed"):
    """Where the person is placed is none of the options any more from that day on; people decide whether they move."""

    placement_id: UUID
    proposal_id: UUID
    from_on: date


class NoticeDue(CaseEvent, service="accommodation", name="notice-due"):
    """The leader of a § 110 hostel has taken somebody in, and notifies the acting municipality by that day."""

    placement_id: UUID
    acting_municipality: MunicipalityCode | None
    due_on: date


class FacilityChanged(FacilityEvent, service="accommodation", name="facility-changed"):
    """A facility, its places or its approvals have changed."""


class ApprovalExpiring(FacilityEvent, service="accommodation", name="approval-expiring"):
    """An approval of a facility ends soon; after that day it receives nobody, unless there is another one."""

    valid_until: date
