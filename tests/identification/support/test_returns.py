"""Prepared return: agreed first, then the departure, then a follow-up in each month of the reintegration."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.support import returns
from tests.identification.builders import CMM_DECIDES, name_of, open_case
from tests.identification.life import decided_case, done, follow_up, plan_return, put, told
from tests.world import World

PLAN: dict[str, Any] = {"destination": "ROU", "agreed_on": "2026-06-19", "planned_departure_on": "2026-07-20"}
DEPARTED = PLAN | {"departed_on": "2026-07-20"}
DAYS = st.dates(date(2007, 1, 1), date(2150, 12, 31))


# ---------------------------------------------------------------- reintegration: 6 months after departure, follow-up monthly


@pytest.mark.parametrize(
    ("departed_on", "month", "due_on"),
    [
        ("2026-07-20", 1, "2026-08-20"),
        ("2026-07-20", 3, "2026-10-20"),
        ("2026-07-20", 6, "2027-01-20"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2026-12-31", 2, "2027-02-28"),
    ],
)
def test_reintegration_is_followed_monthly_for_six_months(departed_on: str, month: int, due_on: str) -> None:
    assert returns.follow_up_due_on(date.fromisoformat(departed_on), month) == date.fromisoformat(due_on)


@given(DAYS, st.integers(1, 60))
def test_a_follow_up_is_due_in_the_month_it_is_named_for(departed_on: date, month: int) -> None:
    due_on = returns.follow_up_due_on(departed_on, month)
    assert (due_on.year - departed_on.year) * 12 + due_on.month - departed_on.month == month
    assert due_on.day <= departed_on.day
    # The day is kept unless the month has none such: then it is the month's last.
    assert due_on.day == departed_on.day or (due_on.month != date.fromordinal(due_on.toordinal() + 1).month)


@given(DAYS, st.integers(1, 59))
def test_follow_ups_are_a_month_apart_and_in_order(departed_on: date, month: int) -> None:
    first, second = (returns.follow_up_due_on(departed_on, each) for each in (month, month + 1))
    assert 28 <= (second - first).days <= 31


@given(DAYS, DAYS)
def test_who_leaves_later_is_not_due_earlier(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert returns.follow_up_due_on(earlier, 6) <= returns.follow_up_due_on(later, 6)


# ---------------------------------------------------------------- the plan


async def test_the_plan_and_the_departure_are_told_with_their_days(havn: World) -> None:
    case = await decided_case(havn)
    planned = await plan_return(case)
    assert planned == PLAN | {"departed_on": None, "reintegration_until": None, "follow_ups": []}
    left = await plan_return(case, departed_on="2026-07-20")
    assert left["reintegration_until"] == "2027-01-20"
    assert [each["due_on"] for each in left["follow_ups"]] == [
        "2026-08-20",
        "2026-09-20",
        "2026-10-20",
        "2026-11-20",
        "2026-12-20",
        "2027-01-20",
    ]
    assert await done(case.get("/return-plan", purpose="support")) == left
    (agreed,) = await told(case, "return-planned")
    assert (agreed["destination"], agreed["agreed_on"]) == ("ROU", "2026-06-19")
    (departed,) = await told(case, "person-departed")
    assert (departed["departed_on"], departed["reintegration_until"]) == ("2026-07-20", "2027-01-20")


async def test_a_plan_does_not_depend_on_testimony_or_on_a_decision(havn: World) -> None:
    await plan_return(await open_case(havn, CMM_DECIDES))


async def test_a_plan_says_which_version_of_the_case_it_changes(havn: World) -> None:
    case = await decided_case(havn)
    cmm, path = havn.partner("cmm"), f"{case.path}/return-plan"
    assert name_of(await cmm.put(path, PLAN)) == (428, "IfMatchMissing")
    seen = await case.etag()
    await case.interview("2026-03-10T10:00:00+01:00")
    assert name_of(await cmm.put(path, PLAN, if_match=seen)) == (412, "Stale")
    assert (await case.get("/return-plan", purpose="support")).status_code == 404, "nothing was stored"
    first = await cmm.put(path, PLAN, if_match=await case.etag())
    assert first.status_code == 200
    read = await case.get("/return-plan", purpose="support")
    assert read.headers["etag"] == first.headers["etag"]
    assert (await cmm.put(path, DEPARTED, if_match=read.headers["etag"])).status_code == 200


async def test_a_return_is_agreed_on_before_the_person_leaves(havn: World) -> None:
    case = await decided_case(havn)
    for said in ({"departed_on": "2026-06-18"}, {"planned_departure_on": "2026-06-18"}):
        refused = await put(case, "/return-plan", PLAN | said)
        assert name_of(refused) == (422, "PlanOutOfOrder")
        assert "2026-06-19" in refused.json()["detail"]
    assert (await case.get("/return-plan", purpose="support")).status_code == 404
    await plan_return(case, departed_on="2026-06-19", planned_departure_on=None)


async def test_a_departure_is_corrected_and_never_taken_back(havn: World) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    assert name_of(await put(case, "/return-plan", PLAN)) == (409, "DepartureStands")
    corrected = await plan_return(case, departed_on="2026-07-21")
    assert corrected["reintegration_until"] == "2027-01-21"
    await plan_return(case, departed_on="2026-07-21")
    assert [event["departed_on"] for event in await told(case, "person-departed")] == ["2026-07-20", "2026-07-21"]
    assert len(await told(case, "return-planned")) == 1, "the plan itself did not change"


# ---------------------------------------------------------------- follow-ups


async def test_who_was_not_reached_may_be_later_in_the_month_and_that_counts(havn: World) -> None:
    await havn.set_clock("2026-08-19T12:00:00+02:00")
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    await done(follow_up(case, 1, "2026-07-25", contacted=False), 201)
    reached = await done(follow_up(case, 1, "2026-08-18"), 201)
    assert (reached["contacted"], reached["on"]) == (True, "2026-08-18")
    for contacted in (True, False):
        assert name_of(await follow_up(case, 1, "2026-08-19", contacted=contacted)) == (409, "FollowUpAlreadyMade")
    kept, *_ = (await done(case.get("/return-plan", purpose="support")))["follow_ups"]
    assert (kept["month"], kept["contacted"], kept["on"]) == (1, True, "2026-08-18")
    assert [event["contacted"] for event in await told(case, "follow-up-made")] == [False, True]


async def test_each_month_has_one_follow_up_after_the_departure(havn: World) -> None:
    await havn.set_clock("2027-03-01T12:00:00+01:00")
    case = await decided_case(havn)
    assert name_of(await follow_up(case, 1, "2026-08-20")) == (409, "NotDeparted")
    await plan_return(case)
    assert name_of(await follow_up(case, 1, "2026-08-20")) == (409, "NotDeparted")
    await plan_return(case, departed_on="2026-07-20")
    assert name_of(await follow_up(case, 1, "2026-07-19")) == (422, "FollowUpOutOfTime")
    made = await done(follow_up(case, 1, "2026-08-20"), 201)
    assert (made["month"], made["contacted"], made["on"]) == (1, True, "2026-08-20")
    assert name_of(await follow_up(case, 1, "2026-08-21")) == (409, "FollowUpAlreadyMade")
    assert name_of(await follow_up(case, 7, "2027-02-20")) == (422, "FollowUpOutOfTime")
    for month in (0, -1, 1.5, "1"):
        answer = await case.post("/return-plan/follow-ups", {"month": month, "contacted": True, "on": "2026-08-20"})
        assert name_of(answer) == (422, "InvalidInput")
    (event,) = await told(case, "follow-up-made")
    assert (event["month"], event["contacted"], event["on"]) == (1, True, "2026-08-20")
    first, second, *_ = (await done(case.get("/return-plan", purpose="support")))["follow_ups"]
    assert first == {"month": 1, "due_on": "2026-08-20", "on": "2026-08-20", "contacted": True}
    assert second == {"month": 2, "due_on": "2026-09-20", "on": None, "contacted": None}


@pytest.mark.parametrize(("month", "begins_on"), [(1, "2026-08-31"), (2, "2026-09-30"), (6, "2027-01-31")])
async def test_a_follow_up_is_made_in_its_month_or_later(havn: World, month: int, begins_on: str) -> None:
    await havn.set_clock("2027-09-01T12:00:00+01:00")
    case = await decided_case(havn)
    await plan_return(case, planned_departure_on=None, departed_on="2026-08-31")
    too_early = date.fromisoformat(begins_on) - timedelta(days=1)
    for contacted in (True, False):
        refused = await follow_up(case, month, str(too_early), contacted=contacted)
        assert name_of(refused) == (422, "FollowUpOutOfTime")
    if month > 1:
        assert begins_on in refused.json()["detail"]
    kept = (await done(case.get("/return-plan", purpose="support")))["follow_ups"]
    assert [each for each in kept if each["on"]] == []
    (runs,) = [each for each in await deadlines(havn) if each["due_on"] == kept[month - 1]["due_on"]]
    assert runs["state"] != "done", "the month's deadline runs on"
    await done(follow_up(case, month, begins_on), 201)


async def deadlines(havn: World) -> list[dict[str, Any]]:
    asked = await done(havn.partner("cmm").get("/identification/v1/deadlines", kind="follow_up", limit=100))
    items: list[dict[str, Any]] = asked["items"]
    return items


async def test_a_person_who_is_not_reached_in_any_month_raises_an_alert(havn: World) -> None:
    await havn.set_clock("2026-08-20T12:00:00+02:00")  # before any month has passed in silence
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")

    async def alerts() -> list[dict[str, Any]]:
        raised = await done(havn.partner("cmm").get("/identification/v1/alerts", limit=100))
        return [each for each in raised["items"] if each["kind"] == "follow_up" and each["case_id"] == case.id]

    before = await alerts()
    await done(follow_up(case, 1, "2026-08-19"), 201)
    assert await alerts() == before
    await done(follow_up(case, 2, "2026-08-20", contacted=False), 201)
    assert len(await alerts()) == len(before) + 1


async def test_a_month_in_which_nobody_asked_raises_an_alert_too(havn: World) -> None:
    await havn.set_clock("2026-07-20T12:00:00+02:00")
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    for month, on in ((1, "2026-08-20"), (2, "2026-09-20")):
        await havn.set_clock(f"{on}T12:00:00+02:00")
        await done(follow_up(case, month, on), 201)
    await havn.set_clock("2026-10-20T23:59:59+02:00")

    async def alerts() -> list[dict[str, Any]]:
        raised = await done(havn.partner("cmm").get("/identification/v1/alerts", limit=100))
        return [each for each in raised["items"] if each["kind"] == "follow_up"]

    assert await alerts() == []
    await havn.set_clock("2026-10-21T00:00:01+02:00")
    (third,) = await alerts()
    assert (third["case_id"], third["number"], third["for_org"]) == (case.id, 3, "cmm")
    await havn.set_clock("2026-10-25T00:00:01+02:00")
    assert len(await alerts()) == 1, "once"


async def test_what_was_said_in_a_follow_up_is_sealed_and_read_for_a_purpose(havn: World) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    await done(follow_up(case, 1, "2026-08-20"), 201)
    assert (await case.get("/return-plan/follow-ups")).status_code == 400
    (item,) = (await done(case.get("/return-plan/follow-ups", purpose="return")))["items"]
    assert (item["note"], item["month"]) == ("By telephone.", 1)
    assert "telephone" not in str(await done(case.get("/return-plan", purpose="support")))
    (row,) = await havn.sql("identification", "SELECT note FROM return_follow_up")
    assert b"telephone" not in row["note"]


async def test_a_return_is_for_those_who_work_on_the_case(havn: World) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    made = {"month": 1, "contacted": True, "on": "2026-08-20"}
    for org in ("us", "anklagemyndigheden"):
        assert (await put(case, "/return-plan", PLAN, by=org)).status_code == 404
        assert (await case.post("/return-plan/follow-ups", made, by=org)).status_code == 404
    for org in ("us", "iom", "politi-oestjylland"):
        assert (await case.get("/return-plan", by=org, purpose="support")).status_code == 404
        assert (await case.get("/return-plan/follow-ups", by=org, purpose="return")).status_code == 404


async def test_a_prepared_return_is_counted_in_the_year_of_the_departure(havn: World) -> None:
    await havn.set_clock("2027-01-02T12:00:00+01:00")
    for departed_on in ("2026-07-20", "2026-12-31", "2027-01-01"):
        await plan_return(await decided_case(havn), departed_on=departed_on)
    moved = await decided_case(havn)
    await plan_return(moved, departed_on="2026-12-30")
    await plan_return(moved, departed_on="2027-01-02")
    await plan_return(await decided_case(havn))
    await havn.settled()
    dashboard = havn.partner("cmm", "dashboard")
    for year, count in {"2026": 2, "2027": 2, "2028": 0}.items():
        flow = await done(dashboard.get("/stats/v1/flow", **{"from": year, "to": year}))
        assert flow["prepared_returns"] == count
    assert (await done(dashboard.get("/stats/v1/flow")))["prepared_returns"] == 4
