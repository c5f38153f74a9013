"""Risk: assessed on a day, assessed again by a day, and the list of what is overdue is exact."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.identification.risk.domain import RiskTerms
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case, open_cases
from tests.world import World

pytestmark = pytest.mark.row(22)

OVERDUE = "/identification/v1/risk-assessments/overdue"
DAY = "2026-03-02"


async def assess(case: Opened, level: str = "high", assessed_on: str = DAY, **said: Any) -> dict[str, Any]:
    assessed = await case.post("/risk-assessments", {"level": level, "assessed_on": assessed_on} | said)
    assert assessed.status_code == 201, assessed.text
    told: dict[str, Any] = assessed.json()
    return told


async def overdue(havn: World, by: str = "cmm", **asked: Any) -> list[str]:
    """The ids of the overdue cases, in the order of the list, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = await havn.partner(by).get(OVERDUE, cursor=cursor, **asked)
        assert page.status_code == 200, page.text
        found += [item["case_id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize(
    ("level", "reassess_on"),
    [("acute", "2026-03-03"), ("high", "2026-03-09"), ("medium", "2026-04-01"), ("low", "2026-05-31")],
)
async def test_the_level_says_when_it_is_assessed_again(havn: World, level: str, reassess_on: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = await assess(case, level)
    assert (told["level"], told["assessed_on"], told["reassess_on"], told["is_latest"]) == (
        level,
        DAY,
        reassess_on,
        True,
    )


async def test_who_assesses_may_name_the_day_and_it_lies_later(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await assess(case, reassess_on="2026-03-03"))["reassess_on"] == "2026-03-03"
    for too_soon in (DAY, "2026-03-01"):
        refused = await case.post("/risk-assessments", {"level": "low", "assessed_on": DAY, "reassess_on": too_soon})
        assert name_of(refused) == (422, "ReassessedTooSoon")
        assert DAY in refused.json()["detail"]
    assert len((await case.get("/risk-assessments", purpose="support")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("level", "latest_on"),
    [("acute", "2026-03-03"), ("high", "2026-03-09"), ("medium", "2026-04-01"), ("low", "2026-05-31")],
)
async def test_nobody_puts_it_off_beyond_what_the_level_says(havn: World, level: str, latest_on: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    next_day = str(date.fromisoformat(latest_on) + timedelta(days=1))
    for too_late in (next_day, "2030-01-01"):
        said = {"level": level, "assessed_on": DAY, "reassess_on": too_late}
        refused = await case.post("/risk-assessments", said)
        assert name_of(refused) == (422, "ReassessedTooLate")
        assert latest_on in refused.json()["detail"]
    assert (await case.get("/risk-assessments", purpose="support")).json()["items"] == []
    assert (await assess(case, level, reassess_on=latest_on))["reassess_on"] == latest_on


async def test_a_danger_of_long_ago_has_the_same_terms_until_somebody_names_another_day(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await assess(case, level="low", assessed_on="1999-05-01"))["reassess_on"] == "1999-07-30"
    assert (await assess(case, assessed_on="1999-05-01", reassess_on="1999-05-04"))["reassess_on"] == "1999-05-04"


def test_terms_name_every_level_and_no_term_of_no_days() -> None:
    days = {"acute": 1, "high": 7, "medium": 30, "low": 90}
    assert RiskTerms.model_validate({"version": "v", "valid_from": "2026-01-01", "reassess_after_days": days})
    for wrong in ({"acute": 1, "high": 7, "medium": 30}, days | {"low": 0}):
        with pytest.raises(ValidationError):
            RiskTerms.model_validate({"version": "v", "valid_from": "2026-01-01", "reassess_after_days": wrong})


async def test_threats_are_sealed_and_read_for_a_purpose(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await assess(case, threats="Her uncle Tomas calls.", measures="New number.")
    (row,) = await havn.sql("identification", "SELECT * FROM risk_assessment")
    assert b"Tomas" not in row["account"]
    (event,) = await havn.events("identification", "risk-assessed")
    assert (event["level"], event["assessed_on"], event["reassess_on"]) == ("high", DAY, "2026-03-09")
    assert "Tomas" not in str(event)
    for org, status in {"us": 200, "cmm": 200, "politi-oestjylland": 404, "reden": 404}.items():
        assert (await case.get("/risk-assessments", by=org, purpose="support")).status_code == status, org
    (item,) = (await case.get("/risk-assessments", purpose="support")).json()["items"]
    assert (item["threats"], item["measures"], item["recorded_by"]) == ("Her uncle Tomas calls.", "New number.", "cmm")
    assert name_of(await case.get("/risk-assessments")) == (400, "PurposeMissing")


async def test_only_those_who_work_on_the_case_assess(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    said = {"level": "low", "assessed_on": DAY}
    for org, status in {"us": 201, "politi-oestjylland": 403, "anklagemyndigheden": 404}.items():
        assert (await case.post("/risk-assessments", said, by=org)).status_code == status, org
    for wrong in ({}, {"level": "low"}, {"assessed_on": DAY}, said | {"level": "none"}, said | {"assessed_on": "x"}):
        assert (await case.post("/risk-assessments", wrong)).status_code == 422


async def test_the_case_shows_the_danger_as_last_assessed_and_its_timeline_says_so(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert (await case.details())["risk"] is None
    await assess(case, "acute", "2026-03-04", threats="Her uncle Tomas calls.")
    await assess(case, "low", DAY)
    standing = {"level": "acute", "assessed_on": "2026-03-04", "reassess_on": "2026-03-05"}
    assert (await case.details())["risk"] == standing
    assert "risk" not in (await case.get(by="politi-oestjylland")).json()
    timeline = (await case.get("/timeline")).json()["items"]
    assert "The danger to the person was assessed on 2026-03-04: acute; again by 2026-03-05." in [
        entry["summary"] for entry in timeline
    ]
    assert "Tomas" not in str(timeline)


# ---------------------------------------------------------------- overdue


async def test_the_day_it_was_due_is_not_overdue_yet_and_the_next_is(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await assess(case)
    assert await overdue(havn, on="2026-03-09") == []
    assert await overdue(havn, on="2026-03-10") == [case.id]
    page = (await havn.partner("cmm").get(OVERDUE, on="2026-03-12")).json()
    assert page["items"][0]["days_overdue"] == 3


async def test_today_is_copenhagens(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await assess(case)
    await havn.set_clock("2026-03-09T22:59:00Z")
    assert await overdue(havn) == []
    await havn.set_clock("2026-03-09T23:00:00Z")
    assert await overdue(havn) == [case.id]


async def test_a_new_assessment_takes_the_case_off_the_list_and_a_late_note_of_an_old_one_does_not_put_it_back(
    havn: World,
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await assess(case)
    await assess(case, "low", "2026-03-09")
    assert await overdue(havn, on="2026-03-20") == []
    late = await assess(case, "acute", "2026-03-05")
    assert late["is_latest"] is False
    assert await overdue(havn, on="2026-03-20") == []
    again = await assess(case, "acute", "2026-03-09")
    assert again["is_latest"] is True, "of two of one day, the one recorded later"
    assert await overdue(havn, on="2026-03-20") == [case.id]
    items = (await case.get("/risk-assessments", purpose="support")).json()["items"]
    assert [item["is_latest"] for item in items] == [False, False, False, True]


async def test_a_closed_case_is_not_overdue(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await assess(case)
    await case.decide(outcome="not_trafficked")
    assert await overdue(havn, on="2026-04-01") == [case.id]
    closed = await case.post("/closure", {"on": "2026-03-10", "reason": "Nothing more to do."})
    assert closed.status_code == 200, closed.text
    assert await overdue(havn, on="2026-04-01") == []


async def test_a_case_is_on_the_list_of_those_who_work_on_it_only(havn: World) -> None:
    theirs, ours = await open_cases(havn, US_DECIDES, CMM_DECIDES)
    for case in (theirs, ours):
        await assess(case)
    listed = {org: await overdue(havn, org, on="2026-04-01") for org in ("cmm", "us", "politi-oestjylland", "reden")}
    assert {org: set(ids) for org, ids in listed.items()} == {
        "cmm": {theirs.id, ours.id},
        "us": {theirs.id},
        "politi-oestjylland": set(),
        "reden": set(),
    }


async def test_the_longest_overdue_comes_first_page_by_page(havn: World) -> None:
    cases = await open_cases(havn, *[CMM_DECIDES] * 5)
    for case, day in zip(cases, (4, 2, 5, 2, 3), strict=True):
        await assess(case, assessed_on=f"2026-03-0{day}")
    listed = await overdue(havn, on="2026-04-01", limit=2)
    days = {case.id: day for case, day in zip(cases, (4, 2, 5, 2, 3), strict=True)}
    assert [days[case_id] for case_id in listed] == [2, 2, 3, 4, 5]
    assert len(set(listed)) == 5


async def test_the_list_takes_as_many_statements_for_five_cases_as_for_one(havn: World) -> None:
    counts = []
    for people in (1, 4):
        for case in await open_cases(havn, *[CMM_DECIDES] * people):
            await assess(case)
        await havn.settled()
        with havn.statements("identification") as statements:
            found = await overdue(havn, on="2026-04-01")
        counts.append((len(found), len(statements)))
    assert [found for found, _ in counts] == [1, 5]
    assert counts[0][1] == counts[1][1]


START = date(2026, 3, 1)
histories = st.lists(
    st.tuples(
        st.integers(0, 2),  # which case
        st.integers(0, 40),  # assessed so many days after the start
        st.one_of(st.none(), st.integers(1, 40)),  # assessed again so many days later, or as the level says
        st.sampled_from(["low", "medium", "high", "acute"]),
    ),
    min_size=1,
    max_size=6,
)
TERMS = {"acute": 1, "high": 7, "medium": 30, "low": 90}


def model(history: Sequence[tuple[int, int, int | None, str]], seen_after: int) -> set[int]:
    """Which cases are overdue, in other words: the last entry among those of the latest day, looked up afresh."""
    found = set()
    for case in {entry[0] for entry in history}:
        own = [entry for entry in history if entry[0] == case]
        latest_day = max(entry[1] for entry in own)
        _, day, after, level = [entry for entry in own if entry[1] == latest_day][-1]
        if day + min(after or TERMS[level], TERMS[level]) < seen_after:
            found.add(case)
    return found


@pytest.fixture
async def three_cases(havn: World) -> list[Opened]:
    return await open_cases(havn, *[CMM_DECIDES] * 3)


@hypothesis.settings(max_examples=8, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@given(histories, st.integers(0, 140))
async def test_the_list_is_exact(
    havn: World, three_cases: list[Opened], history: list[tuple[int, int, int | None, str]], seen_after: int
) -> None:
    await havn.sql("identification", "DELETE FROM risk_assessment")
    for number, day, after, level in history:
        again = {"reassess_on": str(START + timedelta(days=day + min(after, TERMS[level])))} if after else {}
        await assess(three_cases[number], level, str(START + timedelta(days=day)), **again)
    listed = await overdue(havn, on=str(START + timedelta(days=seen_after)))
    assert {number for number, case in enumerate(three_cases) if case.id in listed} == model(history, seen_after)
    assert len(listed) == len(set(listed))
