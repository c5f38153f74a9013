"""What places are ranked by."""

from enum import StrEnum


class Criterion(StrEnum):
    """What makes one place that fits better than another; how much is the weights' to say."""

    LGBT_SAFE = "lgbt_safe"
    KIND = "kind"
    SECRET_ADDRESS = "secret_address"  # noqa: S105 - not a password
    LANGUAGE = "language"
    ORDINARY_PLACE = "ordinary_place"
    WHEELCHAIR_SPARED = "wheelchair_spared"
    FAMILY_SPARED = "family_spared"
