"""A child's protection as those who work on the case see it, and notes for the municipality."""

from typing import Final

from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.children.models import ChildNote
from services.identification.children.schemas import ChildNoteDetails, ChildProtection
from shared.contract.organisations import REPRESENTATION
from shared.contract.visibility import Part

_OF_A_REPRESENTATIVE: Final = frozenset({"representative_requested_on", "representative_appointed_on"})


def see_child_protection(case: Case) -> ChildProtection:
    """How far the protection of a child has come."""
    return ChildProtection(case_id=case.id, **case.model_dump(include=set(ChildProtection.model_fields) - {"case_id"}))


def see_representative(case: Case, *, organisation: str) -> ChildProtection:
    """The same after a representative was recorded: of Familieretshuset, whose only task that is, nothing else is shown."""
    whole = see_child_protection(case)
    if organisation != REPRESENTATION:
        return whole
    hidden = set(ChildProtection.model_fields) - _OF_A_REPRESENTATIVE - {"case_id"}
    return whole.model_copy(update=dict.fromkeys(hidden))


def see_note(note: ChildNote, words: SealedText, *, parts: frozenset[Part]) -> ChildNoteDetails:
    """A note. Which municipality has a task in the case is not shown to who has referred the child."""
    fields = note.model_dump(include={"recorded_at", "recorded_by", "addressed_to"})
    if not parts & {Part.CENTRE, Part.AUTHORITY, Part.MUNICIPALITY}:
        fields["addressed_to"] = None
    return ChildNoteDetails(note_id=note.id, text=words.text, **fields)
