"""Who may know what, said once more and by hand: not by the table that the services ask. What it says of purposes is the
sentence of the contract, read as it stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

STATED = """cmm: identification, support, accommodation, health, legal, investigation, prosecution, return, statistics,
supervision, data_subject_request; us: identification, accommodation, return, legal, support; police: identification,
investigation, accommodation; prosecution: identification, prosecution, investigation, legal; ngo: identification, support,
accommodation, return; municipality: identification, support, accommodation, supervision; health: identification, health,
support; labour: identification, support; supervision: supervision; iom: return, support; familieretshuset: legal, support"""
PURPOSES: Mapping[str, frozenset[str]] = {
    kind.strip(): frozenset(purpose.strip() for purpose in purposes.split(","))
    for kind, _, purposes in (entry.partition(":") for entry in STATED.split(";"))
}
KINDS = {
    "politi-oestjylland": "police",
    "politi-fyn": "police",
    "anklagemyndigheden": "prosecution",
    "reden": "ngo",
    "newlives": "ngo",
    "hopenow": "ngo",
    "kommune-0751": "municipality",
    "sygehus-aarhus": "health",
    "3f": "labour",
    "socialtilsyn-midt": "supervision",
    "socialtilsyn-syd": "supervision",
}
WORKERS = frozenset({"caseworker", "decider", "lawyer", "system"})
STAFF = WORKERS | {"health", "facility_manager", "admin"}
ROLES = STAFF | {"statistician", "dashboard", "auditor"}


def may_state(org: str, role: str, *, of_a_referral: bool) -> frozenset[str]:
    stated = PURPOSES[KINDS.get(org, org)] | ({"identification", "support"} if of_a_referral else set())
    if role == "health":
        return frozenset(stated & {"health", "support"})
    if role == "facility_manager":
        return frozenset(stated & {"accommodation"})
    if role == "auditor":
        return frozenset(stated & {"supervision", "data_subject_request"})
    return frozenset(stated) if role in WORKERS else frozenset()


@dataclass(frozen=True)
class Resource:
    """Something that is read, and what of it each organisation may see in the role of a worker. Marks are what a test looks
    for in the answer."""

    path: str
    sees: Mapping[str, frozenset[str]]
    of_role: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The most that a role sees; a role that is not named, nothing."""
    scope: str = ""
    referred: frozenset[str] = frozenset()
    """Who has its part by a referral."""
    asks_no_purpose: frozenset[str] = frozenset()
    for_purpose: Mapping[str, str] = field(default_factory=dict)
    """To whom it is open for one purpose alone."""
    hides_from_role: frozenset[str] = frozenset()
    """To whom it does not exist where the role sees nothing of it."""
    never_for: frozenset[str] = frozenset()
    shows_something_always: bool = False
    is_silent_without_purpose: bool = False
    readers: frozenset[str] = STAFF
    """The roles that may call; everybody else is refused unseen."""
    asked: Mapping[str, str] = field(default_factory=dict)
    finds_first: bool = False
    """Where only some parties are asked why, it takes a part to be asked."""


def expected(
    resource: Resource, org: str, role: str, purpose: str | None, *, has_scope: bool
) -> tuple[int, frozenset[str]]:
    """The status, and the marks in the answer."""
    nothing: frozenset[str] = frozenset()
    if not has_scope or role not in resource.readers:
        return 403, nothing
    is_stranger = org not in resource.sees
    if purpose is None and org not in resource.asks_no_purpose and not (resource.finds_first and is_stranger):
        return 400, nothing
    if org not in resource.sees:
        return 404, nothing
    seen = resource.sees[org] & (resource.sees[org] if role in WORKERS else resource.of_role.get(role, nothing))
    if not seen and org in resource.hides_from_role:
        return 404, nothing
    if purpose is not None and purpose not in may_state(org, role, of_a_referral=org in resource.referred):
        return 403, nothing
    if resource.for_purpose.get(org, purpose) != purpose or purpose in resource.never_for:
        return 403, nothing
    if purpose is None and resource.is_silent_without_purpose:
        return 200, nothing
    if not seen and not resource.shows_something_always:
        return 403, nothing
    return 200, seen
