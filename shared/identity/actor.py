"""Who is asking: the frozen Actor that every domain function is given, and the words that describe what it may."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contract.organisations import HAVN, OrganisationKind, Scope, scopes_of

__all__ = ["Actor", "Assurance", "Role"]


class Role(StrEnum):
    CASEWORKER = "caseworker"
    DECIDER = "decider"
    LAWYER = "lawyer"
    HEALTH = "health"
    FACILITY_MANAGER = "facility_manager"
    STATISTICIAN = "statistician"
    DASHBOARD = "dashboard"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


class Assurance(StrEnum):
    """How sure the login is: the NSIS levels Lav, Betydelig and Høj.

    Ordered by `at_least` only: `<` would compare the words.
    """

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    def at_least(self, other: "Assurance") -> bool:
        return _ASCENDING.index(self) >= _ASCENDING.index(other)


_ASCENDING: Final = (Assurance.LOW, Assurance.SUBSTANTIAL, Assurance.HIGH)


@dataclass(frozen=True, slots=True)
class Actor:
    """The organisation, and the person or system in it, on whose authority something is done."""

    org: str
    kind: OrganisationKind
    subject: str
    client_id: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    assurance: Assurance

    @property
    def is_system(self) -> bool:
        """Whether a system acts on its own. A system that also has a person's role acts for a person, and is judged as one."""
        return self.roles == {Role.SYSTEM}

    @classmethod
    def system(cls, name: str) -> "Actor":
        """One of Havn's own services acting on an event, e.g. `Actor.system("referrals")`.

        It has no more than the service's own token would give it over HTTP.
        """
        return cls(
            org=HAVN,
            kind=OrganisationKind.SYSTEM,
            subject=f"havn-{name}",
            client_id=f"havn-{name}",
            roles=frozenset({Role.SYSTEM}),
            scopes=scopes_of(OrganisationKind.SYSTEM),
            assurance=Assurance.SUBSTANTIAL,
        )
