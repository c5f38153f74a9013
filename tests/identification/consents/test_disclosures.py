"""What was told to whom: by consent, or by a law that is named with its reason and listed in a report."""

from typing import Any

import httpx
import pytest

from shared.contract.codes import LegalBasis
from tests.identification.builders import CMM_DECIDES, EUROPEAN, US_DECIDES, Opened, name_of, open_case
from tests.identification.consents.test_consents import consent, is_hidden_from, status, withdraw
from tests.referrals.builders import POLICE
from tests.world import World

REPORT = "/identification/v1/disclosures"
REASON = "Her little sister is with the same man."
BY_LAW = {"legal_basis": "child_at_risk", "reason": REASON}


async def try_disclosing(case: Opened, recipient: str = "kommune-0461", **said: Any) -> httpx.Response:
    body = {"recipient": recipient, "purpose": "support", "fields": ["status"]} | said
    return await case.post("/disclosures", body)


async def disclose(case: Opened, recipient: str = "kommune-0461", **said: Any) -> dict[str, Any]:
    made = await try_disclosing(case, recipient, **said)
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return told


@pytest.mark.row(41)
async def test_without_consent_or_law_nothing_is_disclosed_and_the_answer_says_what_to_do(havn: World) -> None:
    case = await open_case(havn, EUROPEAN)
    refused = await try_disclosing(case)
    assert name_of(refused) == (409, "ConsentMissing")
    assert "POST .../consents" in refused.json()["detail"]
    assert "legal_basis" in refused.json()["detail"]
    for half in ({"legal_basis": "court_order"}, {"reason": REASON}):
        assert (await try_disclosing(case, **half)).status_code == 409
    assert await is_hidden_from(case, "kommune-0461")
    assert await havn.events("identification", "disclosure-made") == []


@pytest.mark.row(41)
@pytest.mark.parametrize("law", list(LegalBasis))
async def test_a_law_with_its_reason_overrides_and_stands_in_the_report(havn: World, law: LegalBasis) -> None:
    case = await open_case(havn, EUROPEAN)
    made = await disclose(case, legal_basis=law, reason=REASON, note="By telephone.")
    assert made["basis"] == "law"
    assert (await status(case, "kommune-0461"))[1]["status"] == "referred"
    report = (await havn.partner("cmm").get(REPORT, purpose="supervision", basis="law")).json()["items"]
    assert [(each["disclosure_id"], each["case_id"], each["legal_basis"], each["reason"]) for each in report] == [
        (made["disclosure_id"], case.id, law, REASON)
    ]
    (event,) = await havn.events("identification", "disclosure-made")
    assert (event["recipient"], event["basis"]) == ("kommune-0461", "law")
    dump = await havn.sql("identification", "SELECT disclosure::text AS row FROM disclosure")
    assert "sister" not in str(dump)


async def test_a_live_consent_that_covers_the_fields_is_the_basis_and_is_not_in_the_report(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case, "hopenow", scope=["outcome"])
    told = await disclose(case, "hopenow", fields=["status", "outcome"])
    assert told["basis"] == "consent"
    (kept,) = (await case.get("/disclosures", purpose="support")).json()["items"]
    assert (kept["consent_id"], kept["fields"], kept["legal_basis"]) == (consent_id, ["outcome", "status"], None)
    more = await try_disclosing(case, "hopenow", fields=["person"])
    assert name_of(more) == (409, "ConsentMissing")
    assert more.json()["has_consent_for"] == ["outcome", "status"]
    other_purpose = await try_disclosing(case, "hopenow", purpose="investigation")
    assert name_of(other_purpose) == (409, "ConsentMissing"), "consent is per purpose"
    assert (await havn.partner("cmm").get(REPORT, purpose="supervision", basis="law")).json()["items"] == []
    await withdraw(case, consent_id)
    assert name_of(await try_disclosing(case, "hopenow")) == (409, "ConsentMissing")
    assert len((await case.get("/disclosures", purpose="support")).json()["items"]) == 1, "what was told was told"


async def test_the_law_covers_whom_consent_no_longer_does_until_it_is_ended(havn: World) -> None:
    case = await open_case(havn, EUROPEAN)
    made = await disclose(case, POLICE, **BY_LAW)
    await withdraw(case, await consent(case, POLICE, "investigation"))
    assert (await status(case, POLICE))[1]["status"] == "referred"
    ended = await case.post(f"/disclosures/{made['disclosure_id']}/end", None)
    assert ended.status_code == 200, ended.text
    assert await is_hidden_from(case, POLICE)
    again = await case.post(f"/disclosures/{made['disclosure_id']}/end", None)
    assert name_of(again) == (409, "DisclosureIsEnded")


async def test_a_referrer_whose_disclosure_by_law_ends_stays_the_referrer(havn: World) -> None:
    case = await open_case(havn, EUROPEAN, sender="hopenow")
    made = await disclose(case, "hopenow", fields=["outcome"], **BY_LAW)
    await case.post(f"/disclosures/{made['disclosure_id']}/end", None)
    assert (await status(case, "hopenow"))[1]["status"] == "referred"


async def test_one_that_rests_on_consent_is_ended_by_the_person(havn: World) -> None:
    case = await open_case(havn, EUROPEAN)
    await consent(case)
    made = await disclose(case, "hopenow")
    refused = await case.post(f"/disclosures/{made['disclosure_id']}/end", None)
    assert name_of(refused) == (409, "DisclosureIsEnded")


async def test_the_report_comes_in_pages_since_a_day_and_only_to_cmm(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    made = []
    for day in (10, 11, 12):
        await havn.set_clock(f"2026-06-{day}T10:00:00+02:00")
        made.append((await disclose(case, **BY_LAW))["disclosure_id"])
    cmm = havn.partner("cmm")
    first = (await cmm.get(REPORT, purpose="supervision", basis="law", limit=2)).json()
    second = (await cmm.get(REPORT, purpose="supervision", basis="law", limit=2, cursor=first["next_cursor"])).json()
    assert [each["disclosure_id"] for each in first["items"] + second["items"]] == made[::-1]
    since = (await cmm.get(REPORT, purpose="supervision", since="2026-06-12T00:00:00+02:00")).json()["items"]
    assert [each["disclosure_id"] for each in since] == made[2:]
    for org in ("us", POLICE, "kommune-0461"):
        assert (await havn.partner(org).get(REPORT, purpose="supervision", basis="law")).status_code == 403


async def test_only_those_who_work_on_the_case_disclose_and_see_disclosures(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    made = await disclose(case, **BY_LAW)
    body = {"recipient": "us", "purpose": "legal"}
    for org in ("us", "anklagemyndigheden"):
        partner = havn.partner(org)
        for refused in (
            await partner.post(f"{case.path}/disclosures", body),
            await partner.post(f"{case.path}/disclosures/{made['disclosure_id']}/end"),
            await partner.get(f"{case.path}/disclosures", purpose="support"),
        ):
            assert name_of(refused) == (404, "NotFound")
