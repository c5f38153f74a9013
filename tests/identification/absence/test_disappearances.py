"""Who left a place without notice: those who work on the case are asked whether the person is missing, and of a child CMM is
alerted at once."""

from typing import Any

import pytest

from tests.accommodation.housing import NOW, Housing
from tests.feeds import feed_of
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, listed, name_of, open_case
from tests.identification.finding.people import Met
from tests.identification.life import close, decided_case, done
from tests.world import World

EVENTS = "/accommodation/v1/events"
GONE = "2026-03-12T23:00:00+01:00"
REASON = {"reason": "She has called: she is with her sister."}


@pytest.fixture
async def housing(havn: World) -> Housing:
    await havn.set_clock(NOW)
    return Housing(havn)


async def leave(housing: Housing, case: Opened, *, disappeared: bool = True, **shelter: Any) -> None:
    """The person has a place, and leaves it in the evening of the 12th."""
    accepts = {"genders": ["woman", "man", "unknown"], "minors": True}
    found = await housing.shelter(accepts=accepts, **shelter)
    kind = [{"rule": "options", "reason": "Nothing else is free tonight."}]
    request_id = await housing.request(case.id)
    offered = await housing.offer(request_id, found.place_id, exceptions=kind)
    if offered.status_code != 201:
        offered = await housing.offer(request_id, found.place_id)
    accepted = await housing.answer(offered.json()["offer_id"], "accept")
    placement_id = accepted.json()["placement_id"]
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    await housing.havn.set_clock(GONE)
    left = await housing.step(placement_id, "leave", body={"disappeared": disappeared})
    assert left.status_code == 200, left.text
    await housing.havn.settled()


async def alerts_of(havn: World, case: Opened, org: str = "cmm") -> list[str]:
    found = (await done(havn.partner(org).get("/identification/v1/alerts", limit=100)))["items"]
    return [each["kind"] for each in found if each["case_id"] == case.id and each["kind"].startswith("missing")]


@pytest.mark.row(71)
async def test_a_disappearance_is_a_question_to_the_case_s_worker_and_no_machine_answers_it(housing: Housing) -> None:
    havn = housing.havn
    case = await open_case(havn, CMM_DECIDES)
    await leave(housing, case)
    details = await case.details()
    assert (details["missing"], details["missing_asked_since"]) == (False, "2026-03-12")
    assert [each["case_id"] for each in await listed(havn, "cmm", missing_asked=True)] == [case.id]
    assert case.id not in [each["case_id"] for each in await listed(havn, "cmm", missing_asked=False)]
    assert await alerts_of(havn, case) == ["missing_question"], "an adult: those who work on the case"
    (asked,) = (await done(case.get("/disappearances", purpose="support")))["items"]
    assert (asked["since"], asked["missing"], asked["answered_at"]) == ("2026-03-12", None, None)

    await done(case.post("/missing", {"since": "2026-03-12"}))
    details = await case.details()
    assert (details["missing"], details["missing_asked_since"]) == (True, None)
    (asked,) = (await done(case.get("/disappearances", purpose="support")))["items"]
    assert (asked["missing"], asked["answered_by"], asked["reason"]) == (True, "cmm", None)


@pytest.mark.row(71)
async def test_who_left_with_a_word_is_asked_about_by_nobody(housing: Housing) -> None:
    case = await open_case(housing.havn, CMM_DECIDES)
    await leave(housing, case, disappeared=False)
    assert (await case.details())["missing_asked_since"] is None
    assert await alerts_of(housing.havn, case) == []
    assert name_of(await case.post("/not-missing", REASON)) == (409, "NothingAsked")


@pytest.mark.row(71)
async def test_of_a_child_the_centre_is_alerted_at_once(housing: Housing) -> None:
    case = await open_case(housing.havn, DANISH_GIRL)
    await leave(housing, case, kind="residential_institution")
    assert sorted(await alerts_of(housing.havn, case)) == ["missing_child", "missing_question"]
    (left,) = await housing.havn.events("accommodation", "person-left")
    assert (left["disappeared"], left["key"]) == (True, case.id)


@pytest.mark.row(71)
async def test_the_question_is_us_s_where_us_decides_and_its_answer_is_kept_with_the_reason(housing: Housing) -> None:
    havn = housing.havn
    case = await open_case(havn, US_DECIDES)
    await leave(housing, case)
    assert (await alerts_of(havn, case, "us"), await alerts_of(havn, case)) == (["missing_question"], [])
    assert (await case.post("/not-missing", REASON, by="anklagemyndigheden")).status_code == 404
    assert name_of(await case.post("/not-missing", {}, by="us")) == (422, "InvalidInput")
    answered = await done(case.post("/not-missing", REASON, by="us"))
    assert (answered["missing"], answered["answered_by"], answered["reason"]) == (False, "us", REASON["reason"])
    assert (await case.details())["missing_asked_since"] is None
    assert name_of(await case.post("/not-missing", REASON, by="us")) == (409, "NothingAsked")
    refused = await case.get("/disappearances", by="politi-oestjylland", purpose="identification")
    assert refused.status_code == 404, "for those who work on the case"
    assert name_of(await case.get("/disappearances", by="us")) == (400, "PurposeMissing")


async def test_of_a_closed_case_nothing_is_asked_and_of_a_known_missing_person_not_again(housing: Housing) -> None:
    havn = housing.havn
    closed = await decided_case(havn)
    await leave_closed(housing, closed)
    assert ((await closed.details())["missing_asked_since"], await alerts_of(havn, closed)) == (None, [])

    await havn.set_clock(NOW)
    known = await open_case(havn, CMM_DECIDES)
    await done(known.post("/missing", {"since": "2026-03-08"}))
    await leave(housing, known, name="Another")
    details = await known.details()
    assert (details["missing"], details["missing_asked_since"]) == (True, None)


async def leave_closed(housing: Housing, case: Opened) -> None:
    await close(case, "2026-03-09")
    await leave(housing, case)


async def test_the_question_goes_on_in_the_case_where_the_work_does(housing: Housing) -> None:
    """Asked before the merge, and of a place that was given under the merged case."""
    havn = housing.havn
    known = CMM_DECIDES | {"identifiers": [{"type": "passport", "value": "P1234567"}]}
    first = await open_case(havn, known)
    second = await open_case(havn, known, sender="politi-fyn")
    await leave(housing, second)
    assert (await second.details())["missing_asked_since"] == "2026-03-12"
    await done(Met(havn, second.id, []).answer(first, "same"))
    assert (await first.details())["missing_asked_since"] == "2026-03-12"
    await done(first.post("/not-missing", REASON))
    assert (await first.details())["missing_asked_since"] is None


async def test_who_has_asked_for_the_place_is_not_shown_by_accommodation_what_the_case_hides(housing: Housing) -> None:
    havn = housing.havn
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    shelter = await housing.shelter(accepts={"genders": ["woman", "man", "unknown"]})
    placement_id = await housing.there(case.id, shelter.place_id, asks="hopenow")
    await havn.set_clock(GONE)
    assert (await housing.step(placement_id, "leave", body={"disappeared": True})).status_code == 200
    await havn.settled()
    shown = {
        org: [each["data"] for each in await feed_of(EVENTS, havn, org) if ".person-left." in each["type"]]
        for org in ("hopenow", "reden", "cmm")
    }
    assert {org: [data.get("disappeared") for data in left] for org, left in shown.items()} == {
        "hopenow": [None],
        "reden": [True],
        "cmm": [True],
    }
    assert shown["hopenow"][0]["placement_id"] == placement_id, "that she has left is theirs to know"
