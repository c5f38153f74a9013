"""The only way to the rows of proposed moves, and to what is asked again. It asks who is asking, and notes what they saw."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Uuid, and_, bindparam, exists, or_, select
from sqlmodel import col

from services.accommodation.case.models import CaseChange, CaseMerge
from services.accommodation.case.repository import CASE_ID
from services.accommodation.case.schemas import Remark
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities.models import Facility
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import PlacementStatus, RequestStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.queries import flags, lets_know
from services.accommodation.proposals.models import MoveProposal
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect, Part
from shared.data import sealed
from shared.data.columns import Rows, any_of
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound

_LIVE = (PlacementStatus.BOOKED, PlacementStatus.ARRIVED)


_IS_PLACED: Final = any_of(col(Placement.status), _LIVE)
_OPEN_REQUESTS: Final = (
    select(PlacementRequest)
    .where(col(PlacementRequest.case_id) == CASE_ID, col(PlacementRequest.status) == RequestStatus.OPEN)
    .order_by(col(PlacementRequest.id))
    .with_for_update()
)
_LIVE_PLACEMENTS: Final = (
    select(Placement, PlacementRequest, Facility)
    .join(PlacementRequest, col(PlacementRequest.id) == col(Placement.request_id))
    .join(Facility, col(Facility.id) == col(Placement.facility_id))
    .where(col(Placement.case_id) == CASE_ID, _IS_PLACED)
    .order_by(col(Placement.id))
    .with_for_update(of=Placement)
)
_OPEN: Final = select(MoveProposal).where(
    col(MoveProposal.placement_id) == bindparam("placement_id", type_=Uuid), col(MoveProposal.withdrawn_at).is_(None)
)
_CHANGING: Final = select(col(CaseChange.case_id)).where(
    col(CaseChange.from_on) >= bindparam("since", type_=Date),
    col(CaseChange.from_on) <= bindparam("until", type_=Date),
    or_(
        exists().where(col(Placement.case_id) == col(CaseChange.case_id), _IS_PLACED),
        exists().where(
            col(PlacementRequest.case_id) == col(CaseChange.case_id), col(PlacementRequest.status) == RequestStatus.OPEN
        ),
    ),
)


class ProposalNotFound(NotFound):
    """No such proposal, or not yours."""


async def open_requests(work: UnitOfWork, case_id: UUID) -> list[PlacementRequest]:
    """The requests of a case that wait for a place, locked."""
    return await work.session.scalars(_OPEN_REQUESTS, {"case_id": case_id})


async def live_placements(work: UnitOfWork, case_id: UUID) -> list[tuple[Placement, PlacementRequest, Facility]]:
    """Where the person of a case is, or is expected, locked, with what was asked for."""
    found = await work.session.execute(_LIVE_PLACEMENTS, {"case_id": case_id})
    return [(placement, request, facility) for placement, request, facility in found]


async def open_proposals(work: UnitOfWork, placement_id: UUID) -> list[MoveProposal]:
    """What is proposed for a placement and was not withdrawn, also where it was answered."""
    return await work.session.scalars(_OPEN, {"placement_id": placement_id})


async def add_proposal(work: UnitOfWork, proposal: MoveProposal) -> None:
    work.session.add(proposal)
    await work.session.flush()
    work.audit(operation="move.propose", subject_id=proposal.case_id, object_ids=[proposal.placement_id])


async def cases_that_change(work: UnitOfWork, *, since: date, until: date) -> list[UUID]:
    """The cases in which something holds from one of these days on, and somebody is placed or waits, for Havn itself."""
    return sorted(set(await work.session.scalars(_CHANGING, {"since": since, "until": until})))


def _seen(reader: Reader) -> tuple[Sequence[Part], Rows]:
    """Proposals with their placement, for who may know why, and for who runs the facility."""
    parts, holding = flags(reader, Placement)
    query: Rows = select(MoveProposal, Placement, *holding).join(
        Placement, col(Placement.id) == col(MoveProposal.placement_id)
    )
    by_merge = exists().where(
        col(CaseMerge.case_id) == col(MoveProposal.case_id), col(CaseMerge.merged_at) <= col(MoveProposal.proposed_at)
    )
    knows_why = and_(
        lets_know(reader, Placement, Aspect.RESPONSIBILITY), or_(lets_know(reader, Placement, Aspect.MERGED), ~by_merge)
    )
    return parts, query.where(or_(knows_why, lets_know(reader, Placement, Aspect.HIDDEN_PLACEMENT)))


@cache
def _listed(reader: Reader, *, goes_on: bool) -> tuple[Sequence[Part], Rows]:
    parts, query = _seen(reader)
    return parts, newest_first(query, col(MoveProposal.proposed_at), col(MoveProposal.id), goes_on=goes_on)


@cache
def _to_lock(reader: Reader) -> tuple[Sequence[Part], Rows]:
    parts, query = _seen(reader)
    its_id = bindparam("proposal_id", type_=Uuid)
    return parts, query.where(col(MoveProposal.id) == its_id).with_for_update(of=MoveProposal)


async def list_proposals(
    work: UnitOfWork, *, purpose: Purpose, after: Sequence[str | int] | None, limit: int
) -> list[tuple[MoveProposal, Placement, bool, Remark | None]]:
    """The proposals that concern the actor, newest first, up to one more than `limit`; whether it may know what changed, and why
    the person stays all the same. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, query = _listed(Reader.of(work.actor), goes_on=bool(after))
    rows = (await work.session.execute(query, page(after, limit) | {"org": work.actor.org})).all()
    work.audit(operation="move.list_proposals", object_ids=[row[1].id for row in rows[:limit]], purpose=purpose)
    known = [(row[0], row[1], _knows(work, parts, row)) for row in rows]
    keys = await sealed.keys_of(work, {proposal.case_id for proposal, _, knows in known if knows and proposal.reason})
    return [
        (
            proposal,
            placement,
            knows,
            keys[proposal.case_id].open(
                proposal.reason, Remark, table="move_proposal", column="reason", row=proposal.id
            )
            if knows and proposal.reason
            else None,
        )
        for proposal, placement, knows in known
    ]


def _knows(work: UnitOfWork, parts: Sequence[Any], row: Sequence[Any]) -> bool:
    """Whether the actor may know what changed."""
    return Aspect.RESPONSIBILITY in visibility.may_know(work.actor, see.held(parts, row[2:]))


async def lock_proposal(work: UnitOfWork, proposal_id: UUID) -> tuple[MoveProposal, Placement, bool]:
    """A proposal that concerns the actor, locked, and whether it may know what changed; raises ProposalNotFound."""
    parts, query = _to_lock(Reader.of(work.actor))
    asked = {"proposal_id": proposal_id, "org": work.actor.org}
    row = await work.session.first(query, asked)
    if row is None:
        raise ProposalNotFound
    return row[0], row[1], _knows(work, parts, row)


async def keep_reason(work: UnitOfWork, proposal: MoveProposal, reason: Remark) -> None:
    """Seal why the person stays all the same."""
    key = await sealed.key_of(work, proposal.case_id)
    proposal.reason = key.seal(reason, table="move_proposal", column="reason", row=proposal.id)
    work.audit(operation="move.keep", subject_id=proposal.case_id, object_ids=[proposal.placement_id])
