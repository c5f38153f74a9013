"""A child's protection as those who work on the case see it."""

from typing import Final

from services.identification.case.models import Case
from services.identification.children.schemas import ChildProtection
from shared.contract.organisations import REPRESENTATION

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
