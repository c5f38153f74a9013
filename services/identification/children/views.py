"""A child's protection as those who work on the case see it."""

from services.identification.case.models import Case
from services.identification.children.schemas import ChildProtection


def see_child_protection(case: Case) -> ChildProtection:
    """How far the protection of a child has come."""
    return ChildProtection(case_id=case.id, **case.model_dump(include=set(ChildProtection.model_fields) - {"case_id"}))
