"""A deadline as it is kept: every alert is given in order and once, whatever moves its end meanwhile; and its state."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.models import Deadline
from services.identification.deadlines.rows import end_row, fire, new_row, set_row, state_of
from services.identification.deadlines.rules import DeadlineBasis
from shared.contract.codes import DeadlineKind, DeadlineState
from shared.kernel.clock import on_date
from tests.identification.deadlines.test_rules import OPENED, at, deadline_of, granted, known


def kept(facts: DeadlineBasis, kind: DeadlineKind, *, now: datetime = OPENED) -> Deadline:
    return new_row(deadline_of(facts, kind), case_id=uuid4(), now=now)


def test_a_new_row_shows_the_deadline_and_waits_for_its_first_alert() -> None:
    facts = known(custody_since=OPENED)
    found, row = deadline_of(facts, DeadlineKind.CUSTODY), kept(facts, DeadlineKind.CUSTODY)
    shown = (row.kind, row.ref, row.starts_at, row.due_at, row.due_on, row.for_org, tuple(row.alerts))
    assert shown == (found.kind, "", found.starts_at, found.due_at, found.due_on, "cmm", found.alerts)
    assert (row.next_alert_at, row.alerted_until, row.done_at) == (found.alerts[0], None, None)


def test_everything_up_to_a_moment_is_told_in_order_and_once() -> None:
    row = kept(known(periods=(granted(),)), DeadlineKind.REFLECTION_PERIOD)
    assert fire(row, until=at("2026-03-28T23:59")) == []
    assert fire(row, until=at("2026-04-03T00:00")) == [
        (at("2026-03-29T00:00"), DeadlineState.DUE),
        (at("2026-04-03T00:00"), DeadlineState.DUE),
    ]
    assert row.alerted_until == at("2026-04-03T00:00")
    assert row.next_alert_at == at("2026-04-08T00:00")
    assert fire(row, until=at("2026-04-03T00:00")) == []
    assert fire(row, until=at("2027-01-01T00:00")) == [
        (at("2026-04-08T00:00"), DeadlineState.DUE),
        (at("2026-04-09T00:00"), DeadlineState.PASSED),
    ]
    assert row.next_alert_at is None
    assert fire(row, until=at("2028-01-01T00:00")) == []


def test_what_is_done_tells_nothing_more_and_keeps_when_it_was_done() -> None:
    facts = known(custody_since=OPENED)
    row = kept(facts, DeadlineKind.CUSTODY)
    done = replace(deadline_of(facts, DeadlineKind.CUSTODY), done=True)
    first, later = OPENED + timedelta(hours=1), OPENED + timedelta(hours=2)
    set_row(row, done, now=first)
    set_row(row, done, now=later)
    assert (row.done_at, row.next_alert_at) == (first, None)
    assert fire(row, until=OPENED + timedelta(days=9)) == []
    assert state_of(row, now=OPENED + timedelta(days=9)) is DeadlineState.DONE
    set_row(row, replace(done, done=False), now=later)
    assert row.done_at is None
    assert row.next_alert_at == row.alerts[0], "a case that is opened again runs on"


def test_a_deadline_that_nothing_gives_any_more_is_done() -> None:
    row = kept(known(custody_since=OPENED), DeadlineKind.CUSTODY)
    end_row(row, now=OPENED)
    end_row(row, now=OPENED + timedelta(hours=1))
    assert (row.done_at, row.next_alert_at) == (OPENED, None)


def test_an_extension_moves_the_end_and_tells_nothing_twice() -> None:
    row = kept(known(periods=(granted(),)), DeadlineKind.REFLECTION_PERIOD)
    fire(row, until=at("2026-04-04T00:00"))
    longer = known(periods=(granted(until=date(2026, 5, 8)),))
    set_row(row, deadline_of(longer, DeadlineKind.REFLECTION_PERIOD), now=at("2026-04-04T00:00"))
    assert state_of(row, now=at("2026-04-05T00:00")) is DeadlineState.RUNNING, "there is time again"
    told = fire(row, until=at("2026-05-09T00:00"))
    assert [(on_date(instant).isoformat(), state.value) for instant, state in told] == [
        ("2026-04-08", "due"),
        ("2026-04-28", "due"),
        ("2026-05-03", "due"),
        ("2026-05-08", "due"),
        ("2026-05-09", "passed"),
    ]


def test_a_deadline_that_turns_out_to_be_over_already_is_told_to_have_passed() -> None:
    row = kept(known(custody_since=OPENED), DeadlineKind.CUSTODY)
    fire(row, until=OPENED + timedelta(hours=60))
    earlier = deadline_of(known(custody_since=OPENED - timedelta(hours=40)), DeadlineKind.CUSTODY)
    set_row(row, earlier, now=OPENED + timedelta(hours=60))
    assert fire(row, until=OPENED + timedelta(hours=60)) == [(earlier.due_at, DeadlineState.PASSED)]
    assert state_of(row, now=OPENED + timedelta(hours=60)) is DeadlineState.PASSED


def test_the_same_deadline_set_again_changes_nothing() -> None:
    facts = known(periods=(granted(),))
    row = kept(facts, DeadlineKind.REFLECTION_PERIOD)
    fire(row, until=at("2026-03-29T00:00"))
    before = row.model_dump()
    set_row(row, deadline_of(facts, DeadlineKind.REFLECTION_PERIOD), now=at("2026-03-30T00:00"))
    assert row.model_dump() == before
    assert state_of(row, now=at("2026-03-30T00:00")) is DeadlineState.DUE


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-03-28T23:59", DeadlineState.RUNNING),
        ("2026-03-29T00:00", DeadlineState.DUE),
        ("2026-04-08T23:59", DeadlineState.DUE),
        ("2026-04-09T00:00", DeadlineState.PASSED),
    ],
)
def test_a_deadline_runs_is_due_from_its_first_alert_and_passes_with_its_last_day(
    moment: str, state: DeadlineState
) -> None:
    row = kept(known(periods=(granted(),)), DeadlineKind.REFLECTION_PERIOD)
    assert state_of(row, now=at(moment)) is state


@pytest.mark.row(46)
@given(
    steps=st.lists(st.tuples(st.integers(0, 12 * 24), st.none() | st.integers(1, 90)), max_size=12),
    kind=st.sampled_from([DeadlineKind.REFLECTION_PERIOD, DeadlineKind.PERIOD_CAP, DeadlineKind.DEPARTURE]),
)
def test_at_every_instant_the_state_is_what_was_told_last_of_that_due_date(
    steps: list[tuple[int, int | None]], kind: DeadlineKind
) -> None:
    """Hours pass, the period is extended (`None`: it is not), and after each step everything due is told."""
    now, ends_on = at("2026-03-09T12:00"), date(2026, 4, 8)
    row = kept(known(periods=(granted(),)), kind)
    heard: list[tuple[datetime, datetime, DeadlineState]] = []
    for hours, longer in steps:
        now += timedelta(hours=hours)
        heard += [(row.due_at, instant, state) for instant, state in fire(row, until=now)]
        if longer and on_date(now) <= ends_on:
            ends_on = min(ends_on + timedelta(days=longer), date(2026, 7, 7))
            set_row(row, deadline_of(known(periods=(granted(until=ends_on),)), kind), now=now)
            heard += [(row.due_at, instant, state) for instant, state in fire(row, until=now)]
        of_this = [state for due_at, _, state in heard if due_at == row.due_at]
        assert state_of(row, now=now) is (of_this[-1] if of_this else DeadlineState.RUNNING)
    told = [(instant, state) for _, instant, state in heard]
    assert told == sorted(set(told), key=lambda each: each[0]), "in order, and nothing twice"
