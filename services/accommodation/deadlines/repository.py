"""The only way to the rows of notices and announcements, and to what runs out. It asks who is asking, and notes what they saw."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.accommodation.case.models import KnownCase
from services.accommodation.deadlines.models import Announcement, Notice
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.models import Approval, Facility
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import OfferStatus, PlacementStatus, RequestStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import parts_of
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.organisations import OrganisationKind, organisation_of
from shared.contract.visibility import Aspect
from shared.data.columns import any_of
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class NoticeNotFound(NotFound):
    """No such notice, or not yours."""


def _is_yours(work: UnitOfWork) -> ColumnElement[bool]:
    """The operator's, CMM's, and when it is given the acting municipality's."""
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return col(Notice.id).is_not(None)
    acting = [code for code in MUNICIPALITIES if organisation_of(code) == work.actor.org]
    is_given = and_(col(Notice.given_at).is_not(None), any_of(col(Notice.municipality), acting))
    return or_(col(Notice.operator) == work.actor.org, is_given)


async def add_notice(work: UnitOfWork, notice: Notice) -> None:
    work.session.add(notice)
    await work.session.flush()
    work.audit(operation="notice.arise", subject_id=notice.case_id, object_ids=[notice.id])


async def list_notices(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[Notice]:
    """The notices that concern the actor, by id, up to one more than `limit`."""
    query = select(Notice).where(_is_yours(work)).order_by(col(Notice.id)).limit(limit + 1)
    if after:
        query = query.where(col(Notice.id) > UUID(str(after[0])))
    found = list(await work.session.scalars(query))
    work.audit(operation="notice.list", object_ids=[notice.id for notice in found[:limit]])
    return found


async def lock_notice(work: UnitOfWork, notice_id: UUID) -> Notice:
    """The notice, locked until the transaction ends; raises NoticeNotFound."""
    query = select(Notice).where(col(Notice.id) == notice_id, _is_yours(work)).with_for_update()
    notice: Notice | None = await work.session.scalar(query)
    if notice is None:
        raise NoticeNotFound
    work.audit(operation="notice.answer", subject_id=notice.case_id, object_ids=[notice.id])
    return notice


async def facility_of(work: UnitOfWork, placement: Placement) -> tuple[Facility, str | None]:
    """The facility, and which municipality acts for the person: as the referral said, or where the facility lies."""
    facility = await work.session.get_one(Facility, placement.facility_id)
    acting = await work.session.scalar(
        select(col(KnownCase.municipality)).where(col(KnownCase.case_id) == placement.case_id)
    )
    return facility, acting or facility.municipality


async def running(work: UnitOfWork, *, until: date) -> dict[str, Sequence[Any]]:
    """What runs out by that day and concerns the actor, row by row, under the name of what it is."""
    actor, session = work.actor, work.session
    knows = see.lets_know(actor, parts_of(actor, Placement), Aspect.HIDDEN_PLACEMENT)
    notices = select(Notice).where(_is_yours(work), col(Notice.due_on) <= until)
    approvals = (
        select(Approval, Facility)
        .join(Facility, col(Facility.id) == col(Approval.facility_id))
        .where(facilities.watches(actor), func.upper(col(Approval.during)) <= until + timedelta(days=1))
    )
    offers = select(Offer).where(
        see.lets_know(actor, parts_of(actor, Offer), Aspect.NEEDS),
        col(Offer.status) == OfferStatus.HELD,
        col(Offer.expires_at) > work.now,
    )
    stays = (
        select(Placement, Facility)
        .join(Facility, col(Facility.id) == col(Placement.facility_id))
        .where(knows, any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]))
        .where(col(Placement.to_on) <= until)
    )
    requests = select(PlacementRequest).where(
        see.lets_know(actor, parts_of(actor, PlacementRequest), Aspect.NEEDS),
        col(PlacementRequest.status) == RequestStatus.OPEN,
    )
    work.audit(operation="deadline.list")
    return {
        "notices": list(await session.scalars(notices)),
        "approvals": (await session.execute(approvals)).all(),
        "offers": list(await session.scalars(offers)),
        "stays": (await session.execute(stays)).all(),
        "requests": list(await session.scalars(requests)),
    }


async def announced(work: UnitOfWork, about_ids: Collection[UUID]) -> set[tuple[UUID, date, int]]:
    """Of these the ends that are announced, and how many days before, with one statement."""
    query = select(Announcement).where(any_of(col(Announcement.about_id), about_ids))
    return {(each.about_id, each.ends_on, each.days_before) for each in await work.session.scalars(query)}


async def is_new(work: UnitOfWork, about_id: UUID, ends_on: date, days_before: int) -> bool:
    """Note that an end is announced; False where it was announced before."""
    values = {"about_id": about_id, "ends_on": ends_on, "days_before": days_before, "announced_at": work.now}
    added = insert(Announcement).values(values).on_conflict_do_nothing().returning(col(Announcement.about_id))
    return await work.session.scalar(added) is not None


async def stays_ending(work: UnitOfWork, *, by: date) -> Sequence[Placement]:
    """The placements whose planned end is by that day, for Havn itself."""
    query = select(Placement).where(any_of(col(Placement.status), [PlacementStatus.BOOKED, PlacementStatus.ARRIVED]))
    return list(await work.session.scalars(query.where(col(Placement.to_on) <= by)))


async def approvals_ending(work: UnitOfWork, *, by: date, after: date) -> Sequence[tuple[Approval, Facility]]:
    """The approvals that end by that day and not before the other, for Havn itself."""
    query = (
        select(Approval, Facility)
        .join(Facility, col(Facility.id) == col(Approval.facility_id))
        .where(func.upper(col(Approval.during)) <= by + timedelta(days=1), func.upper(col(Approval.during)) > after)
    )
    return [(approval, facility) for approval, facility in (await work.session.execute(query)).all()]
