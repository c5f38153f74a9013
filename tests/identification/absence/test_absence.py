"""Missing and found: one person, however often."""

from typing import Any

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, name_of, open_case
from tests.identification.finding.people import Met
from tests.identification.life import decided_case, done, told
from tests.world import World

SINCE: dict[str, Any] = {"since": "2026-04-01", "reported_to_police_on": "2026-04-02"}
FOUND: dict[str, Any] = {"on": "2026-04-10", "municipality": "0461"}


async def test_missing_is_a_flag_beside_the_status(havn: World) -> None:
    for case in (await open_case(havn, CMM_DECIDES), await decided_case(havn)):
        before = await case.details()
        gone = await done(case.post("/missing", SINCE))
        assert (gone["missing"], gone["since"], gone["found_on"]) == (True, "2026-04-01", None)
        details = await case.details()
        assert (details["missing"], details["status"]) == (True, before["status"])
        back = await done(case.post("/found", FOUND))
        assert (back["missing"], back["found_on"], back["municipality"]) == (False, "2026-04-10", "0461")
        assert (await case.details())["missing"] is False
        (event,) = await told(case, "person-missing")
        assert (event["since"], event["reported_to_police_on"]) == ("2026-04-01", "2026-04-02")
        (event,) = await told(case, "person-found")
        assert (event["on"], event["municipality"]) == ("2026-04-10", "0461")


async def test_nobody_is_missing_twice_or_found_without_being_missing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert name_of(await case.post("/found", FOUND)) == (409, "NotMissing")
    await done(case.post("/missing", SINCE))
    assert name_of(await case.post("/missing", SINCE)) == (409, "AlreadyMissing")
    await done(case.post("/found", {"on": "2026-04-10"}))
    assert name_of(await case.post("/found", FOUND)) == (409, "NotMissing")
    await done(case.post("/missing", {"since": "2026-05-01"}))
    items = (await done(case.get("/absences", purpose="support")))["items"]
    assert [(each["since"], each["found_on"]) for each in items] == [("2026-04-01", "2026-04-10"), ("2026-05-01", None)]


async def test_when_the_police_were_told_is_added_later_and_only_once(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await done(case.post("/missing", {"since": "2026-04-01"}))
    told_police = {"since": "2026-04-01", "reported_to_police_on": "2026-04-03"}
    assert name_of(await case.post("/missing", told_police | {"since": "2026-04-02"})) == (409, "AlreadyMissing")
    early = await case.post("/missing", told_police | {"reported_to_police_on": "2026-03-31"})
    assert name_of(early) == (422, "ReportedBeforeMissing")
    assert (await done(case.post("/missing", told_police)))["reported_to_police_on"] == "2026-04-03"
    assert name_of(await case.post("/missing", told_police)) == (409, "AlreadyMissing")
    (absence,) = (await done(case.get("/absences", purpose="support")))["items"]
    assert (absence["since"], absence["reported_to_police_on"]) == ("2026-04-01", "2026-04-03")
    assert len(await told(case, "person-missing")) == 1


async def test_the_days_of_an_absence_are_in_order(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.post("/missing", SINCE | {"reported_to_police_on": "2026-03-31"})
    assert name_of(refused) == (422, "ReportedBeforeMissing")
    assert (await case.details())["missing"] is False
    await done(case.post("/missing", SINCE))
    refused = await case.post("/found", {"on": "2026-03-31"})
    assert name_of(refused) == (422, "FoundBeforeMissing")
    assert "2026-04-01" in refused.json()["detail"]
    assert name_of(await case.post("/found", FOUND | {"municipality": "9999"})) == (422, "InvalidInput")
    assert (await case.details())["missing"] is True
    await done(case.post("/found", {"on": "2026-04-01"}))
    refused = await case.post("/missing", {"since": "2026-03-31"})
    assert name_of(refused) == (422, "MissingBeforeFound"), "they would be missing twice at once"
    assert (await case.details())["missing"] is False
    await done(case.post("/missing", {"since": "2026-04-01"}))


async def test_a_missing_person_who_is_referred_anew_is_one_person_not_two_once_cmm_has_said_so(havn: World) -> None:
    known = CMM_DECIDES | {"identifiers": [{"type": "passport", "value": "P1234567"}]}
    case = await open_case(havn, known)
    await done(case.post("/missing", SINCE))
    seen = {"sender": "politi-fyn", "occurred_at": "2026-04-10T09:00:00+02:00"}
    again = Met(havn, (await open_case(havn, known, **seen)).id, [])
    assert ((await case.details())["missing"], (await again.details())["missing"]) == (True, False)
    await done(again.answer(case, "same"))
    assert (await case.details())["missing"] is True, "until CMM says that it has found the person"
    await done(case.post("/found", FOUND))
    await case.decide(decided_on="2026-05-04")
    await havn.settled()
    counted = await done(havn.partner("cmm").get("/stats/v1/victims", by="year"))
    assert sum(row["count"] for row in counted["rows"]) == 1


async def test_missing_is_reported_by_those_who_work_on_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/missing", SINCE, by=org)).status_code == 404
    await done(case.post("/missing", SINCE))
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/found", FOUND, by=org)).status_code == 404
    for org in ("us", "politi-oestjylland"):
        assert (await case.get("/absences", by=org, purpose="support")).status_code == 404


async def test_a_missing_child_raises_an_alert_at_once_and_an_adult_does_not(havn: World) -> None:
    adult, child = await open_case(havn, CMM_DECIDES), await open_case(havn, DANISH_GIRL)
    await done(adult.post("/missing", SINCE))
    await done(child.post("/missing", SINCE))
    alerts = (await done(havn.partner("cmm").get("/identification/v1/alerts", limit=100)))["items"]
    assert [each["case_id"] for each in alerts if each["kind"] == "missing_child"] == [child.id]
