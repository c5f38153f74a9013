"""How far a request, an offer and a placement have come."""

from enum import StrEnum


class RequestStatus(StrEnum):
    """Where a placement request stands. `offered` is never stored: it holds while a place is held for the request."""

    OPEN = "open"
    OFFERED = "offered"
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


class OfferStatus(StrEnum):
    HELD = "held"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class PlacementStatus(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    LEFT = "left"
    MOVED = "moved"
