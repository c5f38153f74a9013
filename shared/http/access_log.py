"""Who saw or changed what of a person, as a list: what a service's audit says. Identification puts the lists of all services into
one (docs/rules.md, privacy-12)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from shared.contract.organisations import CENTRE, Scope
from shared.contract.types import Answer, Moment
from shared.data.unit_of_work import UnitOfWork
from shared.http.paging import Page, one_of
from shared.http.policy import Requires
from shared.identity.actor import Role
from shared.kernel.errors import NotFound

LogReader = Annotated[
    UnitOfWork,
    Depends(Requires(Scope.CASES_READ, Role.CASEWORKER, Role.LAWYER, Role.DECIDER, Role.AUDITOR, Role.ADMIN)),
]
"""Who works on a case, and who looks over that work."""
_Position = Annotated[int, Field(ge=0, le=2**63 - 1)]


# As in `parameters.py`: a coroutine, though it waits for nothing.
async def _after(
    after: Annotated[_Position | None, Query(description="The position of the last entry you have.")] = None,
    cursor: Annotated[
        _Position | None, Query(description="`next_cursor` of the page before: the same as `after`.")
    ] = None,
) -> int:
    return one_of(after, cursor) or 0


AfterPosition = Annotated[int, Depends(_after)]


class AccessEntry(Answer):
    """Somebody saw or changed something of the case, or was refused."""

    at: Moment
    service: str
    """Which service it was asked of."""
    actor_org: str
    actor: str
    issuer: str
    """Who vouched for the actor: the issuer of their token. Two issuers may give one name to two people."""
    client_id: str
    """The system that they came through."""
    assurance: str
    """How sure the login was."""
    operation: str
    purpose: str | None
    fields: list[str]
    outcome: str
    refusal: str | None
    """The error's name where they were refused."""
    is_replay: bool
    """A stored answer was given again."""


class PlacedEntry(AccessEntry):
    """An entry with its place in the log of its service, for CMM alone: how far two are apart tells how much else went on."""

    position: int


def entry_of(service: str, row: Mapping[str, Any]) -> PlacedEntry:
    """A row of the audit as it is shown."""
    return PlacedEntry(service=service, actor_org=row["org"], **{name: row[name] for name in _AS_KEPT})


_AS_KEPT: Final = tuple(name for name in PlacedEntry.model_fields if name not in {"service", "actor_org"})


def check_reader(work: UnitOfWork) -> None:
    """Raises NotFound for everybody but CMM."""
    if work.actor.org != CENTRE:
        raise NotFound


def page_of(
    work: UnitOfWork, service: str, subject_id: UUID, rows: Sequence[Mapping[str, Any]], limit: int
) -> Page[PlacedEntry]:
    """The page of these rows, of which there may be one beyond the limit; `next_cursor` is the last one's position. That this was
    asked is itself kept, with the case."""
    work.audit(operation="access_log.read", subject_id=subject_id)
    items = [entry_of(service, row) for row in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].position) if len(rows) > limit else None)
