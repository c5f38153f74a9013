"""The days that still count: each rule about an order of days, on the last day it allows and the first it does not."""

from typing import Any

from tests.identification.builders import CMM_DECIDES, US_DECIDES, name_of, open_case
from tests.identification.life import appeal, close, decided_case, done, follow_up, outcome, plan_return, put, told
from tests.world import World


async def test_it_may_be_decided_and_told_on_the_danish_day_of_the_referral(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, occurred_at="2026-03-02T23:30:00Z")  # in Denmark it is the 3rd
    await case.recommend()
    early = await case.try_deciding(decided_on="2026-03-02")
    assert name_of(early) == (422, "DecidedBeforeReferral")
    untold = await case.try_deciding(decided_on="2026-03-04", notified_on="2026-03-03")
    assert name_of(untold) == (422, "NotifiedBeforeDecision")
    assert (await case.details())["decisions"] == []
    at_once = await case.try_deciding(decided_on="2026-03-03", notified_on="2026-03-03")
    assert at_once.status_code == 201, at_once.text


async def test_a_period_is_asked_for_on_the_day_of_the_decision_or_later(havn: World) -> None:
    case = await decided_case(havn)
    early = await case.post("/periods", {"requested_on": "2026-03-08"})
    assert name_of(early) == (422, "RequestedBeforeDecision")
    assert (await case.details())["periods"] == []
    await case.grant("2026-03-09")


async def test_the_authoritys_decision_gives_the_period_though_a_courts_came_first(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.try_deciding("COURT", by="cmm", decided_on="2026-03-10")).status_code == 201
    await case.recommend()
    own = await case.try_deciding(decided_on="2026-04-01")
    assert own.status_code == 201, own.text
    early = await case.post("/periods", {"requested_on": "2026-03-10"})
    assert name_of(early) == (422, "RequestedBeforeDecision")
    assert (await case.grant("2026-04-01"))["starts_on"] == "2026-04-01"


async def test_a_follow_up_counts_from_the_day_of_the_departure_to_the_last_month(havn: World) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20", planned_departure_on="2026-06-19")
    await havn.set_clock("2027-01-21T12:00:00+01:00")
    await done(follow_up(case, 6, "2027-01-20"), 201)
    await done(follow_up(case, 1, "2026-07-20"), 201)
    made = (await done(case.get("/return-plan", purpose="support")))["follow_ups"]
    assert {each["month"]: each["on"] for each in made if each["on"]} == {1: "2026-07-20", 6: "2027-01-20"}


async def test_a_plan_that_changes_is_told_anew_and_a_departure_that_does_not_is_not(havn: World) -> None:
    case = await decided_case(havn)
    await plan_return(case, departed_on="2026-07-20")
    for changed in ({"destination": "NGA"}, {"agreed_on": "2026-06-20"}, {"planned_departure_on": None}):
        plan = {"destination": "ROU", "agreed_on": "2026-06-19", "planned_departure_on": "2026-07-20"}
        await done(put(case, "/return-plan", plan | {"departed_on": "2026-07-20"} | changed))
    assert [event["destination"] for event in await told(case, "return-planned")] == ["ROU", "NGA", "ROU", "ROU"]
    assert len(await told(case, "person-departed")) == 1


async def test_a_measure_may_last_a_day_and_ends_earlier_never_later(havn: World) -> None:
    case = await decided_case(havn)
    a_day = {"kind": "doctor", "starts_on": "2026-03-10", "ends_on": "2026-03-10"}
    assert (await done(case.post("/support-measures", a_day), 201))["ends_on"] == "2026-03-10"
    begun = await done(case.post("/support-measures", a_day | {"ends_on": None}), 201)
    path = f"/support-measures/{begun['measure_id']}/end"
    await done(case.post(path, {"on": "2026-06-30"}))
    for on in ("2026-06-30", "2026-07-01"):
        assert name_of(await case.post(path, {"on": on})) == (409, "MeasureEnded")
    assert (await done(case.post(path, {"on": "2026-03-10"})))["ends_on"] == "2026-03-10"


async def test_a_contact_person_who_has_left_is_none(havn: World) -> None:
    case = await decided_case(havn)
    begun = await done(case.post("/support-measures", {"kind": "contact_person", "starts_on": "2026-03-10"}), 201)
    assert (await case.details())["has_contact_person"] is True
    await done(case.post(f"/support-measures/{begun['measure_id']}/end", {"on": "2026-04-01"}))
    assert (await case.details())["has_contact_person"] is False


async def test_the_danger_may_be_assessed_again_on_the_next_day_and_of_one_day_the_later_stands(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)

    async def assess(level: str, **said: Any) -> None:
        body = {"level": level, "assessed_on": "2026-03-05"} | said
        await done(case.post("/risk-assessments", body), 201)

    await assess("acute", reassess_on="2026-03-06")
    await assess("low")
    assert (await case.details())["risk"]["level"] == "low"
    await assess("high", assessed_on="2026-03-04")
    assert (await case.details())["risk"]["level"] == "low", "what was seen the day before changes nothing"


async def test_of_two_negative_decisions_the_later_is_appealed(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.decide("US", "not_trafficked")
    assert (await case.try_deciding("COURT", "not_trafficked", by="cmm")).status_code == 201
    by_authority = {each["authority"]: each["decision_id"] for each in (await case.details())["decisions"]}
    appeal_id = await appeal(case)
    (filed,) = (await case.details())["appeals"]
    assert (filed["appeal_id"], filed["decision_id"]) == (appeal_id, by_authority["COURT"])


async def test_without_a_negative_decision_the_one_that_stands_is_appealed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide(outcome="not_trafficked")
    again = await case.try_deciding(decided_on="2026-04-01", replaces=first)
    assert again.status_code == 201, again.text
    early = await case.post("/appeals", {"filed_on": "2026-03-31", "filed_by": "person"})
    assert name_of(early) == (422, "FiledBeforeDecision"), "the one of March was replaced"
    filed = await done(case.post("/appeals", {"filed_on": "2026-04-01", "filed_by": "person"}), 201)
    assert filed["decision_id"] == again.json()["decision_id"]
    named = {"filed_on": "2026-03-31", "filed_by": "person", "decision_id": first}
    assert (await done(case.post("/appeals", named), 201))["decision_id"] == first


async def test_a_decision_that_was_changed_stays_decided_and_reopens_what_was_closed(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    await done(outcome(case, await appeal(case), "changed"))
    assert (await case.details())["status"] == "decided"
    await close(case)
    await done(outcome(case, await appeal(case, filed_on="2026-06-02"), "changed", decided_on="2026-07-01"))
    details = await case.details()
    assert (details["status"], details["identification_pending"]) == ("decided", False)
    (reopened,) = await told(case, "case-reopened")
    assert reopened["on"] == "2026-07-01"


async def test_a_decision_takes_the_place_of_a_current_one_of_its_own_authority(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide(outcome="not_trafficked")
    court = await case.try_deciding("COURT", by="cmm")
    second = await case.try_deciding(replaces=first)
    assert second.status_code == 201, second.text
    before = await case.details()
    for wrong in (first, court.json()["decision_id"], case.id):
        assert name_of(await case.try_deciding(replaces=wrong)) == (422, "ReplacesNothing")
    unnamed = await case.try_deciding()
    assert name_of(unnamed) == (409, "AlreadyDecided")
    assert unnamed.json()["current_decision"] == second.json()["decision_id"]
    assert await case.details() == before


async def test_a_right_that_is_named_twice_was_explained_once(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    said = {"explained_at": "2026-03-03T10:00:00+01:00", "rights": ["support", "return", "support"]}
    assert (await case.post("/rights-explained", said)).status_code == 201
    (item,) = (await case.get("/rights-explained", purpose="support")).json()["items"]
    assert item["rights"] == ["support", "return"]
