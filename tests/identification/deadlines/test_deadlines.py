"""Deadlines: the list and the notifications say the same, each organisation sees its own, and nothing is told twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.identification.deadlines import domain as deadlines
from shared.identity.actor import Actor
from shared.observability.metrics import exposition
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, open_case, open_cases
from tests.world import World

DEADLINES = "/identification/v1/deadlines"
OPENED = "2026-03-02T09:30:00+01:00"


async def listed(havn: World, org: str = "cmm", **asked: Any) -> list[dict[str, Any]]:
    page = await havn.partner(org).get(DEADLINES, **asked)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


async def told(havn: World, kind: str | None = None) -> list[tuple[str, str, str]]:
    """The notifications: kind, state, and when."""
    found = await havn.events("identification", "deadline-approaching")
    return [(each["kind"], each["state"], each["occurred_at"]) for each in found if kind in (None, each["kind"])]


async def decided(havn: World, *, by: str = "US", person: dict[str, Any] = US_DECIDES) -> Opened:
    """A case of 2026-03-02, decided and given its period on 2026-03-09."""
    await havn.set_clock(OPENED)
    case = await open_case(havn, person, occurred_at=OPENED)
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    await case.decide(by)
    await case.grant(by=by.lower())
    return case


# ---------------------------------------------------------------- the decision


@pytest.mark.row(10)
async def test_the_decisions_deadline_is_shown_and_told_at_80_percent_and_at_the_breach(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, US_DECIDES, occurred_at=OPENED)
    (shown,) = await listed(havn, "us")
    assert shown == {
        "kind": "decision",
        "case_id": case.id,
        "due_at": "2026-04-01T22:00:00Z",
        "due_on": "2026-04-01",
        "state": "running",
        "for_org": "us",
    }
    assert (await case.details())["deadlines"] == [shown]
    await havn.set_clock("2026-03-26T09:00:00+01:00")
    assert await told(havn) == []
    await havn.set_clock("2026-03-27T12:00:00+01:00")
    (warning,) = await told(havn)
    assert warning == ("decision", "due", "2026-03-26T19:18:00Z"), "80 % of the time, not when the sweep came by"
    assert (await listed(havn, "us"))[0]["state"] == "due"
    await havn.set_clock("2026-04-02T00:00:00+02:00")
    assert (await told(havn))[1:] == [("decision", "passed", "2026-04-01T22:00:00Z")]
    assert (await listed(havn, "us", state="passed"))[0]["case_id"] == case.id
    assert (await case.details())["status"] == "referred", "no clock does more than tell"
    await case.decide("US", decided_on="2026-04-01")
    assert await listed(havn, "us") == []
    assert [each["kind"] for each in await listed(havn, "us", state="done")] == ["decision"]


async def test_it_runs_for_cmm_until_a_lawyer_has_settled_who_decides(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    assert [each["for_org"] for each in await listed(havn)] == ["cmm"]
    await case.settle("US")
    assert [each["for_org"] for each in await listed(havn)] == ["us"]


async def test_a_decision_in_time_is_told_of_nobody(havn: World) -> None:
    await decided(havn)
    await havn.set_clock("2026-04-20T12:00:00+02:00")
    assert await told(havn, "decision") == []


async def test_the_courts_decision_recorded_by_the_prosecution_ends_the_wait_and_keeps_the_period(havn: World) -> None:
    case = await decided(havn)
    court = await case.try_deciding("COURT", by="anklagemyndigheden", decided_on="2026-03-09")
    assert court.status_code == 201, court.text
    assert {each["kind"] for each in await listed(havn)} == {"reflection_period", "departure", "period_cap"}


# ---------------------------------------------------------------- periods


async def test_a_jump_of_the_clock_tells_everything_in_between_once_and_in_order(havn: World) -> None:
    await decided(havn)
    await havn.set_clock("2026-07-10T12:00:00+02:00")
    expected = [
        ("reflection_period", "due", "2026-03-28T23:00:00Z"),
        ("departure", "due", "2026-04-02T17:24:00Z"),
        ("reflection_period", "due", "2026-04-02T22:00:00Z"),
        ("reflection_period", "due", "2026-04-07T22:00:00Z"),
        ("departure", "passed", "2026-04-08T22:00:00Z"),
        ("reflection_period", "passed", "2026-04-08T22:00:00Z"),
        ("period_cap", "due", "2026-06-22T22:00:00Z"),
        ("period_cap", "passed", "2026-07-07T22:00:00Z"),
    ]
    assert await told(havn) == expected
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    await havn.set_clock("2026-08-10T12:00:00+02:00")
    assert await told(havn) == expected


async def test_an_extension_moves_the_end_and_repeats_no_warning(havn: World) -> None:
    case = await decided(havn)
    (period,) = (await case.details())["periods"]
    await havn.set_clock("2026-04-04T12:00:00+02:00")
    before = await told(havn, "reflection_period")
    longer = {"until": "2026-05-08", "reason": "special_reasons"}
    assert (await case.post(f"/periods/{period['period_id']}/extensions", longer, by="us")).status_code == 201
    assert await told(havn, "reflection_period") == before
    shown = {each["kind"]: each for each in await listed(havn)}
    assert (shown["reflection_period"]["due_on"], shown["departure"]["due_on"]) == ("2026-05-08", "2026-05-08")
    assert shown["reflection_period"]["state"] == "running"
    await havn.set_clock("2026-05-09T00:00:00+02:00")
    assert [(state, instant[:10]) for _, state, instant in (await told(havn, "reflection_period"))[len(before) :]] == [
        ("due", "2026-04-07"),
        ("due", "2026-04-27"),
        ("due", "2026-05-02"),
        ("due", "2026-05-07"),
        ("passed", "2026-05-08"),
    ]


async def test_a_clock_that_is_set_when_it_is_due_already_is_told_of_at_once(havn: World) -> None:
    await havn.set_clock("2026-04-04T12:00:00+02:00")
    case = await open_case(havn, US_DECIDES, occurred_at=OPENED)
    await case.decide("US", decided_on="2026-03-09")
    assert await told(havn) == []
    await case.grant("2026-03-09", by="us")
    assert [kind for kind, state, _ in await told(havn) if state == "due"] == [
        "reflection_period",
        "departure",
        "reflection_period",
    ]


async def test_a_closed_case_has_no_clock_left(havn: World) -> None:
    case = await decided(havn)
    closed = await case.post("/closure", {"on": "2026-03-09", "reason": "She has gone home."})
    assert closed.status_code in (200, 201), closed.text
    assert await listed(havn) == []
    await havn.set_clock("2026-09-09T12:00:00+02:00")
    assert await told(havn) == []
    assert {each["state"] for each in await listed(havn, state="done")} == {"done"}


# ---------------------------------------------------------------- the list


async def test_of_an_erased_case_nothing_runs_again(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, occurred_at=OPENED)
    assert {each["kind"] for each in await listed(havn)} == {"decision"}
    await havn.sql("identification", "DELETE FROM deadline")
    await havn.sql("identification", "UPDATE case_file SET erased_at = now(), is_wound = false")
    await havn.set_clock("2026-05-01T12:00:00+02:00")
    assert [row["is_wound"] for row in await havn.sql("identification", "SELECT is_wound FROM case_file")] == [True]
    assert await havn.sql("identification", "SELECT kind FROM deadline WHERE done_at IS NULL") == []
    assert await told(havn) == []
    assert {each["case_id"] for each in await listed(havn, state="done")} == {case.id}


async def test_each_organisation_sees_the_clocks_of_the_cases_it_works_on(havn: World) -> None:
    await havn.set_clock(OPENED)
    one, two = await open_cases(havn, US_DECIDES, CMM_DECIDES, occurred_at=OPENED)
    assert {each["case_id"] for each in await listed(havn)} == {one.id, two.id}
    assert {each["case_id"] for each in await listed(havn, "us")} == {one.id}
    for org in ("politi-oestjylland", "reden", "politi-fyn", "anklagemyndigheden"):
        assert await listed(havn, org) == [], org


async def test_a_role_that_may_not_know_the_file_does_not_see_the_list(havn: World) -> None:
    for role in ("health", "facility_manager"):
        assert (await havn.partner("cmm", role).get(DEADLINES)).status_code == 403, role


async def test_the_list_is_sorted_by_what_is_over_first_and_comes_in_pages(havn: World) -> None:
    await decided(havn)
    await open_case(havn, CMM_DECIDES, occurred_at=OPENED)
    cmm = havn.partner("cmm")
    found, cursor = [], None
    while True:
        page = (await cmm.get(DEADLINES, limit=1, cursor=cursor)).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [each["due_on"] for each in found] == ["2026-04-08", "2026-04-08", "2026-04-08", "2026-07-07"]
    assert found == await listed(havn)


@pytest.mark.parametrize(
    ("until", "kinds"),
    [
        ("2026-04-07", []),
        ("2026-04-08", ["departure", "reflection_period"]),
        ("2026-04-08T21:59:59Z", []),
        ("2026-04-08T22:00:00Z", ["departure", "reflection_period"]),
        ("2026-04-09T00:00:00+02:00", ["departure", "reflection_period"]),
        ("2026-07-07", ["departure", "reflection_period", "period_cap"]),
    ],
)
async def test_until_is_a_day_with_its_end_or_an_instant(havn: World, until: str, kinds: list[str]) -> None:
    await decided(havn)
    assert [each["kind"] for each in await listed(havn, until=until)] == kinds


async def test_filters_take_what_the_contract_knows_and_refuse_the_rest(havn: World) -> None:
    await decided(havn)
    assert [each["kind"] for each in await listed(havn, kind="departure")] == ["departure"]
    assert await listed(havn, kind="custody") == []
    for asked in ({"state": "late"}, {"kind": "lunch"}, {"until": "tomorrow"}, {"until": "2026-02-30"}):
        assert (await havn.partner("cmm").get(DEADLINES, **asked)).status_code == 422, asked


async def test_the_number_of_statements_does_not_grow_with_the_list(havn: World) -> None:
    await open_case(havn, US_DECIDES)
    await havn.settled()
    with havn.statements("identification") as few:
        await listed(havn)
    await open_cases(havn, *(US_DECIDES for _ in range(12)))
    await havn.settled()
    assert len(await listed(havn)) == 13
    with havn.statements("identification") as many:
        await listed(havn)
    assert len(many) == len(few)


# ---------------------------------------------------------------- the list and the notifications


async def fold(havn: World) -> dict[tuple[str, str, str], str]:
    """What the notifications say of every clock: the last state told of that due date; none is running."""
    found = await havn.events("identification", "deadline-approaching")
    return {(each["case_id"], each["kind"], each["due_at"]): each["state"] for each in found}


STEPS = st.lists(
    st.sampled_from(["hours", "days", "weeks", "extend", "hold", "release", "open", "decide"]), min_size=3, max_size=10
)


@pytest.mark.row(46)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
async def test_at_every_instant_the_list_says_what_the_notifications_have_said(havn: World, steps: list[str]) -> None:
    await havn.forget_everything()
    now = datetime(2026, 3, 20, 9, tzinfo=UTC)
    await havn.set_clock(now)
    cases = [await decided_at(havn, now)]
    for step in steps:
        now += {"hours": timedelta(hours=7), "days": timedelta(days=4), "weeks": timedelta(days=13)}.get(
            step, timedelta(minutes=1)
        )
        await havn.set_clock(now)
        await take(havn, step, cases, now)
        said, shown = await fold(havn), await listed(havn, limit=100)
        for each in shown:
            key = (each["case_id"], each["kind"], each["due_at"])
            assert each["state"] == said.get(key, "running"), (step, each)
        overdue = {(each["case_id"], each["kind"]) for each in await listed(havn, state="passed", limit=100)}
        assert overdue == {(each["case_id"], each["kind"]) for each in shown if each["state"] == "passed"}
        for state in ("running", "due"):
            assert await listed(havn, state=state, limit=100) == [each for each in shown if each["state"] == state]
    found = await havn.events("identification", "deadline-approaching")
    keys = [(each["case_id"], each["kind"], each["occurred_at"], each["state"]) for each in found]
    assert len(keys) == len(set(keys)), "nothing is told twice"


async def decided_at(havn: World, now: datetime) -> Opened:
    case = await open_case(havn, US_DECIDES, occurred_at=now.isoformat())
    await case.decide("US", decided_on=now.date().isoformat())
    await case.grant(now.date().isoformat(), by="us")
    return case


async def take(havn: World, step: str, cases: list[Opened], now: datetime) -> None:
    """One thing that happens; whether it is allowed at this point does not matter."""
    case, moment = cases[-1], now.isoformat()
    if step == "open":
        cases.append(await open_case(havn, US_DECIDES, occurred_at=moment))
    elif step == "hold":
        await case.post("/custody", {"since": moment})
    elif step == "release":
        await case.post("/custody/end", {"ended_at": moment})
    elif step == "decide":
        await case.recommend() if (await case.details())["status"] == "referred" else None
        await case.try_deciding("US", decided_on=now.date().isoformat())
    elif step == "extend":
        for period in (await case.details())["periods"]:
            until = (datetime.fromisoformat(period["ends_on"]) + timedelta(days=20)).date().isoformat()
            longer = {"until": min(until, period["cap_on"]), "reason": "special_reasons"}
            await case.post(f"/periods/{period['period_id']}/extensions", longer, by="us")


async def test_two_sweeps_at_once_tell_nothing_twice(havn: World) -> None:
    await havn.set_clock(OPENED)
    await open_cases(havn, *(US_DECIDES for _ in range(20)), occurred_at=OPENED)
    later = datetime(2026, 5, 1, tzinfo=UTC)
    database = havn.application.databases["identification"]

    async def sweep() -> None:
        async with database.transaction(Actor.system("identification")) as work:
            await deadlines.fire_due(replace(work, now=later))
            await asyncio.sleep(0.05)

    await asyncio.gather(*(sweep() for _ in range(4)))
    assert len(await told(havn)) == 40


async def test_more_than_one_batch_is_told_in_order(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "BATCH", 3)
    await havn.set_clock(OPENED)
    await open_cases(havn, *(US_DECIDES for _ in range(8)), occurred_at=OPENED)
    await havn.set_clock("2026-03-03T09:30:00+01:00")
    await open_cases(havn, *(US_DECIDES for _ in range(4)), occurred_at=OPENED)
    await havn.set_clock("2026-05-01T00:00:00+02:00")
    found = await told(havn)
    assert len(found) == 24
    assert found == sorted(found, key=lambda each: each[2])


async def test_a_sweep_that_fails_keeps_no_other_from_its_work(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = havn.application.workers["identification"]
    await havn.set_clock(OPENED)
    await open_case(havn, US_DECIDES, occurred_at=OPENED)
    ran: list[str] = []

    async def fails(*_: Any) -> None:
        ran.append("fails")
        raise RuntimeError("broken")

    async def works(*_: Any) -> None:
        ran.append("works")

    class Broken:
        name, sweeps = "identification", (fails, works)

    monkeypatch.setattr(worker, "_service", Broken)
    with pytest.raises(RuntimeError, match="broken"):
        await worker.sweep()
    assert ran == ["fails", "works"]


async def test_how_many_clocks_have_passed_is_a_metric(havn: World) -> None:
    await havn.set_clock(OPENED)
    await open_cases(havn, US_DECIDES, US_DECIDES, occurred_at=OPENED)
    await havn.set_clock("2026-05-01T00:00:00+02:00")
    assert 'havn_deadlines_passed{kind="decision"} 2.0' in exposition().decode()
    assert 'havn_deadlines_passed{kind="custody"} 0.0' in exposition().decode()


async def test_only_havn_itself_sets_clocks(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    seen = await havn.sql_as_runtime("identification", "UPDATE deadline SET done_at = now() RETURNING 1", org="reden")
    assert seen == []
    with pytest.raises(Exception, match="row-level security"):
        await havn.sql_as_runtime("identification", "UPDATE deadline SET done_at = now()", org="cmm")
    assert len(await listed(havn)) == 1
    assert {each["case_id"] for each in await listed(havn)} == {case.id}


async def test_the_hours_of_whom_a_police_holds_are_found_without_looking_at_all_deadlines(havn: World) -> None:
    police, sent = "politi-oestjylland", list[tuple[str, list[Any]]]()
    await open_case(havn, US_DECIDES, sender=police)
    await havn.sql(
        "identification",
        "INSERT INTO deadline (case_id, kind, ref, starts_at, due_at, due_on, for_org, alerts)"
        " SELECT case_id, 'decision', n::text, starts_at, due_at, due_on, 'us', alerts"
        " FROM deadline, generate_series(1, 5000) AS n",
    )
    await havn.sql("identification", "ANALYZE deadline")
    database = havn.application.databases["identification"]
    database.on_statement = lambda text, values: sent.append((text, [*values]))
    found = await listed(havn, police)
    database.on_statement = lambda _, __: None
    assert found == []
    ((text, values),) = [(text, values) for text, values in sent if "deadline.alerts" in text]
    plan = await havn.sql_as_runtime("identification", f"EXPLAIN {text}", *values, org=police)
    assert "ix_deadline_custody" in "\n".join(row[0] for row in plan)
