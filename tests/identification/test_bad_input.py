"""Bad input: the right 4xx with a sentence that says what to do, and nothing changes. Every table is held against before."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, name_of, open_case
from tests.identification.life import appeal, decided_case, outcome, plan_return, put
from tests.identification.opening.doors import places, try_opening
from tests.world import World

NOT_STATE = {"audit", "idempotency", "alembic_version"}
"""What a refused request may add to: that it was tried is kept."""
ANYBODYS_ID = "00000000-0000-4000-8000-000000000000"


async def everything(havn: World) -> dict[str, list[str]]:
    """All rows of the identification service."""
    tables = await havn.sql("identification", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted({row["tablename"] for row in tables} - NOT_STATE)
    return {name: sorted(map(str, await havn.sql("identification", f"SELECT * FROM {name}"))) for name in names}


async def alerts_are_sent(havn: World) -> None:
    """Wait until what was raised before has been sent, which is noted with each alert."""
    for _ in range(500):
        if not await havn.sql("identification", "SELECT FROM alert WHERE sent_at IS NULL"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("an alert is not sent")


class Refused:
    """Requests to a case that change nothing."""

    def __init__(self, case: Opened) -> None:
        self.case = case

    async def __call__(self, asking: Any, status: int, name: str) -> httpx.Response:
        await self.case.havn.settled()  # what was told before has left the outbox
        await alerts_are_sent(self.case.havn)
        before = await everything(self.case.havn)
        answer: httpx.Response = await asking
        assert name_of(answer) == (status, name), answer.text
        told = answer.json()
        assert re.fullmatch(r"[A-Z`].{20,}[.]", told["detail"], re.DOTALL), told["detail"]
        assert ANYBODYS_ID not in answer.text, "what was sent is not sent back"
        assert await everything(self.case.havn) == before, name
        return answer


async def test_unknown_codes_change_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.recommend()
    refused = Refused(case)
    decision = {"authority": "CMM", "outcome": "assessed_trafficked", "decided_on": "2026-03-09"}
    for said, place in (
        ({"outcome": "trafficked"}, ["body", "outcome"]),
        ({"authority": "POLICE"}, ["body", "authority"]),
        ({"exploitation_forms": ["SEXUAL", "SLAVERY"]}, ["body", "exploitation_forms", 1]),
        ({"legal_status": "tourist"}, ["body", "legal_status"]),
        ({"verdict": "guilty"}, ["body", "verdict"]),
    ):
        answer = await refused(
            case.post("/decisions", decision | said, role="decider", if_match="*"), 422, "InvalidInput"
        )
        assert answer.json()["errors"][0]["loc"] == place
    for part, body in (
        ("/recommendation", {"outcome": "guilty", "reasons": "?"}),
        ("/appeals", {"filed_on": "2026-03-20", "filed_by": "neighbour"}),
        ("/support-measures", {"kind": "holiday", "starts_on": "2026-03-20"}),
        ("/criminal-track", {"kind": "arrest", "on": "2026-03-20"}),
    ):
        await refused(case.post(part, body), 422, "InvalidInput")
    await refused(put(case, "/return-plan", {"destination": "Romania", "agreed_on": "2026-03-20"}), 422, "InvalidInput")


async def test_texts_of_spaces_change_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = Refused(case)
    blank = " \n "
    for part, body, field in (
        ("/recommendation", {"outcome": "assessed_trafficked", "reasons": blank}, "reasons"),
        ("/closure", {"on": "2026-03-20", "reason": blank}, "reason"),
        ("/evidence", {"content": "aGFsbG8=", "name": blank}, "name"),
    ):
        answer = await refused(case.post(part, body), 422, "InvalidInput")
        said = [{"loc": ["body", field], "msg": "Write something here; spaces alone say nothing."}]
        assert answer.json()["errors"] == said
    opening = await try_opening(havn, reason=blank)
    assert (name_of(opening), places(opening)) == ((422, "InvalidInput"), {"reason"})


async def test_countries_that_do_not_exist_change_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = Refused(case)
    plan = {"destination": "XYZ", "agreed_on": "2026-03-20"}
    answer = await refused(put(case, "/return-plan", plan), 422, "InvalidInput")
    assert answer.json()["errors"][0]["msg"].startswith("That is not the code of a country")
    answer = await refused(put(case, "/person", {"citizenships": ["THA", "XYZ"]}), 422, "InvalidInput")
    assert answer.json()["errors"][0]["loc"] == ["body", "citizenships", 1]


@pytest.mark.parametrize("nobody", ["nobody", "hopnow", "kommune-9999", "politi-aarhus", "havn"])
async def test_who_does_not_exist_is_told_nothing(havn: World, nobody: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = Refused(case)
    by_law = {"legal_basis": "danger_to_life", "reason": "He knows where she is."}
    for part, more in (("/consents", {}), ("/disclosures", by_law)):
        asking = case.post(part, {"recipient": nobody, "purpose": "support"} | more)
        (told,) = (await refused(asking, 422, "InvalidInput")).json()["errors"]
        assert told["loc"] == ["body", "recipient"]
        assert told["msg"] == "There is no such organisation; see GET /referrals/v1/organisations."
    opening = await try_opening(havn, CMM_DECIDES | {"consents": [{"recipient": nobody, "purpose": "support"}]})
    assert (opening.status_code, places(opening)) == (422, {"recipient"})


async def test_a_file_that_is_no_base64_is_told_so(havn: World) -> None:
    refused = Refused(await open_case(havn, CMM_DECIDES))
    for content in ("not base64!", "aGFsbG8", "aGFs\nbG8="):
        answer = await refused(refused.case.post("/evidence", {"content": content}), 422, "InvalidInput")
        (told,) = answer.json()["errors"]
        assert (told["loc"], told["msg"][:18]) == (["body", "content"], "That is no base64:")


async def test_impossible_dates_change_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.recommend()
    refused = Refused(case)
    early = await refused(case.try_deciding(decided_on="2026-03-01"), 422, "DecidedBeforeReferral")
    assert "2026-03-02" in early.json()["detail"]
    await refused(case.try_deciding(decided_on="2072-01-11"), 422, "InvalidInput")
    await refused(case.try_deciding(notified_on="2026-03-08"), 422, "NotifiedBeforeDecision")
    for day in ("2026-02-30", "2026-13-01", "09-03-2026", "2026-03-09T10:00:00Z", 20260309):
        await refused(case.try_deciding(decided_on=day), 422, "InvalidInput")
    await case.try_deciding()
    await refused(case.post("/periods", {"requested_on": "2026-03-08"}), 422, "RequestedBeforeDecision")
    await refused(case.post("/appeals", {"filed_on": "2026-03-08", "filed_by": "cmm"}), 422, "FiledBeforeDecision")
    await refused(case.post("/closure", {"on": "2026-03-08", "reason": "Done."}), 422, "ClosedBeforeDecision")
    appeal_id = await appeal(case)
    await refused(outcome(case, appeal_id, decided_on="2026-03-19"), 422, "DecidedBeforeFiled")
    missing = {"since": "2026-04-02", "reported_to_police_on": "2026-04-01"}
    await refused(case.post("/missing", missing), 422, "ReportedBeforeMissing")
    plan = {"destination": "ROU", "agreed_on": "2026-04-02", "departed_on": "2026-04-01"}
    await refused(put(case, "/return-plan", plan), 422, "PlanOutOfOrder")


async def test_a_period_past_the_cap_or_after_its_end_changes_nothing(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    case = await decided_case(havn)
    refused = Refused(case)
    path = f"/periods/{(await case.grant())['period_id']}/extensions"
    longer = {"until": "2026-05-08", "reason": "special_reasons"}
    past = await refused(case.post(path, longer | {"until": "2026-07-08"}), 409, "PastTheCap")
    assert "2026-07-07" in past.json()["detail"]
    await refused(case.post(path, longer | {"until": "2026-04-08"}), 422, "ExtensionBeforeEnd")
    await refused(case.post(path, longer | {"reason": "kindness"}), 422, "InvalidInput")
    await refused(case.post("/periods", {"requested_on": "2026-03-09"}), 409, "PeriodAlreadyGranted")
    await havn.set_clock("2026-04-09T00:00:01+02:00")
    await refused(case.post(path, longer | {"until": "2026-04-08"}), 422, "ExtensionBeforeEnd")


async def test_a_decider_of_the_wrong_authority_changes_nothing(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.recommend()
    refused = Refused(case)
    told = await refused(case.try_deciding("CMM", by="cmm"), 403, "WrongAuthority")
    assert "US decides" in told.json()["detail"]
    await refused(case.try_deciding("US", by="cmm"), 403, "WrongAuthority")
    await refused(case.try_deciding("CMM", by="us"), 403, "WrongAuthority")
    await refused(case.try_deciding("COURT", by="us"), 403, "WrongAuthority")
    await refused(case.try_deciding("US", role="caseworker"), 403, "RoleMissing")
    await refused(case.try_deciding("US", by="politi-oestjylland"), 403, "ScopeMissing")
    await refused(case.try_deciding("US", by=None, if_match='"an-older-one"'), 412, "Stale")


@pytest.mark.row(8)
async def test_an_illegal_order_changes_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = Refused(case)
    await refused(case.try_deciding(), 409, "CaseStatusDoesNotAllow")
    await refused(case.post("/periods", {"requested_on": "2026-03-09"}), 409, "NothingGrantsAPeriod")
    await refused(case.post("/appeals", {"filed_on": "2026-03-20", "filed_by": "cmm"}), 409, "NothingToAppeal")
    await refused(case.post("/closure", {"on": "2026-06-01", "reason": "Done."}), 409, "CaseStatusDoesNotAllow")
    await refused(case.post("/reopening", {"reason": "Why not."}), 409, "CaseStatusDoesNotAllow")
    await refused(case.post("/found", {"on": "2026-06-01"}), 409, "NotMissing")
    education = {"kind": "education", "starts_on": "2026-03-09"}
    await refused(case.post("/support-measures", education), 409, "SupportNotUnlocked")
    followed = {"month": 1, "contacted": True, "on": "2026-08-20"}
    await refused(case.post("/return-plan/follow-ups", followed), 409, "NotDeparted")
    await case.decide()
    await refused(case.try_deciding(), 409, "AlreadyDecided")
    await refused(case.try_deciding(replaces=ANYBODYS_ID), 422, "ReplacesNothing")
    await plan_return(case, departed_on="2026-07-20")
    await refused(put(case, "/return-plan", {"destination": "ROU", "agreed_on": "2026-06-19"}), 409, "DepartureStands")
    review = await open_case(havn, NEEDS_REVIEW)
    await refused(review.try_deciding(), 409, "AuthorityNotSettled")
    await refused(review.post("/recommendation", {"outcome": "declined", "reasons": "?"}), 409, "AuthorityNotSettled")


async def test_every_422_says_what_is_wrong_in_its_errors_too(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.recommend()
    told = (await case.try_deciding(decided_on="2026-03-01")).json()
    assert told["errors"] == [{"loc": ["body"], "msg": told["detail"]}]
    named = (await case.try_deciding(outcome="trafficked")).json()["errors"]
    assert [each["loc"] for each in named] == [["body", "outcome"]]
