"""Why two people are kept apart."""

from enum import StrEnum


class ApartBecause(StrEnum):
    """What the other person is to this one."""

    SUSPECT = "suspect"
    """Suspected of having exploited them."""
    UNSAFE_CO_VICTIM = "unsafe_co_victim"
    """Exploited together with them, and not safe for them: still loyal to who did it, or threatening."""
    OTHER = "other"
