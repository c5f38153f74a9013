"""The only way to the rows of notices and announcements, and to what runs out. It asks who is asking, and notes what they saw."""

from collections.abc import Collection, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.accommodation.case.nights import night_of
from services.accommodation.case.visibility import Reader
from services.accommodation.deadlines import queries
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.models import Notice
from services.accommodation.facilities.models import Approval, Facility
from services.accommodation.placements.models import Placement
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.organisations import organisation_of
from shared.data.positions import page_by_id
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.errors import NotFound


class NoticeNotFound(NotFound):
    """No such notice, or not yours."""


def _asks(work: UnitOfWork) -> dict[str, Any]:
    """Who asks, and for which municipalities it acts."""
    acts_for = [code for code in MUNICIPALITIES if organisation_of(code) == work.actor.org]
    return {"org": work.actor.org, "acts_for": acts_for}


async def add_notice(work: UnitOfWork, notice: Notice) -> None:
    work.session.add(notice)
    await work.session.flush()
    work.audit(operation="notice.arise", subject_id=notice.case_id, object_ids=[notice.id])


async def list_notices(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[Notice]:
    """The notices that concern the actor, by id, up to one more than `limit`."""
    asked = page_by_id(after, limit) | _asks(work)
    found = await work.session.scalars(queries.notices(Reader.of(work.actor)), asked)
    work.audit(operation="notice.list", object_ids=[notice.id for notice in found[:limit]])
    return found


async def lock_notice(work: UnitOfWork, notice_id: UUID) -> Notice:
    """The notice, locked until the transaction ends; raises NoticeNotFound."""
    asked = {"notice_id": notice_id, **_asks(work)}
    notice = await work.session.scalar(queries.notice_to_lock(Reader.of(work.actor)), asked)
    if notice is None:
        raise NoticeNotFound
    work.audit(operation="notice.answer", subject_id=notice.case_id, object_ids=[notice.id])
    return notice


async def facility_of(work: UnitOfWork, placement: Placement) -> tuple[Facility, str | None]:
    """The facility, and which municipality acts for the person as far as the referral said."""
    facility = await work.session.get_one(Facility, placement.facility_id)
    acting = await work.session.scalar(queries.ACTING_MUNICIPALITY, {"case_id": placement.case_id})
    return facility, acting


Announced = Set[tuple[UUID, date, int]]
"""About what, which end (or beginning), and at which stage: so many days before it, or hours after."""


async def running(
    work: UnitOfWork,
    *,
    until: date,
    kind: HousingDeadline | None,
    waiting: timedelta,
    after: Sequence[str | int] | None,
    limit: int,
) -> Sequence[Any]:
    """What runs out by that day and concerns the actor, the first to do first, up to one more than `limit`. A request waits
    so long before it has waited too long; offers and requests stand there whatever the day."""
    query = queries.running(Reader.of(work.actor), kind, goes_on=bool(after))
    asked = _asks(work) | {"until": until, "waiting": waiting, "now": work.now, "tonight": night_of(work.now)}
    if after:
        due_at, of_kind, key = after
        asked |= {"last_at": datetime.fromisoformat(str(due_at)), "last_kind": of_kind, "last_key": UUID(str(key))}
    work.audit(operation="deadline.list")
    return (await work.session.execute(query, asked | {"limit": limit + 1})).all()


async def unapproved(work: UnitOfWork) -> Sequence[Any]:
    """Whoever is in a facility whose approval has ended, the first to end first, for Havn itself."""
    return (await work.session.execute(queries.UNAPPROVED, {"tonight": night_of(work.now)})).all()


async def not_arrived(work: UnitOfWork) -> Sequence[Any]:
    """Whoever was expected for a night that is over and has not come, the longest ago first, for Havn itself."""
    return (await work.session.execute(queries.NOT_ARRIVED, {"tonight": night_of(work.now)})).all()


async def announced(work: UnitOfWork, about_ids: Collection[UUID]) -> Announced:
    """What is announced of these, with one statement."""
    if not about_ids:
        return set()
    found = await work.session.scalars(queries.ANNOUNCED, {"about_ids": list(about_ids)})
    return {(each.about_id, each.ends_on, each.days_before) for each in found}


async def is_new(work: UnitOfWork, known: Announced, about_id: UUID, ends_on: date, stage: int) -> bool:
    """Note that this stage is announced; False where it was before, as far as is `known`, or by another sweep meanwhile."""
    if (about_id, ends_on, stage) in known:
        return False
    values = {"about_id": about_id, "ends_on": ends_on, "days_before": stage, "announced_at": work.now}
    return await work.session.scalar(queries.ANNOUNCE, values) is not None


async def stays_ending(work: UnitOfWork, *, by: date) -> Sequence[Placement]:
    """The placements whose planned end is by that day, the first to end first, for Havn itself."""
    return await work.session.scalars(queries.STAYS_ENDING, {"by": by})


async def approvals_ending(work: UnitOfWork, *, within: timedelta) -> Sequence[tuple[Approval, Facility]]:
    """The approvals that end so soon, or ran out by themselves not longer ago, and that no other one continues, the first to end
    first, for Havn itself."""
    today = on_date(work.now)
    asked = {"by": today + within, "since": today - within, "tonight": today}
    found = await work.session.execute(queries.APPROVALS_ENDING, asked)
    return [(approval, facility) for approval, facility in found.all()]
