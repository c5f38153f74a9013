"""Codes of facilities, places and stays."""

from enum import StrEnum


class Security(StrEnum):
    """How well a facility is guarded."""

    NONE = "none"
    RAISED = "raised"
    HIGH = "high"

    def at_least(self, other: "Security") -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {each: rank for rank, each in enumerate((Security.NONE, Security.RAISED, Security.HIGH))}


class PlaceKind(StrEnum):
    """An ordinary place, or one that a facility adds at peaks."""

    ORDINARY = "ordinary"
    PEAK = "peak"


class StayState(StrEnum):
    """What a stay does to its place: held for an answer, booked, somebody is there or was, or it came to nothing."""

    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    LEFT = "left"
    """These nights were slept."""
    ENDED = "ended"


class CompanionKind(StrEnum):
    """Who comes along: a child, or somebody else of the household."""

    CHILD = "child"
    OTHER = "other"
