"""Who is asking: the frozen Actor that every domain function is given, and the words that describe what it may."""

from dataclasses import dataclass

from shared.contract.organisations import HAVN, OrganisationKind, Scope, scopes_of
from shared.contract.roles import Assurance, Role

__all__ = ["Actor", "Assurance", "Role"]


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
    issuer: str = HAVN
    """Who says so: the issuer of the token; Havn itself where there is none."""

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
