"""What runs out."""

from enum import StrEnum


class HousingDeadline(StrEnum):
    NOTICE_110 = "notice_110"
    APPROVAL_EXPIRY = "approval_expiry"
    OFFER_EXPIRY = "offer_expiry"
    STAY_END = "stay_end"
    REQUEST_WAITING = "request_waiting"
    POLICE_PLACEMENT = "police_placement"
    """The hours of police end who have placed somebody in place of a cell; US decides what comes after."""
    NOT_ARRIVED = "not_arrived"
    """Somebody was expected, and the night is over: they have come, or have not and are without a bed."""
    UNAPPROVED_STAY = "unapproved_stay"
    """Somebody is in a facility whose approval has ended."""
