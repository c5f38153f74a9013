"""Where a child is placed: whom the municipality goes to that assesses what the child needs (docs/rules.md, duty-3).

Who has that task, identification knows: it is asked with the reader's own token, each time. So nothing of it is kept here, and
what may be known ends in the instant in which the task does."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.accommodation.case.repository import CaseNotFound
from services.accommodation.whereabouts import repository
from services.accommodation.whereabouts.repository import Where
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Aspect, Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import PeerAway, PeerRefused, Peers
from shared.kernel.errors import Forbidden, Unavailable

_RETRY_SECONDS: Final = "5"


class IdentificationAway(Unavailable):
    """Whether the reader has the task, only identification can say, and it does not answer."""


class CasesNotReadable(Forbidden):
    """The token does not let its bearer read cases, which it takes to have a task in one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the child is, as far as the reader may know it."""

    where: Where | None
    known: frozenset[Aspect]


async def find(work: UnitOfWork, neighbours: Peers, *, case_id: UUID, purpose: Purpose) -> Found:
    """Where the child of the case is placed, for the municipality that has to assess what it needs, and for CMM. Raises
    CaseNotFound for everybody else, PurposeNotYours, and IdentificationAway."""
    part = Part.CENTRE if work.actor.org == CENTRE else Part.MUNICIPALITY
    await _check_task(work, neighbours, case_id, part, purpose)
    where = await repository.current(work, case_id)
    repository.note_read(work, case_id, where, purpose=purpose)
    return Found(where, visibility.may_know(work.actor, part))


async def _check_task(work: UnitOfWork, neighbours: Peers, case_id: UUID, part: Part, purpose: Purpose) -> None:
    try:
        await neighbours.get("identification", f"/identification/v1/cases/{case_id}/whereabouts", purpose=purpose)
    except PeerRefused as refused:
        if refused.status == CaseNotFound.status:
            raise CaseNotFound from None
        visibility.judge(work.actor, part, purpose)
        raise CasesNotReadable("This takes the scope `cases:read` and a role that works on cases.") from None
    except PeerAway:
        raise IdentificationAway(
            "The identification service does not answer, which says who has the task: ask again.",
            headers={"retry-after": _RETRY_SECONDS},
        ) from None
