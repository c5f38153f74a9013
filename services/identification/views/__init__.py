"""What is shown of a case: rows become the documents that HTTP gives."""

from services.identification.views import (
    cases,
    clarification,
    consents,
    deadlines,
    decisions,
    doors,
    retention,
    timeline,
)

__all__ = ["cases", "clarification", "consents", "deadlines", "decisions", "doors", "retention", "timeline"]
