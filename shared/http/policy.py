"""Who may call an endpoint: the policy in its signature, which `Endpoint` checks."""

from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from fastapi import Request

from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.handling import handling_of
from shared.identity.actor import Actor, Assurance, Role
from shared.kernel.errors import AssuranceTooLow, Forbidden, ScopeMissing


class PolicyMissing(TypeError):
    """An endpoint was defined that does not say which scope and roles it requires."""


class RoleMissing(Forbidden):
    """The actor has none of the roles."""


class Policy:
    """Who may call an endpoint: a scope, one of some roles, and a level of assurance. `Endpoint` checks it before the body is
    read."""

    opens_transaction: ClassVar[bool]

    def __init__(self, scope: Scope, *roles: Role, assurance: Assurance = Assurance.SUBSTANTIAL) -> None:
        if not roles:
            raise PolicyMissing(f"Requires({scope}) names no roles.")
        self.scope = scope
        self.roles = frozenset(roles)
        self.assurance = assurance

    def check(self, actor: Actor) -> None:
        """Raises AssuranceTooLow, ScopeMissing or RoleMissing, in the order of refusals: 401 before 403."""
        # Systems count by their client authentication (docs/contract.md, identity).
        is_sure = actor.assurance.at_least(self.assurance) or (actor.is_system and self.assurance is not Assurance.HIGH)
        if not is_sure:
            raise AssuranceTooLow(f"Log in again with assurance level {self.assurance}.", needed=self.assurance)
        if self.scope not in actor.scopes:
            raise ScopeMissing(f"This needs the scope {self.scope}, which the token does not carry.")
        if not self.roles & visibility.roles_of(actor):
            raise RoleMissing(f"This needs one of the roles {', '.join(sorted(self.roles))}.")

    def narrow(self, actor: Actor, stated: str | None) -> Actor:
        """The actor in the roles that count: those of the policy, and of these the ones that may state the purpose, if any may.
        Who has several would else read with the right of one what only another may ask for (docs/rules.md, privacy-6)."""
        known = stated if stated in _PURPOSES else None
        roles = _counting(self.roles, visibility.roles_of(actor), known)
        return actor if roles == actor.roles else replace(actor, roles=roles)


class Requires(Policy):
    """As a dependency: the unit of work of a request whose actor the policy admits. It commits after the endpoint returns and
    before the answer is sent."""

    opens_transaction = True

    async def __call__(self, request: Request) -> UnitOfWork:
        return handling_of(request).work


class RequiresNoRows(Policy):
    """As a dependency: the Actor alone, for an endpoint that asks no database; no transaction is opened, but where a key has
    its answer kept."""

    opens_transaction = False

    async def __call__(self, request: Request) -> Actor:
        return handling_of(request).actor


STAFF = (Role.CASEWORKER, Role.DECIDER, Role.LAWYER, Role.HEALTH, Role.FACILITY_MANAGER, Role.ADMIN, Role.SYSTEM)
"""Everybody who works with people's cases, systems included; the others see figures or records of access."""


_PURPOSES = frozenset[str](Purpose)


@lru_cache(maxsize=2_000)
def _counting(admitted: frozenset[Role], held: frozenset[Role], stated: str | None) -> frozenset[Role]:
    roles = admitted & held
    return frozenset(role for role in roles if stated in visibility.PURPOSES_OF_ROLES[role]) or roles
