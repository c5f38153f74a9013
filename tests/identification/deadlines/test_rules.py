"""Which deadlines run, until when and for whom: computed from what is known of a case, also while summer time begins or ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.codes import CaseStatus
from services.identification.deadlines.rules import (
    Assessment,
    ComputedDeadline,
    DeadlineBasis,
    GivenPeriod,
    SentBack,
    deadlines_of,
    terms_on,
)
from services.identification.periods.lengths import Period, period_from
from shared.contract.codes import Authority, DeadlineKind, PeriodKind
from shared.kernel.clock import COPENHAGEN, end_of, on_date, start_of

OPENED = datetime(2026, 6, 20, 21, 30, tzinfo=UTC)
moments = st.integers(0, 70 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
days = st.dates(date(2021, 1, 1), date(2090, 1, 1))
CHANGES = [
    date(2026, 3, 28),
    date(2026, 3, 29),
    date(2026, 10, 24),
    date(2026, 10, 25),
    date(2028, 2, 28),
    date(2028, 2, 29),
]


def at(text: str) -> datetime:
    """A moment as it is written in Copenhagen."""
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN).astimezone(UTC)


def known(**facts: Any) -> DeadlineBasis:
    return DeadlineBasis(**({"opened_at": OPENED} | facts))


def granted(
    kind: PeriodKind = PeriodKind.REFLECTION, *, on: date = date(2026, 3, 9), until: date | None = None, **said: Any
) -> GivenPeriod:
    starts_on, ends_on, cap_on = period_from(on)
    period = Period(kind, starts_on, until or ends_on, cap_on)
    return GivenPeriod(**({"ref": "p", "period": period, "stands": True, "is_suspended": False} | said))


def deadline_of(facts: DeadlineBasis, kind: DeadlineKind, ref: str | None = None) -> ComputedDeadline:
    (found,) = [each for each in deadlines_of(facts) if each.kind is kind and ref in (None, each.ref)]
    return found


def kinds(facts: DeadlineBasis, *, done: bool = False) -> list[DeadlineKind]:
    return [each.kind for each in deadlines_of(facts) if each.done is done]


# ---------------------------------------------------------------- custody and the on-call


@pytest.mark.row(45)
def test_custody_is_72_hours_from_the_arrest_for_cmm() -> None:
    custody = deadline_of(known(custody_since=OPENED), DeadlineKind.CUSTODY)
    assert custody.due_at == datetime(2026, 6, 23, 21, 30, tzinfo=UTC)
    assert (custody.starts_at, custody.due_on, custody.for_org, custody.ref) == (OPENED, date(2026, 6, 23), "cmm", "")
    assert custody.alerts == (OPENED + timedelta(hours=57, minutes=36),)
    assert not custody.done


@given(moments)
def test_72_and_24_hours_are_elapsed_hours_on_every_day_of_the_year(since: datetime) -> None:
    facts = known(custody_since=since, child_notified_at=since)
    for kind, hours in ((DeadlineKind.CUSTODY, 72), (DeadlineKind.CHILD_NOTIFICATION, 24)):
        found = deadline_of(facts, kind)
        assert found.due_at - since == timedelta(hours=hours)
        assert found.alerts == (since + timedelta(hours=hours) * 4 / 5,)
        assert found.due_on == on_date(found.due_at - timedelta(microseconds=1))


@pytest.mark.parametrize("day", CHANGES)
def test_hours_run_through_a_change_of_clocks(day: date) -> None:
    since = start_of(day) + timedelta(hours=1)
    assert deadline_of(known(custody_since=since), DeadlineKind.CUSTODY).due_at == since + timedelta(hours=72)


def test_hours_end_on_the_day_of_the_instant_at_which_they_end() -> None:
    found = deadline_of(known(child_notified_at=at("2026-05-04T00:00")), DeadlineKind.CHILD_NOTIFICATION)
    assert (found.due_at, found.due_on) == (at("2026-05-05T00:00"), date(2026, 5, 5))


@pytest.mark.parametrize(
    "facts",
    [
        {"custody_ended_at": OPENED},
        {"status": CaseStatus.DECIDED},
        {"status": CaseStatus.CLOSED},
        {"has_ended": True},
        {"departed_on": date(2026, 6, 22)},
    ],
)
def test_custody_is_done_when_the_person_is_out_or_the_case_decided(facts: dict[str, Any]) -> None:
    held = known(custody_since=OPENED, on_call_since=OPENED)
    assert {DeadlineKind.CUSTODY, DeadlineKind.ON_CALL} <= set(kinds(held))
    assert {DeadlineKind.CUSTODY, DeadlineKind.ON_CALL} <= set(kinds(replace(held, **facts), done=True))


def test_the_on_call_has_half_an_hour_from_each_start_and_no_earlier_alert() -> None:
    found = deadline_of(known(custody_since=OPENED, on_call_since=OPENED), DeadlineKind.ON_CALL)
    assert (found.due_at, found.due_on) == (OPENED + timedelta(minutes=30), date(2026, 6, 21))
    assert (found.starts_at, found.alerts, found.for_org, found.done, found.ref) == (OPENED, (), "cmm", False, "")
    taken = known(custody_since=OPENED, on_call_since=OPENED, on_call_has_it=True)
    assert deadline_of(taken, DeadlineKind.ON_CALL).done
    assert not deadline_of(taken, DeadlineKind.CUSTODY).done


def test_who_is_not_held_has_no_custody_deadline() -> None:
    assert kinds(known()) == [DeadlineKind.DECISION]


# ---------------------------------------------------------------- children


@pytest.mark.row(3)
def test_the_municipality_has_24_hours_to_assess_a_child() -> None:
    facts = known(child_notified_at=at("2026-05-04T16:00"), municipality="0101")
    found = deadline_of(facts, DeadlineKind.CHILD_NOTIFICATION)
    assert (found.due_at, found.due_on, found.for_org) == (at("2026-05-05T16:00"), date(2026, 5, 5), "kommune-0101")
    assert not found.done
    assert deadline_of(replace(facts, child_assessed_at=at("2026-05-05T10:00")), DeadlineKind.CHILD_NOTIFICATION).done
    assert deadline_of(replace(facts, departed_on=date(2026, 5, 5)), DeadlineKind.CHILD_NOTIFICATION).done
    assert deadline_of(replace(facts, municipality=None), DeadlineKind.CHILD_NOTIFICATION).for_org == "cmm"


# ---------------------------------------------------------------- the decision


@pytest.mark.row(10)
def test_the_decision_is_due_30_days_after_the_opening_and_told_at_80_percent() -> None:
    found = deadline_of(known(opened_at=at("2026-06-20T23:30")), DeadlineKind.DECISION)
    assert (found.starts_at, found.due_on, found.due_at) == (OPENED, date(2026, 7, 20), at("2026-07-21T00:00"))
    assert found.alerts == (OPENED + (found.due_at - OPENED) * 4 / 5,)
    assert (found.for_org, found.ref, found.done) == ("cmm", "", False)


@pytest.mark.parametrize(
    ("authority", "for_org"),
    [(Authority.US, "us"), (Authority.CMM, "cmm"), (Authority.COURT, "cmm"), (Authority.NEEDS_REVIEW, "cmm")],
)
def test_it_runs_for_whoever_decides_and_for_cmm_while_that_is_open(authority: Authority, for_org: str) -> None:
    assert deadline_of(known(authority=authority), DeadlineKind.DECISION).for_org == for_org


@pytest.mark.parametrize("status", CaseStatus)
def test_it_is_done_with_the_decision(status: CaseStatus) -> None:
    is_decided = status in (CaseStatus.DECIDED, CaseStatus.CLOSED)
    assert deadline_of(known(status=status), DeadlineKind.DECISION).done is is_decided
    assert deadline_of(known(status=status, departed_on=date(2026, 7, 1)), DeadlineKind.DECISION).done


def test_a_case_that_was_sent_back_is_decided_within_30_days_of_that() -> None:
    sent_back = SentBack("a1", date(2026, 10, 1))
    facts = known(sent_back=sent_back, status=CaseStatus.RECOMMENDED, authority=Authority.US)
    assert deadline_of(facts, DeadlineKind.DECISION, "").done
    again = deadline_of(facts, DeadlineKind.DECISION, "a1")
    assert (again.starts_at, again.due_on, again.for_org) == (at("2026-10-01T00:00"), date(2026, 10, 31), "us")
    assert again.due_at == at("2026-11-01T00:00")
    assert not again.done
    assert deadline_of(replace(facts, status=CaseStatus.DECIDED), DeadlineKind.DECISION, "a1").done


# ---------------------------------------------------------------- periods


def test_a_reflection_period_is_told_of_on_days_20_25_and_30_and_its_cap_14_days_before() -> None:
    facts = known(periods=(granted(),), authority=Authority.US, status=CaseStatus.DECIDED)
    period = deadline_of(facts, DeadlineKind.REFLECTION_PERIOD)
    assert period.alerts == (at("2026-03-29T00:00"), at("2026-04-03T00:00"), at("2026-04-08T00:00"))
    assert (period.due_on, period.due_at) == (date(2026, 4, 8), at("2026-04-09T00:00"))
    cap = deadline_of(facts, DeadlineKind.PERIOD_CAP)
    assert (cap.alerts, cap.due_on, cap.due_at) == ((at("2026-06-23T00:00"),), date(2026, 7, 7), at("2026-07-08T00:00"))
    departure = deadline_of(facts, DeadlineKind.DEPARTURE)
    assert (departure.due_on, departure.due_at) == (date(2026, 4, 8), at("2026-04-09T00:00"))
    starts_at = at("2026-03-09T00:00")
    assert departure.alerts == (starts_at + (departure.due_at - starts_at) * 4 / 5,)
    assert {each.for_org for each in (period, cap, departure)} == {"us"}
    assert {(each.ref, each.starts_at) for each in (period, cap, departure)} == {("p", starts_at)}


def test_a_restitution_period_has_no_departure_and_is_cmms() -> None:
    facts = known(periods=(granted(PeriodKind.RESTITUTION),), authority=Authority.US, status=CaseStatus.DECIDED)
    assert kinds(facts) == [DeadlineKind.RESTITUTION_PERIOD, DeadlineKind.PERIOD_CAP]
    assert deadline_of(facts, DeadlineKind.RESTITUTION_PERIOD).for_org == "cmm"


def test_while_asylum_suspends_it_there_is_no_departure() -> None:
    facts = known(periods=(granted(is_suspended=True),))
    assert DeadlineKind.DEPARTURE not in kinds(facts)
    assert DeadlineKind.REFLECTION_PERIOD in kinds(facts)


def test_an_extended_period_is_told_of_again_before_its_new_end() -> None:
    period = deadline_of(known(periods=(granted(until=date(2026, 5, 8)),)), DeadlineKind.REFLECTION_PERIOD)
    told = [on_date(instant).isoformat() for instant in period.alerts]
    assert told == ["2026-03-29", "2026-04-03", "2026-04-08", "2026-04-28", "2026-05-03", "2026-05-08"]
    assert period.due_on == date(2026, 5, 8)


@pytest.mark.parametrize("facts", [{"departed_on": date(2026, 4, 1)}, {"has_ended": True}])
def test_a_departure_or_the_end_of_the_case_ends_the_periods(facts: dict[str, Any]) -> None:
    done = {DeadlineKind.REFLECTION_PERIOD, DeadlineKind.PERIOD_CAP, DeadlineKind.DEPARTURE}
    assert done <= set(kinds(known(periods=(granted(),), **facts), done=True))
    assert done <= set(kinds(known(periods=(granted(stands=False),)), done=True)), (
        "nor does one without its decision run"
    )


@given(days, st.sampled_from(PeriodKind))
def test_a_period_lasts_calendar_days_and_warns_at_midnights(on: date, kind: PeriodKind) -> None:
    facts = known(periods=(granted(kind, on=on),))
    for found in deadlines_of(facts):
        assert found.due_at == end_of(found.due_on)
        assert all(instant < found.due_at for instant in found.alerts)
        if found.kind in (DeadlineKind.REFLECTION_PERIOD, DeadlineKind.RESTITUTION_PERIOD):
            assert found.alerts == tuple(start_of(on + timedelta(days=day)) for day in (20, 25, 30))
            assert (found.due_on - on).days == 30


@pytest.mark.parametrize("day", CHANGES)
def test_a_day_ends_at_midnight_in_copenhagen_whatever_its_length(day: date) -> None:
    found = deadline_of(known(risk=Assessment("r", date(2026, 1, 1), day)), DeadlineKind.RISK_REASSESSMENT)
    ends = found.due_at.astimezone(COPENHAGEN)
    assert (ends.date(), ends.hour, ends.minute) == (day + timedelta(days=1), 0, 0)


# ---------------------------------------------------------------- risk and return


def test_the_danger_is_assessed_again_by_the_day_that_was_set() -> None:
    facts = known(risk=Assessment("r1", date(2026, 6, 20), date(2026, 6, 30)))
    found = deadline_of(facts, DeadlineKind.RISK_REASSESSMENT)
    assert (found.ref, found.due_on, found.for_org, found.done) == ("r1", date(2026, 6, 30), "cmm", False)
    assert found.starts_at == at("2026-06-20T00:00")
    assert found.alerts == (found.starts_at + (found.due_at - found.starts_at) * 4 / 5,)
    assert deadline_of(replace(facts, departed_on=date(2026, 6, 25)), DeadlineKind.RISK_REASSESSMENT).done


def test_a_day_that_lay_before_its_start_is_over_at_once_and_needs_no_warning() -> None:
    found = deadline_of(
        known(risk=Assessment("r1", date(2026, 6, 20), date(2026, 6, 1))), DeadlineKind.RISK_REASSESSMENT
    )
    assert (found.alerts, found.due_at) == ((), at("2026-06-02T00:00"))
    same_day = deadline_of(
        known(risk=Assessment("r1", date(2026, 6, 20), date(2026, 6, 19))), DeadlineKind.RISK_REASSESSMENT
    )
    assert same_day.alerts == (), "a deadline that starts when it ends has no time of which 80 % could pass"


def test_after_a_departure_there_is_a_follow_up_every_month_until_reintegration_ends() -> None:
    facts = known(departed_on=date(2026, 7, 20), reintegration_until=date(2027, 1, 20), followed_up=frozenset({1, 3}))
    follow_ups = [each for each in deadlines_of(facts) if each.kind is DeadlineKind.FOLLOW_UP]
    assert [(each.ref, each.due_on.isoformat(), each.done) for each in follow_ups] == [
        ("1", "2026-08-20", True),
        ("2", "2026-09-20", False),
        ("3", "2026-10-20", True),
        ("4", "2026-11-20", False),
        ("5", "2026-12-20", False),
        ("6", "2027-01-20", False),
    ]
    assert [on_date(each.starts_at).day for each in follow_ups] == [20] * 6
    assert follow_ups[1].starts_at == at("2026-08-20T00:00")
    reintegration = deadline_of(facts, DeadlineKind.REINTEGRATION)
    assert (reintegration.due_on, reintegration.starts_at) == (date(2027, 1, 20), at("2026-07-20T00:00"))
    assert {each.for_org for each in (*follow_ups, reintegration)} == {"cmm"}
    assert not reintegration.done
    assert deadline_of(replace(facts, followed_up=frozenset({6})), DeadlineKind.REINTEGRATION).done
    assert all(each.done for each in deadlines_of(replace(facts, has_ended=True)))


def test_without_a_departure_there_is_nothing_to_follow_up() -> None:
    for facts in (known(departed_on=date(2026, 7, 20)), known(reintegration_until=date(2027, 1, 20))):
        assert {DeadlineKind.FOLLOW_UP, DeadlineKind.REINTEGRATION}.isdisjoint(kinds(facts) + kinds(facts, done=True))


@given(days, st.integers(1, 12))
def test_follow_ups_never_lie_beyond_reintegration(departed_on: date, months: int) -> None:
    until = departed_on + timedelta(days=31 * months)
    facts = known(departed_on=departed_on, reintegration_until=until)
    due = [each.due_on for each in deadlines_of(facts) if each.kind is DeadlineKind.FOLLOW_UP]
    assert due == sorted(set(due))
    assert len(due) >= months
    assert max(due) <= until


def test_before_the_first_table_its_terms_hold() -> None:
    assert terms_on(date(1890, 1, 1)) == terms_on(date(2025, 12, 31))
    assert terms_on(date(2025, 12, 31)).version == "clocks-2021"
    assert terms_on(date(2026, 1, 1)).version == "clocks-2026"


def test_of_a_merged_case_deadlines_run_on_for_whom_the_work_goes_on_nowhere_else() -> None:
    facts = known(custody_since=OPENED, child_notified_at=OPENED, municipality="0461", authority=Authority.US)
    running = {each.for_org for each in deadlines_of(facts) if not each.done}
    assert {"cmm", "us", "kommune-0461"} <= running
    merged = deadlines_of(replace(facts, goes_on_elsewhere_for=frozenset({"cmm"})))
    assert {each.for_org for each in merged if not each.done} == running - {"cmm"}
    assert not replace(facts, goes_on_elsewhere_for=frozenset({"cmm"})).is_held, "CMM has the hours of custody there"


def test_an_ended_deadline_is_the_same_deadline_but_done() -> None:
    facts = known(custody_since=OPENED, child_notified_at=OPENED, periods=(granted(),))
    ended = deadlines_of(replace(facts, has_ended=True))
    assert ended == [replace(each, done=True) for each in deadlines_of(facts)]
