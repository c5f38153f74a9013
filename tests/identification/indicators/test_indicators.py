"""Observations: what was seen, by whom, with a note; a score beside it, which sets nothing."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.identification import tables
from services.identification.case.codes import Observed
from services.identification.indicators import scoring
from services.identification.indicators.domain import Answered, present
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.world import World

pytestmark = pytest.mark.row(7)


async def observe(case: Opened, *items: str | dict[str, Any], of: str = "adult_labour", **asked: Any) -> httpx.Response:
    """Record observations; an item's code alone stands for one without a note."""
    observations = [item if isinstance(item, dict) else {"item": item} for item in items]
    return await case.post("/indicators", {"set": of, "observations": observations}, **asked)


async def scored(case: Opened, *items: str | dict[str, Any], **asked: Any) -> dict[str, Any]:
    """Record observations; gives the score."""
    answer = await observe(case, *items, **asked)
    assert answer.status_code == 201, answer.text
    score: dict[str, Any] = answer.json()["score"]
    return score


def dimension(score: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in score["dimensions"] if each["id"] == name)
    return found


async def test_a_score_is_shown_with_its_items(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    answer = await observe(case, {"item": "violence", "note": "A bruise."}, "locked_in", "hardly_any_pay")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert len(set(told["observation_ids"])) == 3
    score = told["score"]
    assert (score["set"], score["version"], score["positive_dimensions"]) == ("adult_labour", "adult-labour-2007", 1)
    assert len(score["dimensions"]) == 6
    assert dimension(score, "coercion_at_destination") == {
        "id": "coercion_at_destination",
        "positive": True,
        "strong": 2,
        "medium": 0,
        "weak": 0,
        "items": ["violence", "locked_in"],
    }
    assert dimension(score, "exploitation") == {
        "id": "exploitation",
        "positive": False,
        "strong": 0,
        "medium": 1,
        "weak": 0,
        "items": ["hardly_any_pay"],
    }


async def test_observations_of_several_days_and_people_add_up(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert (await scored(case, "violence"))["positive_dimensions"] == 0
    assert (await scored(case, "watched", by="us"))["positive_dimensions"] == 1
    twice = await scored(case, "watched")
    assert dimension(twice, "coercion_at_destination")["medium"] == 1, "seen twice, it is one sign"


async def test_each_set_has_a_score_of_its_own(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await scored(case, "violence", "locked_in")
    crime = await scored(case, "made_to_steal", of="criminal_exploitation")
    assert crime["positive_dimensions"] == 0
    traits = await scored(case, "wants_a_better_life", "distrusts_helpers", "sees_no_way_out", of="cmm_traits")
    assert traits["positive_dimensions"] == 0
    (found,) = traits["dimensions"]
    assert (found["positive"], found["items"]) == (
        None,
        ["wants_a_better_life", "sees_no_way_out", "distrusts_helpers"],
    )
    page = (await case.get("/indicators", purpose="identification")).json()
    assert [score["set"] for score in page["scores"]] == ["adult_labour", "criminal_exploitation", "cmm_traits"]
    assert [score["positive_dimensions"] for score in page["scores"]] == [1, 0, 0]


async def test_a_later_answer_stands_in_an_earlier_ones_place_and_both_stay(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await scored(case, "violence", "locked_in")
    unknown = await scored(case, {"item": "violence", "answer": "unknown"})
    assert unknown["positive_dimensions"] == 1, "who does not know takes nothing back"
    denied = await scored(case, {"item": "violence", "answer": "no"})
    assert dimension(denied, "coercion_at_destination")["items"] == ["locked_in"]
    assert denied["positive_dimensions"] == 0
    items = (await case.get("/indicators", purpose="identification")).json()["items"]
    assert [(item["item"], item["answer"]) for item in items] == [
        ("violence", "yes"),
        ("locked_in", "yes"),
        ("violence", "unknown"),
        ("violence", "no"),
    ]


@pytest.mark.parametrize(
    ("answers", "is_present"),
    [("y", True), ("n", False), ("u", False), ("yn", False), ("ny", True), ("yu", True), ("nuyu", True), ("", False)],
)
def test_the_latest_answer_of_who_knew_counts(answers: str, is_present: bool) -> None:
    meant = {"y": Observed.YES, "n": Observed.NO, "u": Observed.UNKNOWN}
    assert present([Answered("violence", meant[letter]) for letter in answers]) == (
        {"violence"} if is_present else set()
    )


async def test_notes_and_observers_are_sealed_and_who_recorded_them_is_kept(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    seen = {"item": "violence", "note": "A bruise.", "observed_by": "Nurse Holm", "observed_on": "2026-03-01"}
    await havn.partner("cmm", subject="karen").post(
        case.path + "/indicators", {"set": "adult_labour", "observations": [seen]}
    )
    (row,) = await havn.sql("identification", "SELECT * FROM indicator_observation")
    assert b"bruise" not in row["account"]
    assert b"Holm" not in row["account"]
    (item,) = (await case.get("/indicators", purpose="identification")).json()["items"]
    assert {name: item[name] for name in seen} == seen
    assert (item["recorded_by"], item["recorded_by_subject"]) == ("cmm", "karen")
    assert (item["set"], item["version"], item["answer"]) == ("adult_labour", "adult-labour-2007", "yes")
    (event,) = await havn.events("identification", "indicators-observed")
    assert (event["indicator_set"], event["items"], event["positive_dimensions"]) == ("adult-labour-2007", 1, 0)
    assert "bruise" not in str(event)
    (audited,) = await havn.sql("identification", "SELECT purpose FROM audit WHERE operation = 'indicators.list'")
    assert audited["purpose"] == "identification"


@pytest.mark.parametrize("person", [CMM_DECIDES, US_DECIDES], ids=["cmm", "us"])
async def test_no_score_sets_anything(havn: World, person: dict[str, Any]) -> None:
    case = await open_case(havn, person)
    before = await case.details()
    told = len(await havn.events("identification"))
    everything = next(found for found in scoring.sets_on(scoring.date(2026, 3, 2)) if found.name == "adult_labour")
    score = await scored(case, *(item.item for item in everything.items))
    assert score["positive_dimensions"] == 6
    assert await case.details() == before
    assert len(await havn.events("identification")) == told + 1, "the observation is all that is told"


async def test_a_set_or_an_item_that_there_is_not_is_named(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for name in ("adult_magic", "adult_labour@adult-labour-1999", "adult_sexual@adult-labour-2007"):
        refused = await observe(case, "violence", of=name)
        assert name_of(refused) == (422, "IndicatorSetUnknown")
        assert refused.json()["errors"][0]["loc"] == ["body", "set"]
        assert "adult_labour@adult-labour-2007" in refused.json()["detail"]
    refused = await observe(case, "violence", "made_to_steal", "violence", "beamed_up")
    assert name_of(refused) == (422, "IndicatorUnknown")
    assert [error["loc"] for error in refused.json()["errors"]] == [
        ["body", "observations", 1, "item"],
        ["body", "observations", 3, "item"],
    ]
    assert "adult_labour@adult-labour-2007" in refused.json()["detail"]
    assert (await case.get("/indicators", purpose="identification")).json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"set": "adult_labour", "observations": []},
        {"set": "adult_labour"},
        {"observations": [{"item": "violence"}]},
        {"set": "adult_labour", "observations": [{"item": "violence", "answer": "maybe"}]},
        {"set": "adult_labour", "observations": [{"item": "violence", "colour": "blue"}]},
        {"set": "Adult Labour", "observations": [{"item": "violence"}]},
    ],
)
async def test_what_is_no_observation_is_refused(havn: World, wrong: dict[str, Any]) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.post("/indicators", wrong)).status_code == 422


async def test_an_answer_is_scored_in_the_version_it_was_given_in(
    havn: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    table = json.loads((tables.FOLDER / "indicators-adult-labour-2007.json").read_text(encoding="utf-8"))
    later = table | {"version": "adult-labour-2099", "valid_from": "2099-01-01", "positive_when": [{"weak": 1}]}
    earlier = table | {"valid_until": "2099-01-01"}
    for version in (earlier, later):
        (tmp_path / f"indicators-{version['version']}.json").write_text(json.dumps(version), encoding="utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    scoring.versions.cache_clear()
    await havn.set_clock("2098-12-31T12:00:00+01:00")
    assert (await scored(case, "violence", "does_not_know_rights"))["positive_dimensions"] == 0
    await havn.set_clock("2099-01-01T12:00:00+01:00")
    now = await scored(case, "no_language_to_ask_for_help")
    assert (now["version"], now["positive_dimensions"]) == ("adult-labour-2099", 1)
    found = [item for each in now["dimensions"] for item in each["items"]]
    assert found == ["no_language_to_ask_for_help"], "what was seen before was answered in another version"
    named = await scored(case, "no_language_to_ask_for_help", of="adult_labour@adult-labour-2007")
    assert (named["version"], named["positive_dimensions"]) == ("adult-labour-2007", 0)
    page = (await case.get("/indicators", purpose="identification")).json()
    assert {score["version"]: score["positive_dimensions"] for score in page["scores"]} == {
        "adult-labour-2007": 0,
        "adult-labour-2099": 1,
    }


@pytest.fixture(autouse=True)
def forget_versions() -> Any:
    yield
    scoring.versions.cache_clear()


async def test_observations_come_in_pages_and_the_score_is_of_all(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    items = ["violence", "locked_in", "watched", "threatened", "isolated"]
    await scored(case, *items)
    seen: list[str] = []
    cursor = None
    while True:
        page = (await case.get("/indicators", purpose="identification", limit=2, cursor=cursor)).json()
        assert page["scores"][0]["positive_dimensions"] == 1
        seen += [item["item"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == items


async def test_only_those_who_work_on_the_case_observe_and_read(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    for org, status in {"us": 201, "cmm": 201, "politi-oestjylland": 403, "anklagemyndigheden": 404}.items():
        assert (await observe(case, "violence", by=org)).status_code == status, org
    for org, status in {"us": 200, "politi-oestjylland": 404, "reden": 404}.items():
        assert (await case.get("/indicators", by=org, purpose="identification")).status_code == status, org
    assert name_of(await case.get("/indicators")) == (400, "PurposeMissing")
