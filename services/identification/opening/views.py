"""A draft as its author sees it, and what whoever opens a case is answered."""

from collections.abc import Sequence

from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson
from services.identification.finding.schemas import PossibleDuplicate
from services.identification.opening.models import Draft
from services.identification.opening.schemas import DraftHead, OpeningReceipt
from shared.contract.warnings import InputWarning, warnings_of

PERSON = ("body", "person")
"""Where the body that opens a case describes the person."""


def see_draft(draft: Draft) -> DraftHead:
    """A draft without what it holds."""
    return DraftHead(draft_id=draft.id, **draft.model_dump(include={"saved_at", "remind_on", "delete_on"}))


def see_opening(
    case: Case, found: Sequence[PossibleDuplicate], person: CasePerson, *, purposes: Sequence[InputWarning]
) -> OpeningReceipt:
    """The new case, who may be the same person, and what of the description stands for something unknown, or is a consent for a
    purpose that its recipient may not state (`purposes`)."""
    warnings = [*warnings_of(person, aliases=person.aliases, on=case.opened_on, at=PERSON), *purposes]
    return OpeningReceipt(case_id=case.id, possible_duplicates=list(found), warnings=warnings)
