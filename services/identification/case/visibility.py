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


class Fact(StrEnum):
    """Something that can be known of a case."""

    EXISTENCE = "existence"
    """That there is a case, its id, and when this was said."""
    PENDING = "pending"
    """That nobody is to be removed while the identification runs, or an appeal (domain, section 7)."""
    STATUS = "status"
    AUTHORITY = "authority"
    OUTCOME = "outcome"
    FILE = "file"
    """The coded facts of the case, its decisions, periods and deadlines, and its timeline."""
    PERSON = "person"
    CONTACT = "contact"
    HEALTH = "health"
    PLACEMENT = "placement"


_ALL: Final = frozenset(Fact)
_STANDING: Final = frozenset({Fact.EXISTENCE, Fact.PENDING, Fact.STATUS})

PARTS: Final[Mapping[Part, frozenset[Fact]]] = {
    Part.CENTRE: _ALL,
    Part.AUTHORITY: _ALL,
    Part.REFERRER: frozenset({Fact.EXISTENCE, Fact.STATUS, Fact.AUTHORITY}),
    Part.RECIPIENT: frozenset({Fact.EXISTENCE}),
    Part.REMOVAL: frozenset({Fact.EXISTENCE, Fact.PENDING}),
    Part.MUNICIPALITY: frozenset(),
    Part.PROSECUTION: frozenset({Fact.EXISTENCE, Fact.STATUS, Fact.AUTHORITY}),
}
"""What a part lets its organisation know."""

KINDS: Final[Mapping[OrganisationKind, frozenset[Fact]]] = {
    OrganisationKind.POLICE: frozenset({Fact.PENDING}),
    OrganisationKind.IMMIGRATION_AUTHORITY: frozenset({Fact.PENDING}),
}
"""What those who could remove the person know besides, where they have a part at all."""

SCOPES: Final[Mapping[ShareScope, frozenset[Fact]]] = {
    ShareScope.STATUS: frozenset({Fact.STATUS}),
    ShareScope.OUTCOME: frozenset({Fact.OUTCOME}),
    ShareScope.CONTACT: frozenset({Fact.CONTACT}),
    ShareScope.PERSON: frozenset({Fact.PERSON}),
    ShareScope.HEALTH_FLAGS: frozenset({Fact.HEALTH}),
    ShareScope.PLACEMENT: frozenset({Fact.PLACEMENT}),
}
"""What the person's consent, or the law, adds."""

ROLES: Final[Mapping[Role, frozenset[Fact]]] = {
    Role.CASEWORKER: _ALL,
    Role.DECIDER: _ALL,
    Role.LAWYER: _ALL,
    Role.SYSTEM: _ALL,
    Role.ADMIN: _ALL - {Fact.PERSON, Fact.CONTACT, Fact.HEALTH},
    Role.HEALTH: _STANDING | {Fact.HEALTH, Fact.CONTACT},
    Role.FACILITY_MANAGER: _STANDING | {Fact.HEALTH},
    Role.DASHBOARD: _STANDING,
    Role.STATISTICIAN: frozenset(),
    Role.AUDITOR: frozenset(),
}
"""The most that somebody in this role knows of what the organisation may; of several roles, what any of them knows."""

ATTRIBUTES: Final[Mapping[str, Fact]] = {
    "case_id": Fact.EXISTENCE,
    "as_of": Fact.EXISTENCE,
    "occurred_at": Fact.EXISTENCE,
    "identification_pending": Fact.PENDING,
    "removal_hold": Fact.PENDING,
    "status": Fact.STATUS,
    "opened_on": Fact.STATUS,
    "deciding_authority": Fact.AUTHORITY,
    "outcome": Fact.OUTCOME,
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
        "merged",
        "merged_into",
    ),
    Fact.FILE,
)
"""Which fact each attribute of an answer tells. One that is not named here is shown to nobody."""

_CONTACT: Final = frozenset({"safe_contact", "contact_channels", "interpreter", "languages"})
_FILED: Final = frozenset({"consents", "reference"})

EVENTS: Final[Mapping[str, tuple[frozenset[Fact], Mapping[str, Fact]]]] = {
    "case-opened": (frozenset({Fact.STATUS, Fact.PENDING}), {"opened_on": Fact.STATUS}),
    "case-routed": (frozenset({Fact.AUTHORITY}), {"authority": Fact.AUTHORITY}),
    "recommendation-made": (frozenset({Fact.STATUS}), {}),
    "decision-made": (
        frozenset({Fact.STATUS, Fact.PENDING}),
        {"authority": Fact.AUTHORITY, "outcome": Fact.OUTCOME, "decided_on": Fact.OUTCOME},
    ),
    "appeal-filed": (frozenset({Fact.PENDING}), {}),
    "appeal-decided": (frozenset({Fact.PENDING}), {"removal_hold": Fact.PENDING}),
    "case-closed": (frozenset({Fact.STATUS}), {"on": Fact.STATUS}),
    "case-reopened": (frozenset({Fact.STATUS}), {"on": Fact.STATUS}),
}
"""Which events those are told of who do not know the file: with any of these facts, and with which attributes."""


_FOR_WHO_DECIDES: Final = frozenset({"earlier_case_id"})
"""Earlier identifications are the deciding authority's to know, which asks for them: no event tells of them."""


class AttributeHasNoRule(TypeError):
    """An answer has an attribute of which the table does not say who may know it."""


def may_know(actor: Actor, part: Part, leave: Iterable[ShareScope] = ()) -> frozenset[Fact]:
    """The facts of a case that this actor may know, by its part in it and what it has leave for."""
    of_part = PARTS[part]
    if not of_part:
        return frozenset()
    of_organisation = of_part.union(KINDS.get(actor.kind, frozenset()), *(SCOPES[scope] for scope in leave))
    return of_organisation & frozenset[Fact]().union(*(ROLES[role] for role in actor.roles))


def parts_knowing(fact: Fact) -> frozenset[Part]:
    """The parts that let their organisation know this of a case, whatever leave it has besides."""
    return frozenset(part for part, facts in PARTS.items() if fact in facts)


def cut(known: frozenset[Fact], **told: Any) -> dict[str, Any]:
    """These attributes, null where they are not the reader's to know."""
    return {name: value if ATTRIBUTES.get(name) in known else None for name, value in told.items()}


def check(attributes: Iterable[str]) -> None:
    """Raises AttributeHasNoRule: better no answer than one that says too much."""
    if unruled := sorted(set(attributes) - ATTRIBUTES.keys()):
        raise AttributeHasNoRule(f"Say in visibility.ATTRIBUTES which fact these tell: {', '.join(unruled)}.")


def person_fact(field: str) -> Fact:
    """Which fact a field of the person's description tells."""
    if field in _FILED:
        return Fact.FILE
    return Fact.CONTACT if field in _CONTACT else Fact.PERSON


_OTHER_CASES: Final = ("other_case_id", "into", "out_of")
"""Attributes of events that name another case, which the reader may have nothing to do with."""


def other_cases(events: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """The other cases that these events name."""
    payloads = [event["payload"] for event in events]
    return {UUID(payload[name]) for payload in payloads for name in _OTHER_CASES if payload.get(name)}


def cut_event(
    known: frozenset[Fact], name: str, payload: Mapping[str, Any], others: Collection[UUID] = ()
) -> dict[str, Any] | None:
    """The event's data as far as the reader may know it; None when it is not to know of the event at all. Another case than
    its own it names only where that is among `others`, which the reader knows."""
    if Fact.FILE in known:
        hidden = {key for key in _OTHER_CASES if payload.get(key) and UUID(payload[key]) not in others}
        return {key: value for key, value in payload.items() if key not in _FOR_WHO_DECIDES | hidden}
    shown_with, attributes = EVENTS.get(name, (frozenset(), {}))
    if not shown_with & known:
        return None
    always = {"case_id", "occurred_at"}
    return {key: value for key, value in payload.items() if key in always or attributes.get(key) in known}
