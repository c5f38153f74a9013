"""Tables of the identification service, a file for each subject. Free text and everything that names a person is sealed
under the case's key."""

from services.identification.models import (
    absence,
    appeals,
    cases,
    clarification,
    closing,
    criminal,
    decisions,
    returns,
    support,
)
from services.identification.models.base import metadata

__all__ = [
    "absence",
    "appeals",
    "cases",
    "clarification",
    "closing",
    "criminal",
    "decisions",
    "metadata",
    "returns",
    "support",
]
