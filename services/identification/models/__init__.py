"""Tables of the identification service, a file for each subject. Free text and everything that names a person is sealed
under the case's key."""

from services.identification.models import cases, clarification, decisions
from services.identification.models.base import metadata

__all__ = ["cases", "clarification", "decisions", "metadata"]
