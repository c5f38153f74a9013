"""What becomes of a proposed move."""

from enum import StrEnum


class ProposalStatus(StrEnum):
    """`moot`: the person has left, or the facility is among the options again."""

    OPEN = "open"
    KEPT = "kept"
    MOVED = "moved"
    MOOT = "moot"
