"""Which aspect each attribute of an answer of this service shows, and in which parts a reader asks. Who may know an aspect,
the table of all services says."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from services.identification.case.models import Case, is_child, is_held
from shared.contract.organisations import REPRESENTATION, OrganisationKind, kind_of, organisation_of
from shared.contract.visibility import Aspect, Part
from shared.identity.actor import Actor

ATTRIBUTES: Final[Mapping[str, Aspect]] = {
    "case_id": Aspect.EXISTENCE,
    "as_of": Aspect.EXISTENCE,
    "occurred_at": Aspect.EXISTENCE,
    "identification_pending": Aspect.PENDING,
    "removal_hold": Aspect.PENDING,
    "status": Aspect.STATUS,
    "opened_on": Aspect.STATUS,
    "deciding_authority": Aspect.AUTHORITY,
    "outcome": Aspect.OUTCOME,
} | dict.fromkeys(
    (
        "missing",
        "missing_asked_since",
        "channel",
        "municipality",
        "referral_ids",
        "gender",
        "age_group",
        "citizenships",
        "residence_basis",
        "routing",
        "recommendation",
        "age_group_at_exploitation",
        "decisions",
        "appeals",
        "periods",
        "has_contact_person",
        "support_to_open",
        "closed_on",
        "child_protection",
        "risk",
        "deadlines",
        "custody",
        "proposals",
        "linked",
        "source_withdrawn",
        "merged",
        "merged_into",
    ),
    Aspect.FILE,
)
"""Which aspect of the case each attribute of an answer shows. One that is not named here is shown to nobody."""


class AttributeHasNoRule(TypeError):
    """An answer has an attribute of which nobody has said what it shows."""


def cut(known: frozenset[Aspect], **values: Any) -> dict[str, Any]:
    """These attributes, null where they are not the reader's to know."""
    return {name: value if ATTRIBUTES.get(name) in known else None for name, value in values.items()}


def check(attributes: Iterable[str]) -> None:
    """Raises AttributeHasNoRule: better no answer than one that says too much."""
    if unruled := sorted(set(attributes) - ATTRIBUTES.keys()):
        raise AttributeHasNoRule(f"Say in visibility.ATTRIBUTES which aspect these show: {', '.join(unruled)}.")


def is_waited_for(case: Case) -> bool:
    """Whether a municipality was notified of a child and has not yet assessed what the child needs."""
    return case.child_notified_at is not None and case.child_assessed_at is None


def is_to_assess(organisation: str, case: Case) -> bool:
    """Whether the organisation is the municipality that is waited for."""
    return is_waited_for(case) and case.municipality is not None and organisation_of(case.municipality) == organisation


def is_to_represent(organisation: str, case: Case, *, on: date) -> bool:
    """Whether the organisation was asked for the child's representative and has not yet appointed one."""
    is_asked = case.representative_requested_on is not None and case.representative_appointed_on is None
    return is_asked and is_child(case, on=on) and organisation == REPRESENTATION


def holds(organisation: str, case: Case) -> bool:
    """Whether it may be the organisation that holds the person, and says when they are let go: police, while somebody does."""
    return is_held(case) and kind_of(organisation) is OrganisationKind.POLICE


def tasks_of(organisation: str, case: Case, *, on: date) -> frozenset[Part]:
    """The parts that a task in the case gives the organisation until it is done."""
    tasks = {
        Part.MUNICIPALITY: is_to_assess(organisation, case),
        Part.REPRESENTATION: is_to_represent(organisation, case, on=on),
    }
    return frozenset(part for part, is_waiting in tasks.items() if is_waiting)


def parts_of_reader(actor: Actor, case: Case, part: Part, *, on: date) -> frozenset[Part]:
    """The actor's part in the case, and the task that it has in it besides."""
    return tasks_of(actor.org, case, on=on) | {part}
