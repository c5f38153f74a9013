"""The only door to the rows of the identification service: it asks who is asking, and notes what they saw."""

from services.identification.repository import cases, clarification, consents, deadlines, decisions, drafts, legal_status, person, records

__all__ = ["cases", "clarification", "consents", "deadlines", "decisions", "drafts", "legal_status", "person", "records"]
