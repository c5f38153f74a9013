"""Appeals: while one is open nobody removes the person; what comes of it never overwrites the decision."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, name_of, open_case
from tests.identification.life import appeal, close, decided_case, done, outcome, told
from tests.world import World

FILING: dict[str, Any] = {"filed_on": "2026-03-20", "filed_by": "person", "body": "The board.", "grounds": "Unheard."}


async def test_an_appeal_holds_a_removal_until_it_is_decided(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    assert (await case.details())["removal_hold"] is False
    receipt = await done(case.post("/appeals", FILING), 201)
    details = await case.details()
    assert (receipt["removal_hold"], details["removal_hold"]) == (True, True)
    assert details["identification_pending"] is False, "the hold alone protects: it is decided"
    assert details["appeals"] == [
        {
            "appeal_id": receipt["appeal_id"],
            "decision_id": details["decisions"][0]["decision_id"],
            "filed_on": "2026-03-20",
            "filed_by": "person",
            "outcome": None,
            "decided_on": None,
        }
    ]
    (filed,) = await told(case, "appeal-filed")
    assert (filed["appeal_id"], filed["filed_on"]) == (receipt["appeal_id"], "2026-03-20")
    decided = await done(outcome(case, receipt["appeal_id"]))
    assert (decided["outcome"], decided["decided_on"]) == ("upheld", "2026-05-04")
    details = await case.details()
    assert (details["removal_hold"], details["status"]) == (False, "decided")
    (event,) = await told(case, "appeal-decided")
    assert (event["outcome"], event["removal_hold"]) == ("upheld", False)


async def test_the_hold_lasts_as_long_as_any_appeal_is_open(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    first, second = await appeal(case), await appeal(case, filed_by="cmm")
    await done(outcome(case, first))
    assert (await case.details())["removal_hold"] is True
    await done(outcome(case, second))
    assert (await case.details())["removal_hold"] is False
    assert [event["removal_hold"] for event in await told(case, "appeal-decided")] == [True, False]


async def test_an_appeal_has_one_outcome(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    appeal_id = await appeal(case)
    await done(outcome(case, appeal_id))
    assert name_of(await outcome(case, appeal_id, "changed")) == (409, "AppealAlreadyDecided")
    assert (await case.details())["appeals"][0]["outcome"] == "upheld"


async def test_there_must_be_a_decision_to_appeal(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert name_of(await case.post("/appeals", FILING)) == (409, "NothingToAppeal")
    await case.recommend()
    assert name_of(await case.post("/appeals", FILING)) == (409, "NothingToAppeal")
    assert (await case.details())["removal_hold"] is False


async def test_the_days_of_an_appeal_are_in_order(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    early = await case.post("/appeals", FILING | {"filed_on": "2026-03-08"})
    assert name_of(early) == (422, "FiledBeforeDecision")
    assert "2026-03-09" in early.json()["detail"]
    appeal_id = await appeal(case, filed_on="2026-03-09")
    assert name_of(await outcome(case, appeal_id, decided_on="2026-03-08")) == (422, "DecidedBeforeFiled")
    await done(outcome(case, appeal_id, decided_on="2026-03-09"))


async def test_without_a_decision_named_the_negative_one_is_appealed(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.decide("US", "not_trafficked")
    assert (await case.try_deciding("COURT", by="cmm")).status_code == 201
    receipt = await done(case.post("/appeals", FILING), 201)
    by_authority = {each["authority"]: each["decision_id"] for each in (await case.details())["decisions"]}
    assert receipt["decision_id"] == by_authority["US"]
    named = await done(case.post("/appeals", FILING | {"decision_id": by_authority["COURT"]}), 201)
    assert named["decision_id"] == by_authority["COURT"]
    strange = await case.post("/appeals", FILING | {"decision_id": case.id})
    assert name_of(strange) == (422, "AppealsNothing")


@pytest.mark.row(11)
async def test_referred_back_the_authority_decides_again_and_both_decisions_stay_readable(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    first = (await case.details())["decisions"][0]["decision_id"]
    await done(outcome(case, await appeal(case), "referred_back"))
    details = await case.details()
    assert (details["status"], details["identification_pending"], details["removal_hold"]) == (
        "recommended",
        True,
        False,
    )
    again = await case.try_deciding(decided_on="2026-06-01", replaces=first)
    assert again.status_code == 201, again.text
    details = await case.details()
    assert (details["status"], details["identification_pending"]) == ("decided", False)
    assert [(each["outcome"], each["is_current"]) for each in details["decisions"]] == [
        ("not_trafficked", False),
        ("assessed_trafficked", True),
    ]


async def test_a_closed_case_may_be_appealed_and_stays_closed(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    await close(case)
    appeal_id = await appeal(case, filed_on="2026-06-02")
    details = await case.details()
    assert (details["status"], details["removal_hold"]) == ("closed", True)
    await done(outcome(case, appeal_id, decided_on="2026-07-01"))
    assert (await case.details())["status"] == "closed"


@pytest.mark.parametrize(("what", "status"), [("referred_back", "recommended"), ("changed", "decided")])
async def test_a_closed_case_is_open_again_when_the_authority_has_to_decide_anew(
    havn: World, what: str, status: str
) -> None:
    case = await decided_case(havn, "not_trafficked")
    first = (await case.details())["decisions"][0]["decision_id"]
    await close(case)
    await done(outcome(case, await appeal(case), what, decided_on="2026-07-01"))
    details = await case.details()
    assert (details["status"], details["closed_on"]) == (status, None)
    (reopened,) = await told(case, "case-reopened")
    assert reopened["on"] == "2026-07-01"
    assert (await case.try_deciding(decided_on="2026-07-02", replaces=first)).status_code == 201


async def test_an_appeal_of_a_decision_that_was_replaced_meanwhile_leads_nowhere_back(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    first = (await case.details())["decisions"][0]["decision_id"]
    appeal_id = await appeal(case)
    assert (await case.try_deciding(decided_on="2026-04-01", replaces=first)).status_code == 201
    await done(outcome(case, appeal_id, "referred_back"))
    assert (await case.details())["status"] == "decided"


async def test_the_words_of_an_appeal_are_sealed_and_read_for_a_purpose(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    appeal_id = await appeal(case)
    await done(outcome(case, appeal_id))
    assert (await case.get("/appeals")).status_code == 400
    (item,) = (await done(case.get("/appeals", purpose="legal")))["items"]
    assert (item["body"], item["grounds"], item["reasons"]) == (
        "The board.",
        "Not all was heard.",
        "The board has heard her.",
    )
    (row,) = await havn.sql("identification", "SELECT statement, reasons FROM appeal")
    assert b"heard" not in row["statement"] + row["reasons"]
    assert "heard" not in str(await case.details())
    (read,) = await havn.sql("identification", "SELECT purpose FROM audit WHERE operation = 'appeal.list'")
    assert read["purpose"] == "legal"


async def test_appeals_are_for_those_who_work_on_the_case(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    appeal_id = await appeal(case)
    result = {"outcome": "upheld", "decided_on": "2026-05-04"}
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/appeals", FILING, by=org)).status_code == 404
        assert (await case.post(f"/appeals/{appeal_id}/outcome", result, by=org)).status_code == 404
    for org in ("politi-oestjylland", "us", "reden", "anklagemyndigheden"):
        assert (await case.get("/appeals", by=org, purpose="legal")).status_code == 404
    other = await decided_case(havn)
    assert (await outcome(other, appeal_id)).status_code == 404


async def test_an_appeal_honours_if_match(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    seen = await case.etag()
    filed = await case.post("/appeals", FILING, if_match=seen)
    assert filed.status_code == 201
    assert name_of(await case.post("/appeals", FILING, if_match=seen)) == (412, "Stale")
    path = f"/appeals/{filed.json()['appeal_id']}/outcome"
    result = {"outcome": "upheld", "decided_on": "2026-05-04"}
    assert name_of(await case.post(path, result, if_match=seen)) == (412, "Stale")
    assert (await case.post(path, result, if_match=filed.headers["etag"])).status_code == 200
