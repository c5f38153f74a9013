"""The only way to the rows of proposed moves, and to what is asked again. It asks who is asking, and notes what they saw."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlmodel import col

from services.accommodation.case.models import CaseChange, KnownCase
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities.models import Facility
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import PlacementStatus, RequestStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.repository import flags, open_needs, parts_of, seal_needs
from services.accommodation.proposals.models import MoveProposal
from shared.contract import visibility
from shared.contract.codes import Gender, Purpose
from shared.contract.visibility import Aspect
from shared.data import sealed
from shared.data.columns import any_of
from shared.data.positions import moment_and_id
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound

_LIVE = (PlacementStatus.BOOKED, PlacementStatus.ARRIVED)


class ProposalNotFound(NotFound):
    """No such proposal, or not yours."""


async def open_requests(work: UnitOfWork, case_id: UUID) -> list[PlacementRequest]:
    """The requests of a case that wait for a place, locked."""
    is_open = and_(col(PlacementRequest.case_id) == case_id, col(PlacementRequest.status) == RequestStatus.OPEN)
    query = select(PlacementRequest).where(is_open).order_by(col(PlacementRequest.id)).with_for_update()
    return list(await work.session.scalars(query))


async def describe_anew(work: UnitOfWork, request: PlacementRequest, known: KnownCase) -> None:
    """Gender and minority, as far as the case says them, are these now in what the person needs; whom anybody has said to be a
    minor besides is one still."""
    key = await sealed.key_of(work, request.case_id)
    needs = open_needs(key, request)
    changed = dict[str, Any]()
    if known.gender not in (Gender.UNKNOWN, needs.gender):
        changed["gender"] = known.gender
    if known.is_minor is not needs.minor and (known.is_minor or "minor" in needs.of_the_case):
        changed["minor"] = known.is_minor
    if changed:
        of_the_case = sorted({*needs.of_the_case, *changed})
        seal_needs(key, request, needs.model_copy(update=changed | {"of_the_case": of_the_case}))
        request.version += 1


async def live_placements(work: UnitOfWork, case_id: UUID) -> list[tuple[Placement, PlacementRequest, Facility]]:
    """Where the person of a case is, or is expected, locked, with what was asked for."""
    query = (
        select(Placement, PlacementRequest, Facility)
        .join(PlacementRequest, col(PlacementRequest.id) == col(Placement.request_id))
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .where(col(Placement.case_id) == case_id, any_of(col(Placement.status), _LIVE))
        .order_by(col(Placement.id))
        .with_for_update(of=Placement)
    )
    return [(placement, request, facility) for placement, request, facility in await work.session.execute(query)]


async def open_proposals(work: UnitOfWork, placement_id: UUID) -> list[MoveProposal]:
    """What is proposed for a placement and was not withdrawn, also where it was answered."""
    query = select(MoveProposal).where(
        col(MoveProposal.placement_id) == placement_id, col(MoveProposal.withdrawn_at).is_(None)
    )
    return list(await work.session.scalars(query))


async def add_proposal(work: UnitOfWork, proposal: MoveProposal) -> None:
    work.session.add(proposal)
    await work.session.flush()
    work.audit(operation="move.propose", subject_id=proposal.case_id, object_ids=[proposal.placement_id])


async def cases_that_change(work: UnitOfWork, *, since: date, until: date) -> list[UUID]:
    """The cases in which something holds from one of these days on, and somebody is placed or waits, for Havn itself."""
    is_placed = exists().where(col(Placement.case_id) == col(CaseChange.case_id), any_of(col(Placement.status), _LIVE))
    waits = exists().where(
        col(PlacementRequest.case_id) == col(CaseChange.case_id), col(PlacementRequest.status) == RequestStatus.OPEN
    )
    query = select(col(CaseChange.case_id)).where(
        col(CaseChange.from_on) >= since, col(CaseChange.from_on) <= until, or_(is_placed, waits)
    )
    return sorted(set(await work.session.scalars(query)))


def _seen(work: UnitOfWork) -> Any:
    """Proposals with their placement, for who may know why, and for who runs the facility."""
    parts, holding = flags(work.actor, Placement)
    theirs = parts_of(work.actor, Placement)
    query = (
        select(MoveProposal, Placement, *holding)
        .join(Placement, col(Placement.id) == col(MoveProposal.placement_id))
        .where(
            or_(
                see.lets_know(work.actor, theirs, Aspect.RESPONSIBILITY),
                see.lets_know(work.actor, theirs, Aspect.HIDDEN_PLACEMENT),
            )
        )
    )
    return parts, query


async def list_proposals(
    work: UnitOfWork, *, purpose: Purpose, after: Sequence[str | int] | None, limit: int
) -> list[tuple[MoveProposal, Placement, bool, Remark | None]]:
    """The proposals that concern the actor, newest first, up to one more than `limit`; whether it may know what changed, and why
    the person stays all the same. Raises PurposeNotYours."""
    visibility.judge(work.actor, (), purpose)
    parts, query = _seen(work)
    if after:
        query = query.where(tuple_(col(MoveProposal.proposed_at), col(MoveProposal.id)) < moment_and_id(after))
    query = query.order_by(col(MoveProposal.proposed_at).desc(), col(MoveProposal.id).desc()).limit(limit + 1)
    rows = (await work.session.execute(query)).all()
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
    parts, query = _seen(work)
    row = (
        await work.session.execute(query.where(col(MoveProposal.id) == proposal_id).with_for_update(of=MoveProposal))
    ).one_or_none()
    if row is None:
        raise ProposalNotFound
    return row[0], row[1], _knows(work, parts, row)


async def keep_reason(work: UnitOfWork, proposal: MoveProposal, reason: Remark) -> None:
    """Seal why the person stays all the same."""
    key = await sealed.key_of(work, proposal.case_id)
    proposal.reason = key.seal(reason, table="move_proposal", column="reason", row=proposal.id)
    work.audit(operation="move.keep", subject_id=proposal.case_id, object_ids=[proposal.placement_id])
