"""Who asks, as far as what is asked of the database differs by it."""

from dataclasses import dataclass

from shared.contract.codes import Region
from shared.contract.directory import region_of
from shared.contract.organisations import OrganisationKind
from shared.contract.roles import Role
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Reader:
    """What makes a statement another one: each is made once for all who are alike in this, however many they are, and is sent
    with the organisation that asks."""

    kind: OrganisationKind
    roles: frozenset[Role]
    region: Region | None
    """Over whose facilities a supervision authority watches."""

    @classmethod
    def of(cls, actor: Actor) -> "Reader":
        watches = actor.kind is OrganisationKind.SUPERVISION
        return cls(actor.kind, actor.roles, region_of(actor.org) if watches else None)
