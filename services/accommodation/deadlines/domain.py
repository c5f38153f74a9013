"""What runs out, and who is notified of it; nothing ends by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.nights import last_of
from services.accommodation.case.terms import HousingTerms, terms_on
from services.accommodation.deadlines import repository
from services.accommodation.deadlines.codes import HousingDeadline
from services.accommodation.deadlines.models import Notice
from services.accommodation.placements.models import Placement
from shared.alerts.queue import Alert, raise_alert
from shared.contract.codes import DeadlineState
from shared.contract.events import ApprovalExpiring, NoticeDue, StayEnding
from shared.contract.organisations import CENTRE, organisation_of
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden
from shared.rules.working_days import add_weekdays

_DAY: Final = timedelta(days=1)


class NotYourNotice(Forbidden):
    """The operator gives a notice, and the municipality that it is given to acknowledges it."""


class NoticeIsGiven(Conflict):
    """It was given, or acknowledged, before; or it was not given yet."""


@dataclass(frozen=True, slots=True)
class Running:
    """Something that runs out."""

    kind: HousingDeadline
    key: UUID
    """Tells it apart from what runs out at the same instant."""
    due_on: date
    due_at: datetime
    state: DeadlineState
    for_org: str
    ids: dict[str, UUID]
    acting_municipality: str | None = None


async def note_admission(work: UnitOfWork, placement: Placement) -> None:
    """Somebody has come to a § 110 hostel: its leader notifies the acting municipality within three weekdays (docs/rules.md,
    deadline-9). That is the one of the referral, or where the hostel lies; where that is, the event does not say of a secret
    one."""
    facility, acting = await repository.facility_of(work, placement)
    if facility.kind is not FacilityKind.HOSTEL_110 or placement.arrived_at is None:
        return
    admitted_on = on_date(placement.arrived_at)
    terms = terms_on(admitted_on)
    notice = Notice(
        placement_id=placement.id,
        case_id=placement.case_id,
        facility_id=facility.id,
        operator=facility.operator,
        municipality=acting or facility.municipality,
        admitted_on=admitted_on,
        due_on=add_weekdays(admitted_on, terms.notice_weekdays, saturday_counts=terms.saturday_counts),
    )
    await repository.add_notice(work, notice)
    work.record(
        NoticeDue(
            case_id=notice.case_id,
            occurred_at=work.now,
            placement_id=placement.id,
            acting_municipality=acting if facility.secret_address else notice.municipality,
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
    """The acting municipality has read the notice, also where it runs the hostel itself."""
    notice = await repository.lock_notice(work, notice_id)
    given_to = organisation_of(notice.municipality) if notice.municipality and notice.given_at else None
    if work.actor.org in (notice.operator, CENTRE) and work.actor.org != given_to:
        raise NotYourNotice("A notice is acknowledged by the municipality that it is given to.")
    expected.check(notice)
    if notice.acknowledged_at:
        raise NoticeIsGiven("The notice was acknowledged before.")
    notice.acknowledged_at = work.now
    notice.version += 1
    return notice


async def running(
    work: UnitOfWork,
    *,
    until: date | None,
    kind: HousingDeadline | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Running]:
    """What runs out and concerns the actor, the first to do first, up to one more than `limit`; without a day, what ends within
    the next 60 days."""
    today = on_date(work.now)
    terms = terms_on(today)
    due_before = _due_before(terms)
    until = until or today + terms.approval_announced_days[0] * _DAY
    found = await repository.running(
        work, until=until, kind=kind, waiting=terms.request_waits, after=after, limit=limit
    )
    return [
        Running(
            kind=HousingDeadline(row.kind),
            key=row.key,
            due_on=row.due_on,
            due_at=row.due_at,
            state=_state_of(row, due_before.get(row.kind), now=work.now),
            for_org=row.for_org,
            ids={name: getattr(row, name) for name in _IDS if getattr(row, name) is not None},
            acting_municipality=row.acting_municipality,
        )
        for row in found
    ]


_IDS: Final = ("case_id", "placement_id", "notice_id", "facility_id", "request_id", "offer_id")


def _due_before(terms: HousingTerms) -> Mapping[str, int]:
    """How many days before its last day something is due; what ends at an instant runs until then."""
    return {
        HousingDeadline.NOTICE_110: 1,
        HousingDeadline.APPROVAL_EXPIRY: terms.approval_announced_days[-1],
        HousingDeadline.STAY_END: terms.stay_announced_days[0],
        HousingDeadline.UNAPPROVED_STAY: 0,
    }


def _state_of(row: Any, due_before: int | None, *, now: datetime) -> DeadlineState:
    if row.done_at:
        return DeadlineState.DONE
    if due_before is not None:
        return _state(row.due_on, on_date(now), due_before=due_before)
    return DeadlineState.PASSED if row.due_at <= now else DeadlineState.RUNNING


def _state(due_on: date, today: date, *, due_before: int) -> DeadlineState:
    if today > due_on:
        return DeadlineState.PASSED
    return DeadlineState.DUE if today >= due_on - due_before * _DAY else DeadlineState.RUNNING


async def announce_ends(work: UnitOfWork) -> None:
    """Sweep: announce once each what ends soon, stays 3 days and 1 day before, approvals 60 and 14 days before; late, where no
    sweep ran in that time."""
    today = on_date(work.now)
    terms = terms_on(today)
    before_stay, before_approval = terms.stay_announced_days, terms.approval_announced_days
    stays = await repository.stays_ending(work, by=today + before_stay[0] * _DAY)
    approvals = await repository.approvals_ending(work, within=before_approval[0] * _DAY)
    known = await repository.announced(work, [*(each.id for each in stays), *(each.id for each, _ in approvals)])
    for placement in stays:
        if placement.to_on and await _is_due(work, known, placement.id, placement.to_on, before_stay):
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
        if last and await _is_due(work, known, approval.id, last, before_approval):
            work.record(
                ApprovalExpiring(
                    occurred_at=work.now,
                    reference=facility.reference,
                    facility_id=None if facility.secret_address else facility.id,
                    valid_until=last,
                )
            )


async def _is_due(
    work: UnitOfWork, known: repository.Announced, about_id: UUID, ends_on: date, before: Sequence[int]
) -> bool:
    """Whether the newest announcement that is due was not made yet."""
    days_left = (ends_on - on_date(work.now)).days
    due = [days for days in before if days_left <= days]
    return bool(due) and await repository.is_new(work, known, about_id, ends_on, min(due))


async def alert_of_unapproved(work: UnitOfWork) -> None:
    """Sweep: alert CMM once of everybody who is in a facility whose approval has ended (docs/rules.md, housing-20)."""
    rows = await repository.unapproved(work)
    await _alert_once(work, rows, stage=_ENDED, to=lambda _: (CENTRE,))


async def alert_of_not_arrived(work: UnitOfWork) -> None:
    """Sweep: alert the operator and CMM once of everybody who was expected for a night that is over, and of whom nobody has said
    that they came or did not (docs/rules.md, housing-33)."""
    rows = await repository.not_arrived(work)
    await _alert_once(work, rows, stage=_NOT_THERE, to=lambda row: dict.fromkeys((row.for_org, CENTRE)))


async def _alert_once(work: UnitOfWork, rows: Sequence[Any], *, stage: int, to: Callable[[Any], Iterable[str]]) -> None:
    known = await repository.announced(work, [row.placement_id for row in rows])
    for row in rows:
        if await repository.is_new(work, known, row.placement_id, row.due_on, stage):
            for each in to(row):
                raise_alert(work, Alert(HousingDeadline(row.kind), row.case_id, each, due_at=row.due_at))


_ENDED, _NOT_THERE = -1, -2
"""As what an end that is over, and a night to which nobody came, is announced; an end to come is by its days."""
