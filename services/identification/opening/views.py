"""A draft as its author sees it."""

from services.identification.opening.models import Draft
from services.identification.opening.schemas import DraftHead


def see_draft(draft: Draft) -> DraftHead:
    """A draft without what it holds."""
    return DraftHead(draft_id=draft.id, **draft.model_dump(include={"saved_at", "remind_on", "delete_on"}))
