"""Who may know what of a case: one table, by the organisation's part in the case, its kind, what the person lets it know,
and the reader's role. List, detail, status, timeline, person and events all ask it, and what it does not name is not shown.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from services.identification.case.codes import ShareScope
from services.identification.case.models import Part
from shared.contract.organisations import OrganisationKind
from shared.identity.actor import Actor, Role


class Aspect(StrEnum):
    """One thing that may be known of a case."""

    EXISTENCE = "existence"
    """That there is a case, its id, and when this was said."""
    PENDING = "pending"
    """That nobody is to be removed while the identification runs, or an appeal (docs/rules.md, privacy-1)."""
    STATUS = "status"
    AUTHORITY = "authority"
    OUTCOME = "outcome"
    FILE = "file"
    """The coded facts of the case, its decisions, periods and deadlines, and its timeline."""
    PERSON = "person"
    CONTACT = "contact"
    HEALTH = "health"
    PLACEMENT = "placement"


_ALL: Final = frozenset(Aspect)
_STANDING: Final = frozenset({Aspect.EXISTENCE, Aspect.PENDING, Aspect.STATUS})

PARTS: Final[Mapping[Part, frozenset[Aspect]]] = {
    Part.CENTRE: _ALL,
    Part.AUTHORITY: _ALL,
    Part.REFERRER: frozenset({Aspect.EXISTENCE, Aspect.STATUS, Aspect.AUTHORITY}),
    Part.RECIPIENT: frozenset({Aspect.EXISTENCE}),
    Part.REMOVAL: frozenset({Aspect.EXISTENCE, Aspect.PENDING}),
    Part.MUNICIPALITY: frozenset(),
    Part.PROSECUTION: frozenset({Aspect.EXISTENCE, Aspect.STATUS, Aspect.AUTHORITY}),
}
"""What a part lets its organisation know."""

KINDS: Final[Mapping[OrganisationKind, frozenset[Aspect]]] = {
    OrganisationKind.POLICE: frozenset({Aspect.PENDING}),
    OrganisationKind.IMMIGRATION_AUTHORITY: frozenset({Aspect.PENDING}),
}
"""What those who could remove the person know besides, where they have a part at all."""

SCOPES: Final[Mapping[ShareScope, frozenset[Aspect]]] = {
    ShareScope.STATUS: frozenset({Aspect.STATUS}),
    ShareScope.OUTCOME: frozenset({Aspect.OUTCOME}),
    ShareScope.CONTACT: frozenset({Aspect.CONTACT}),
    ShareScope.PERSON: frozenset({Aspect.PERSON}),
    ShareScope.HEALTH_FLAGS: frozenset({Aspect.HEALTH}),
    ShareScope.PLACEMENT: frozenset({Aspect.PLACEMENT}),
}
"""What the person's consent, or the law, adds."""

ROLES: Final[Mapping[Role, frozenset[Aspect]]] = {
    Role.CASEWORKER: _ALL,
    Role.DECIDER: _ALL,
    Role.LAWYER: _ALL,
    Role.SYSTEM: _ALL,
    Role.ADMIN: _ALL - {Aspect.PERSON, Aspect.CONTACT, Aspect.HEALTH},
    Role.HEALTH: _STANDING | {Aspect.HEALTH, Aspect.CONTACT},
    Role.FACILITY_MANAGER: _STANDING | {Aspect.HEALTH},
    Role.DASHBOARD: _STANDING,
    Role.STATISTICIAN: frozenset(),
    Role.AUDITOR: frozenset(),
}
"""The most that somebody in this role knows of what the organisation may; of several roles, what any of them knows."""

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

_CONTACT: Final = frozenset({"safe_contact", "contact_channels", "interpreter", "languages"})
_FILED: Final = frozenset({"consents", "reference"})

EVENTS: Final[Mapping[str, tuple[frozenset[Aspect], Mapping[str, Aspect]]]] = {
    "case-opened": (frozenset({Aspect.STATUS, Aspect.PENDING}), {"opened_on": Aspect.STATUS}),
    "case-routed": (frozenset({Aspect.AUTHORITY}), {"authority": Aspect.AUTHORITY}),
    "recommendation-made": (frozenset({Aspect.STATUS}), {}),
    "decision-made": (
        frozenset({Aspect.STATUS, Aspect.PENDING}),
        {"authority": Aspect.AUTHORITY, "outcome": Aspect.OUTCOME, "decided_on": Aspect.OUTCOME},
    ),
    "appeal-filed": (frozenset({Aspect.PENDING}), {}),
    "appeal-decided": (frozenset({Aspect.PENDING}), {"removal_hold": Aspect.PENDING}),
    "case-closed": (frozenset({Aspect.STATUS}), {"on": Aspect.STATUS}),
    "case-reopened": (frozenset({Aspect.STATUS}), {"on": Aspect.STATUS}),
}
"""Which events are shown to those who do not know the file: with any of these aspects, and with which attributes."""


FOR_THE_CENTRE: Final = frozenset({"party-ended"})
"""Events that nobody is shown but CMM: who else has to do with a case is its to know."""

_ABOUT_TWO_CASES: Final = frozenset({"case-merged", "case-unmerged"})
"""Events that are shown to those alone who have to do with both cases: nobody else learns of a merge."""


class AttributeHasNoRule(TypeError):
    """An answer has an attribute of which the table does not say who may know it."""


def may_know(actor: Actor, part: Part, disclosable: Iterable[ShareScope] = ()) -> frozenset[Aspect]:
    """The aspects of a case that this actor may know, by its part in it and what is disclosable to it."""
    of_part = PARTS[part]
    if not of_part:
        return frozenset()
    of_organisation = of_part.union(KINDS.get(actor.kind, frozenset()), *(SCOPES[scope] for scope in disclosable))
    return of_organisation & frozenset[Aspect]().union(*(ROLES[role] for role in actor.roles))


def parts_knowing(aspect: Aspect) -> frozenset[Part]:
    """The parts that let their organisation know this of a case, whatever is disclosable to it besides."""
    return frozenset(part for part, aspects in PARTS.items() if aspect in aspects)


def cut(known: frozenset[Aspect], **values: Any) -> dict[str, Any]:
    """These attributes, null where they are not the reader's to know."""
    return {name: value if ATTRIBUTES.get(name) in known else None for name, value in values.items()}


def check(attributes: Iterable[str]) -> None:
    """Raises AttributeHasNoRule: better no answer than one that says too much."""
    if unruled := sorted(set(attributes) - ATTRIBUTES.keys()):
        raise AttributeHasNoRule(f"Say in visibility.ATTRIBUTES which aspect these show: {', '.join(unruled)}.")


def person_aspect(field: str) -> Aspect:
    """Which aspect a field of the person's description shows."""
    if field in _FILED:
        return Aspect.FILE
    return Aspect.CONTACT if field in _CONTACT else Aspect.PERSON


_OTHER_CASES: Final = ("other_case_id", "into", "out_of")
"""Attributes of events that name another case, which the reader may have nothing to do with."""


def other_cases(events: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """The other cases that these events name."""
    payloads = [event["payload"] for event in events]
    merged = {UUID(payload["case_id"]) for payload in payloads if "into" in payload or "out_of" in payload}
    return merged | {UUID(payload[name]) for payload in payloads for name in _OTHER_CASES if payload.get(name)}


def cut_event(
    known: frozenset[Aspect], name: str, payload: Mapping[str, Any], others: Collection[UUID] = ()
) -> dict[str, Any] | None:
    """The event's data as far as the reader may know it; None when it is not to know of the event at all. Another case than
    its own it names only where that is among `others`, which the reader knows."""
    if Aspect.FILE in known:
        hidden = {key for key in _OTHER_CASES if payload.get(key) and UUID(payload[key]) not in others}
        if name in _ABOUT_TWO_CASES and (hidden or UUID(payload["case_id"]) not in others):
            return None
        return {key: value for key, value in payload.items() if key not in hidden}
    shown_with, attributes = EVENTS.get(name, (frozenset(), {}))
    if not shown_with & known:
        return None
    always = {"case_id", "occurred_at"}
    return {key: value for key, value in payload.items() if key in always or attributes.get(key) in known}
