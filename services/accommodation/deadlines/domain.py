"""What runs out, and who is notified of it; nothing ends by itself."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import last_of
from services.accommodation.deadlines import repository
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.models import Notice
from services.accommodation.placements.models import Placement
from shared.contract.codes import DeadlineState
from shared.contract.events import ApprovalExpiring, NoticeDue, StayEnding
from shared.contract.organisations import CENTRE
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import end_of, on_date
from shared.kernel.errors import Conflict, Forbidden
from shared.rules.working_days import add_weekdays

NOTICE_WEEKDAYS: Final = 3
SATURDAY_COUNTS: Final = False
"""Within how many weekdays the leader of a § 110 hostel notifies the acting municipality (docs/rules.md, deadline-8) [A]."""
APPROVAL_DAYS: Final = (60, 14)
STAY_DAYS: Final = (3, 1, 0)
"""How many days before its end an approval and a stay are announced (docs/rules.md, housing-7, housing-17) [A]."""
WAITING: Final = timedelta(hours=24)
"""After how long a request that waits for a place is one that has waited too long (docs/rules.md, housing-18) [A]."""
_DAY: Final = timedelta(days=1)


class NotYourNotice(Forbidden):
    """The operator gives a notice, and the municipality that it is given to acknowledges it."""


class NoticeIsGiven(Conflict):
    """It was given, or acknowledged, before; or it was not given yet."""


@dataclass(frozen=True, slots=True)
class Running:
    """Something that runs out."""

    kind: HousingDeadline
    due_on: date
    due_at: datetime
    state: DeadlineState
    for_org: str
    ids: dict[str, UUID]
    acting_municipality: str | None = None


async def note_admission(work: UnitOfWork, placement: Placement) -> None:
    """Somebody has come to a § 110 hostel: its leader notifies the acting municipality within three weekdays."""
    facility, municipality = await repository.facility_of(work, placement)
    if facility.kind is not FacilityKind.HOSTEL_110 or placement.arrived_at is None:
        return
    admitted_on = on_date(placement.arrived_at)
    notice = Notice(
        placement_id=placement.id,
        case_id=placement.case_id,
        facility_id=facility.id,
        operator=facility.operator,
        municipality=municipality,
        admitted_on=admitted_on,
        due_on=add_weekdays(admitted_on, NOTICE_WEEKDAYS, saturday_counts=SATURDAY_COUNTS),
    )
    await repository.add_notice(work, notice)
    work.record(
        NoticeDue(
            case_id=notice.case_id,
            occurred_at=work.now,
            placement_id=placement.id,
            acting_municipality=municipality,
            due_on=notice.due_on,
        )
    )


async def give_notice(work: UnitOfWork, *, notice_id: UUID, expected: ExpectedVersion) -> Notice:
    """The leader of the hostel notifies the acting municipality, which from then on reads the notice."""
    notice = await repository.lock_notice(work, notice_id)
    if work.actor.org not in (notice.operator, CENTRE):
        raise NotYourNotice("A notice is given by the facility's operator.")
    expected.check(notice)
    if notice.given_at:
        raise NoticeIsGiven("The notice was given before.")
    notice.given_at = work.now
    notice.version += 1
    return notice


async def acknowledge_notice(work: UnitOfWork, *, notice_id: UUID, expected: ExpectedVersion) -> Notice:
    """The acting municipality has read the notice."""
    notice = await repository.lock_notice(work, notice_id)
    if work.actor.org in (notice.operator, CENTRE):
        raise NotYourNotice("A notice is acknowledged by the municipality that it is given to.")
    expected.check(notice)
    if notice.acknowledged_at:
        raise NoticeIsGiven("The notice was acknowledged before.")
    notice.acknowledged_at = work.now
    notice.version += 1
    return notice


async def running(work: UnitOfWork, *, until: date | None) -> list[Running]:
    """What runs out and concerns the actor, the first to do first; without a day, what ends within the next 60 days."""
    today = on_date(work.now)
    rows = await repository.running(work, until=until or today + APPROVAL_DAYS[0] * _DAY)
    found = [*_of_notices(rows["notices"], today), *_of_approvals(rows["approvals"], today)]
    found += [*_of_stays(rows["stays"], today), *_of_offers(rows["offers"]), *_of_requests(rows["requests"], work.now)]
    return sorted(found, key=lambda each: (each.due_at, each.kind, str(sorted(map(str, each.ids.values())))))


def _of_notices(notices: Sequence[Notice], today: date) -> Iterator[Running]:
    for each in notices:
        state = DeadlineState.DONE if each.given_at else _state(each.due_on, today, due_before=1)
        ids = {"case_id": each.case_id, "placement_id": each.placement_id, "notice_id": each.id}
        yield Running(
            HousingDeadline.NOTICE_110, each.due_on, end_of(each.due_on), state, each.operator, ids, each.municipality
        )


def _of_approvals(rows: Sequence[Any], today: date) -> Iterator[Running]:
    for approval, facility in rows:
        last = last_of(approval.during)
        if last is None:
            continue
        state = _state(last, today, due_before=APPROVAL_DAYS[-1])
        yield Running(
            HousingDeadline.APPROVAL_EXPIRY, last, end_of(last), state, facility.operator, {"facility_id": facility.id}
        )


def _of_stays(rows: Sequence[Any], today: date) -> Iterator[Running]:
    for placement, facility in rows:
        state = _state(placement.to_on, today, due_before=STAY_DAYS[0])
        ids = {"case_id": placement.case_id, "placement_id": placement.id, "facility_id": facility.id}
        yield Running(HousingDeadline.STAY_END, placement.to_on, end_of(placement.to_on), state, facility.operator, ids)


def _of_offers(rows: Sequence[Any]) -> Iterator[Running]:
    for offer in rows:
        ids = {"case_id": offer.case_id, "request_id": offer.request_id, "offer_id": offer.id}
        due_on = on_date(offer.expires_at)
        yield Running(
            HousingDeadline.OFFER_EXPIRY, due_on, offer.expires_at, DeadlineState.RUNNING, offer.answer_by, ids
        )


def _of_requests(rows: Sequence[Any], now: datetime) -> Iterator[Running]:
    for request in rows:
        due_at = (request.requested_at + WAITING).astimezone(UTC)
        state = DeadlineState.PASSED if due_at <= now else DeadlineState.RUNNING
        ids = {"case_id": request.case_id, "request_id": request.id}
        yield Running(HousingDeadline.REQUEST_WAITING, on_date(due_at), due_at, state, CENTRE, ids)


def _state(due_on: date, today: date, *, due_before: int) -> DeadlineState:
    if today > due_on:
        return DeadlineState.PASSED
    return DeadlineState.DUE if today >= due_on - due_before * _DAY else DeadlineState.RUNNING


async def announce_ends(work: UnitOfWork) -> None:
    """Sweep: announce once each what ends soon, stays 3 days, 1 day and none before, approvals 60 and 14 days before."""
    today = on_date(work.now)
    stays = await repository.stays_ending(work, by=today + STAY_DAYS[0] * _DAY)
    approvals = await repository.approvals_ending(work, by=today + APPROVAL_DAYS[0] * _DAY, after=today)
    known = await repository.announced(work, [*(each.id for each in stays), *(each.id for each, _ in approvals)])
    for placement in stays:
        if placement.to_on and await _is_due(work, known, placement.id, placement.to_on, STAY_DAYS):
            work.record(
                StayEnding(
                    case_id=placement.case_id,
                    occurred_at=work.now,
                    placement_id=placement.id,
                    to_on=placement.to_on,
                )
            )
    for approval, facility in approvals:
        last = last_of(approval.during)
        if last and await _is_due(work, known, approval.id, last, APPROVAL_DAYS):
            work.record(
                ApprovalExpiring(
                    occurred_at=work.now,
                    reference=facility.reference,
                    facility_id=None if facility.secret_address else facility.id,
                    valid_until=last,
                )
            )


async def _is_due(
    work: UnitOfWork, known: Set[tuple[UUID, date, int]], about_id: UUID, ends_on: date, before: Sequence[int]
) -> bool:
    """Whether the newest announcement that is due was not made yet, here or by another sweep meanwhile."""
    days_left = (ends_on - on_date(work.now)).days
    due = [days for days in before if days_left <= days]
    if not due or (about_id, ends_on, min(due)) in known:
        return False
    return await repository.is_new(work, about_id, ends_on, min(due))
