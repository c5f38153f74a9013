"""Codes that this service alone uses: no event carries them. As in `shared/contract/codes.py`, values are only ever added."""

from enum import StrEnum
from typing import Final

CENTRE: Final = "cmm"
IMMIGRATION: Final = "us"
PROSECUTION: Final = "anklagemyndigheden"
"""The organisations that the process itself names."""


class Right(StrEnum):
    """What a person who may be a victim is told about."""

    REFLECTION_PERIOD = "reflection_period"
    SUPPORT = "support"
    LEGAL_AID = "legal_aid"
    INTERPRETER = "interpreter"
    CONFIDENTIALITY = "confidentiality"
    CONSENT = "consent"
    COMPLAINT = "complaint"
    RETURN = "return"
    ASYLUM = "asylum"
    OTHER = "other"


class ExplanationMethod(StrEnum):
    """How rights were explained."""

    ORAL = "oral"
    WRITTEN = "written"
    BOTH = "both"


class Observed(StrEnum):
    """Whether a sign of trafficking is there."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class NoteKind(StrEnum):
    """With what something was said that has no page of its own."""

    OPENING = "opening"
    SETTLEMENT = "settlement"
    CUSTODY_PLACE = "custody_place"
    CHILD_ASSESSMENT = "child_assessment"
    REPRESENTATIVE = "representative"
    REFUSAL = "refusal"
    EXTENSION = "extension"
    CONTACT_ATTEMPT = "contact_attempt"
    LEGAL_HOLD = "legal_hold"


class EvidenceStatus(StrEnum):
    """Whether a file of evidence can be had."""

    UPLOADING = "uploading"
    HELD = "held"
    """Whole, but not scanned: it waits until two people have released it."""
    AVAILABLE = "available"
    REFUSED = "refused"
    """Infected, or of a kind that is not kept: its content is destroyed."""
    REMOVED = "removed"
    """Taken out again, for a reason that is kept, or never sent whole; its content is destroyed."""
