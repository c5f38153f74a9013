"""What comes in: drafts, a child's protection, the history of a stay."""

from collections.abc import Sequence
from datetime import date

from services.identification.models.cases import Case
from services.identification.models.drafts import Draft
from services.identification.models.legal_status import LegalStatusEntry
from services.identification.schemas.children import ChildProtection
from services.identification.schemas.drafts import DraftHead
from services.identification.schemas.legal_status import LegalStatusDetails, LegalStatusHistory, Particulars


def see_draft(draft: Draft) -> DraftHead:
    """A draft without what it holds."""
    return DraftHead(draft_id=draft.id, **draft.model_dump(include={"saved_at", "remind_on", "delete_on"}))


def see_child_protection(case: Case) -> ChildProtection:
    """How far the protection of a child has come."""
    return ChildProtection(case_id=case.id, **case.model_dump(include=set(ChildProtection.model_fields) - {"case_id"}))


def see_legal_status(
    entries: Sequence[tuple[LegalStatusEntry, Particulars | None]], *, today: date
) -> LegalStatusHistory:
    """The history, with what holds today marked: the last that has begun, of entries in their order."""
    begun = [entry.id for entry, _ in entries if entry.valid_from <= today]
    return LegalStatusHistory(
        items=[
            LegalStatusDetails(
                legal_status_id=entry.id,
                holds=entry.id in begun[-1:],
                source=words.source if words else None,
                **entry.model_dump(
                    include=set(LegalStatusDetails.model_fields) - {"legal_status_id", "holds", "source"}
                ),
            )
            for entry, words in entries
        ]
    )
