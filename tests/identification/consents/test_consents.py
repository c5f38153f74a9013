"""Consent, per recipient and purpose; and what its withdrawal stops at once."""

from typing import Any
from uuid import uuid4

import pytest

from tests.identification.builders import (
    CASES,
    CMM_DECIDES,
    EUROPEAN,
    NEEDS_REVIEW,
    US_DECIDES,
    Opened,
    listed,
    name_of,
    open_case,
)
from tests.referrals.builders import POLICE, answer_in_one_trace
from tests.world import World

WITHDRAWALS = "/identification/v1/withdrawals"


async def consent(case: Opened, recipient: str = "hopenow", purpose: str = "support", **said: Any) -> str:
    """Record a consent; gives its id."""
    recorded = await case.post("/consents", {"recipient": recipient, "purpose": purpose} | said)
    assert recorded.status_code == 201, recorded.text
    return str(recorded.json()["consent_id"])


@pytest.mark.parametrize(
    ("scope", "warned"),
    [
        (None, []),
        (["outcome"], []),
        ("status, outcome", []),
        ("full", ["scope"]),
        ("Only that she is safe.", ["scope"]),
    ],
)
async def test_words_that_open_nothing_are_named_to_who_wrote_them(havn: World, scope: Any, warned: list[str]) -> None:
    case = await open_case(havn, CMM_DECIDES)
    said = {"recipient": "hopenow", "purpose": "support", "scope": scope}
    told = (await case.post("/consents", said)).json()["warnings"]
    assert [(each["loc"], each["code"]) for each in told] == [(["body", "scope"], "opens_status_alone") for _ in warned]


async def withdraw(case: Opened, consent_id: str, **said: Any) -> dict[str, Any]:
    withdrawn = await case.post(f"/consents/{consent_id}/withdraw", said)
    assert withdrawn.status_code == 200, withdrawn.text
    told: dict[str, Any] = withdrawn.json()
    return told


async def status(case: Opened, org: str) -> tuple[int, dict[str, Any]]:
    read = await case.get("/status", by=org, purpose="identification")
    return read.status_code, read.json()


async def is_hidden_from(case: Opened, org: str) -> bool:
    """Whether the case is to the organisation, wherever it looks, as one that does not exist."""
    partner = case.havn.partner(org)
    for part in ("", "/status", "/timeline", "/person", "/consents", "/disclosures", "/access-log", "/htcds"):
        theirs = await answer_in_one_trace(partner, case.path + part)
        if theirs[0] != 404 or theirs != await answer_in_one_trace(partner, f"{CASES}/{uuid4()}{part}"):
            return False
    feed = (await partner.get("/identification/v1/events")).json()["items"]
    rows = await case.havn.sql_as_runtime("identification", "SELECT id FROM case_file", org=org)
    return case.id not in str([await listed(case.havn, org), feed, rows])


async def test_a_consent_lets_the_recipient_know_the_status_and_no_more(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert await is_hidden_from(case, "hopenow")
    await consent(case)
    code, told = await status(case, "hopenow")
    assert (code, told.pop("case_id"), told.pop("status")) == (200, case.id, "referred")
    assert told.pop("as_of")
    assert told == dict.fromkeys(("identification_pending", "removal_hold", "deciding_authority", "outcome"))
    assert [item["case_id"] for item in await listed(havn, "hopenow")] == [case.id]
    assert (await case.get("/person", by="hopenow", purpose="support")).status_code == 404
    assert (await case.get("/timeline", by="hopenow")).status_code == 404
    assert await is_hidden_from(case, "newlives")


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        (None, ["status"]),
        (["outcome"], ["outcome", "status"]),
        ("status, outcome", ["outcome", "status"]),
        ("Only that she is safe.", ["status"]),
    ],
)
async def test_a_scope_is_codes_or_words_and_words_open_nothing_beyond_the_status(
    havn: World, scope: Any, codes: list[str]
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await consent(case, scope=scope)
    await case.decide()
    ((_, told), read) = (
        await status(case, "hopenow"),
        (await case.get("/consents", purpose="support")).json()["items"][0],
    )
    assert read["scope"] == codes
    assert read["scope_text"] == (scope if scope == "Only that she is safe." else None)
    assert told["outcome"] == ("assessed_trafficked" if "outcome" in codes else None)
    glimpse = (await listed(havn, "hopenow"))[0]
    assert (glimpse["status"], glimpse["outcome"]) == (told["status"], told["outcome"])


async def test_all_that_the_contract_names_is_taken_and_given_back(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    said = {
        "scope": ["status", "contact"],
        "method": "written",
        "given_at": "2026-06-10T10:00:00+02:00",
        "interpreter": "Ms Kanya, Thai",
    }
    consent_id = await consent(case, **said)
    (read,) = (await case.get("/consents", purpose="support")).json()["items"]
    assert read == {
        "consent_id": consent_id,
        "unconfirmed": False,
        "recipient": "hopenow",
        "purpose": "support",
        "scope": ["contact", "status"],
        "scope_text": None,
        "method": "written",
        "given_at": "2026-06-10T08:00:00Z",
        "interpreter": "Ms Kanya, Thai",
        "recorded_by": "cmm",
        "is_live": True,
        "withdrawn_at": None,
        "said_withdrawn_at": None,
        "acknowledged_at": None,
    }
    dump = await havn.sql("identification", "SELECT consent::text AS row FROM consent")
    assert "Kanya" not in str(dump)


async def test_leave_for_person_or_contact_opens_just_that(havn: World) -> None:
    told = {"given_name": "Malee", "languages": ["tha"], "identifiers": [{"type": "other", "value": "LGBT-77"}]}
    case = await open_case(havn, US_DECIDES | told, safe_contact="The blue bakery.")
    await consent(case, "hopenow", scope=["contact"])
    await consent(case, "newlives", scope=["person"])
    contact = (await case.get("/person", by="hopenow", purpose="support")).json()
    person = (await case.get("/person", by="newlives", purpose="support")).json()
    assert (contact["safe_contact"], contact["languages"]) == ("The blue bakery.", ["tha"])
    assert (contact["given_name"], contact["identifiers"]) == (None, [])
    assert (person["given_name"], person["safe_contact"], person["languages"]) == ("Malee", None, [])
    kept = await havn.sql(
        "identification", "SELECT org, fields FROM audit WHERE operation = 'person.read' ORDER BY position"
    )
    assert [row["org"] for row in kept] == ["hopenow", "newlives"]
    assert "given_name" not in kept[0]["fields"]
    assert "safe_contact" not in kept[1]["fields"]


@pytest.mark.row(42)
async def test_sc08_a_withdrawal_hides_the_case_from_that_instant(havn: World) -> None:
    case = await open_case(havn, EUROPEAN, sender="cmm")
    await consent(case, "hopenow")
    for_police = await consent(case, "politi-koebenhavn", "investigation")
    assert (await status(case, "politi-koebenhavn"))[0] == 200
    await withdraw(case, for_police)
    assert await is_hidden_from(case, "politi-koebenhavn")
    assert (await status(case, "hopenow"))[0] == 200, "each recipient's consent stands for itself"
    kept = await havn.sql(
        "identification", "SELECT org FROM audit WHERE operation = 'case.status' AND outcome = 'allowed'"
    )
    assert "politi-koebenhavn" in {row["org"] for row in kept}, "what was disclosed earlier stays in the audit"


async def test_police_who_referred_are_strangers_after_a_withdrawal_also_when_they_refer_again(havn: World) -> None:
    number = {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    case = await open_case(havn, EUROPEAN | number)
    consent_id = await consent(case, POLICE, "investigation")
    await withdraw(case, consent_id)
    assert await is_hidden_from(case, POLICE)
    again = await open_case(havn, EUROPEAN | number)
    assert (await again.get(by=POLICE)).status_code == 200, "a case of its own, as anybody who refers has"
    assert await is_hidden_from(case, POLICE), "a referral of one's own does not undo what the person took back"
    await consent(case, POLICE, "investigation")
    told = (await status(case, POLICE))[1]
    assert (told["status"], told["deciding_authority"], told["identification_pending"]) == ("referred", "CMM", True)


async def test_what_the_law_gives_stays_after_a_withdrawal(havn: World) -> None:
    """CMM and the deciding authority work on; the prosecution keeps its keyhole; who has referred has no part by law."""
    case = await open_case(havn, NEEDS_REVIEW, sender="us")
    for org in ("us", "cmm", "anklagemyndigheden"):
        await withdraw(case, await consent(case, org, "legal"))
    assert (await case.get()).json()["status"] == "referred"
    assert await is_hidden_from(case, "us")
    assert await listed(havn, "us") == []
    assert (await case.get("/status", by="anklagemyndigheden", purpose="prosecution")).status_code == 200
    assert await listed(havn, "anklagemyndigheden") == []
    decided = await open_case(havn, US_DECIDES)
    await withdraw(decided, await consent(decided, "us", "legal"))
    assert (await decided.get("/person", by="us", purpose="legal")).status_code == 200
    may_still = [event["may_still_know"] for event in await havn.events("identification", "consent-withdrawn")]
    assert may_still == [False, True, False, True]


async def test_another_live_consent_still_covers_the_recipient(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await consent(case, purpose="support", scope=["outcome"])
    second = await consent(case, purpose="legal")
    await case.decide()
    assert (await status(case, "hopenow"))[1]["outcome"] == "assessed_trafficked"
    await withdraw(case, first)
    assert (await status(case, "hopenow"))[1]["outcome"] is None, "what the other consent covers, and no more"
    await withdraw(case, second)
    assert await is_hidden_from(case, "hopenow")
    events = await havn.events("identification", "consent-")
    assert [event.get("may_still_know") for event in events] == [None, None, True, False]


async def test_a_withdrawal_holds_at_once_whatever_it_says_and_a_second_one_is_refused(havn: World) -> None:
    await havn.set_clock("2026-06-12T10:00:00+02:00")
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case)
    told = await withdraw(case, consent_id, withdrawn_at="2026-06-12T10:04:00+02:00")
    assert told["withdrawn_at"] == "2026-06-12T08:00:00Z"
    assert await is_hidden_from(case, "hopenow")
    again = await case.post(f"/consents/{consent_id}/withdraw", None)
    assert name_of(again) == (409, "ConsentIsWithdrawn")


async def test_a_consent_can_be_withdrawn_from_a_closed_case_but_not_given_in_it(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case)
    await case.decide(outcome="not_trafficked")
    await havn.sql("identification", "UPDATE case_file SET status = 'closed'")
    refused = await case.post("/consents", {"recipient": "newlives", "purpose": "support"})
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    await withdraw(case, consent_id)
    assert await is_hidden_from(case, "hopenow")


async def test_consents_that_came_with_the_referral_are_consents_of_the_case(havn: World) -> None:
    given = [{"recipient": "cmm", "purpose": "identification"}, {"recipient": "newlives", "purpose": "support"}]
    case = await open_case(havn, CMM_DECIDES | {"consents": [*given, given[0]]})
    read = (await case.get("/consents", purpose="support")).json()["items"]
    assert {(each["recipient"], each["purpose"]) for each in read} == {
        ("cmm", "identification"),
        ("newlives", "support"),
    }
    assert len(read) == 2
    assert {(each["given_at"], each["recorded_by"]) for each in read} == {("2026-03-02T08:30:00Z", POLICE)}
    assert (await status(case, "newlives"))[1]["status"] == "referred"


async def test_the_consents_of_a_further_referral_hold_in_its_own_case_and_give_none_back_that_was_taken(
    havn: World,
) -> None:
    known = CMM_DECIDES | {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    case = await open_case(havn, known)
    await withdraw(case, await consent(case))
    assert await is_hidden_from(case, "hopenow")
    said = [{"recipient": "hopenow", "purpose": "support"}, {"recipient": "newlives", "purpose": "support"}]
    again = await open_case(havn, known | {"consents": said}, sender="politi-fyn")
    for recipient in ("hopenow", "newlives"):
        assert (await status(again, recipient))[0] == 200, "at once in the case that the sender has said it of"
        assert await is_hidden_from(case, recipient), "a referral cannot say it of another case"
    assert (await again.post("/merge", {"into": case.id})).status_code == 200
    for recipient in ("hopenow", "newlives"):
        assert await is_hidden_from(case, recipient), "nor a merge, until CMM confirms it"
    items = (await case.get("/consents", purpose="support")).json()["items"]
    assert [each["unconfirmed"] for each in items if each["withdrawn_at"] is None] == [True, True]


@pytest.mark.row(42)
async def test_each_receiver_acknowledges_a_withdrawal_and_cmm_sees_who_has_not(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case)
    hopenow = havn.partner("hopenow")
    assert (await hopenow.get(WITHDRAWALS)).json()["items"] == []
    await withdraw(case, consent_id)
    (event,) = await havn.events("identification", "consent-withdrawn")
    assert (event["consent_id"], event["recipient"], event["purpose"]) == (consent_id, "hopenow", "support")
    (open_one,) = (await hopenow.get(WITHDRAWALS)).json()["items"]
    assert (open_one["consent_id"], open_one["case_id"], open_one["purpose"]) == (consent_id, case.id, "support")
    assert open_one["acknowledged_at"] is None
    assert (await case.get("/consents", purpose="support")).json()["items"][0]["acknowledged_at"] is None
    for other in ("newlives", "cmm"):
        refused = await havn.partner(other).post(f"{WITHDRAWALS}/{consent_id}/acknowledge")
        assert name_of(refused) == (404, "NotFound")
    first = await hopenow.post(f"{WITHDRAWALS}/{consent_id}/acknowledge")
    again = await hopenow.post(f"{WITHDRAWALS}/{consent_id}/acknowledge")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["acknowledged_at"] is not None
    assert (await hopenow.get(WITHDRAWALS)).json()["items"] == []
    assert len((await hopenow.get(WITHDRAWALS, acknowledged="true")).json()["items"]) == 1
    assert (await case.get("/consents", purpose="support")).json()["items"][0]["acknowledged_at"] is not None


async def test_a_live_consent_cannot_be_acknowledged(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case)
    early = await havn.partner("hopenow").post(f"{WITHDRAWALS}/{consent_id}/acknowledge")
    assert name_of(early) == (404, "NotFound")


async def test_only_those_who_work_on_the_case_record_withdraw_and_list_consents(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    by_us = await case.post("/consents", {"recipient": "hopenow", "purpose": "support"}, by="us")
    assert by_us.status_code == 201, by_us.text
    withdrawn = await case.post(f"/consents/{by_us.json()['consent_id']}/withdraw", {}, by="us")
    assert withdrawn.status_code == 200, withdrawn.text
    assert await is_hidden_from(case, "hopenow"), "also where the authority and not the centre has withdrawn it"
    other = await open_case(havn, CMM_DECIDES, sender="hopenow")
    consent_id = await consent(other)
    body = {"recipient": "us", "purpose": "legal"}
    for org in ("us", "anklagemyndigheden"):
        partner = havn.partner(org)
        for path, sent in ((f"{other.path}/consents", body), (f"{other.path}/consents/{consent_id}/withdraw", {})):
            assert name_of(await partner.post(path, sent)) == (404, "NotFound"), path
        assert name_of(await partner.get(f"{other.path}/consents", purpose="support")) == (404, "NotFound")
    assert (await havn.partner("hopenow").post(f"{other.path}/consents", body)).status_code == 403
    stray = await case.post(f"/consents/{consent_id}/withdraw", {})
    assert name_of(stray) == (404, "NotFound"), "a consent of another case"


async def test_a_withdrawal_takes_back_every_record_of_the_same_leave(havn: World) -> None:
    """The referral brought the consent, and CMM recorded it once more, in full."""
    case = await open_case(havn, CMM_DECIDES | {"consents": [{"recipient": "hopenow", "purpose": "support"}]})
    told = await withdraw(case, await consent(case, scope=["person", "status"]))
    assert told["may_still_know"] is False
    assert await is_hidden_from(case, "hopenow")
    assert [each["is_live"] for each in (await case.get("/consents", purpose="support")).json()["items"]] == [
        False,
        False,
    ]
    waiting = (await havn.partner("hopenow").get(WITHDRAWALS)).json()["items"]
    assert len(waiting) == 2, "each is acknowledged"


async def test_a_consent_for_another_purpose_stays_and_the_answer_says_so(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await consent(case, purpose="return", scope=["person", "status"])
    said = "2026-06-12T09:30:00+02:00"
    told = await withdraw(case, await consent(case, scope=["person", "status"]), withdrawn_at=said)
    assert told["may_still_know"] is True
    assert (await status(case, "hopenow"))[1]["status"] == "referred"
    assert (await case.get("/person", by="hopenow", purpose="return")).status_code == 200
    refused = await case.get("/person", by="hopenow", purpose="support")
    assert name_of(refused) == (403, "LeaveIsForAnotherPurpose")
    withdrawn = (await case.get("/consents", purpose="support")).json()["items"][0]
    assert withdrawn["said_withdrawn_at"] == "2026-06-12T07:30:00Z"


async def test_who_the_person_is_is_read_for_the_purpose_of_the_consent_alone(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"given_name": "Malee"})
    await consent(case, scope=["person", "status"])
    assert (await case.get("/person", by="hopenow", purpose="support")).json()["given_name"] == "Malee"
    refusals = dict.fromkeys(("identification", "accommodation", "return"), "LeaveIsForAnotherPurpose")
    refusals |= dict.fromkeys(("investigation", "prosecution", "health", "statistics"), "PurposeNotYours")
    for purpose, name in refusals.items():
        refused = await case.get("/person", by="hopenow", purpose=purpose)
        assert name_of(refused) == (403, name), purpose
        assert "Malee" not in refused.text


async def test_a_consent_that_is_still_to_be_given_lets_nobody_know(havn: World) -> None:
    await havn.set_clock("2026-07-01T12:00:00+02:00")
    case = await open_case(havn, CMM_DECIDES)
    ahead = {"recipient": "3f", "purpose": "legal", "given_at": "2026-07-01T12:05:01+02:00"}
    assert name_of(await case.post("/consents", ahead)) == (422, "InvalidInput")
    assert await is_hidden_from(case, "3f")
    assert (await case.post("/consents", ahead | {"given_at": "2026-07-01T12:00:00+02:00"})).status_code == 201
