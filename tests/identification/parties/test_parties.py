"""A part begins with the referral that gave it, and ends with its withdrawal or when CMM ends it; the case goes on."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.identification import consumers
from services.identification.overview.history import fold
from shared.contract.events import EVENTS, ReferralSubmitted, ReferralWithdrawn
from shared.identity.actor import Actor
from shared.messaging.consumer import Delivery
from tests.accommodation.housing import Housing
from tests.identification.access_requests.test_access_requests import asked
from tests.identification.builders import (
    CMM_DECIDES,
    DANISH_GIRL,
    US_DECIDES,
    Opened,
    listed,
    name_of,
    open_case,
)
from tests.identification.finding.people import Met
from tests.identification.overview.test_feed import feed, kinds
from tests.identification.retention.test_retention import OPENED
from tests.identification.retention.test_retention_rules import BEGUN
from tests.referrals.builders import POLICE, send, subject
from tests.world import World

REASON = {"reason": "The hospital has discharged her."}


async def referred(havn: World, person: dict[str, Any], *, sender: str) -> tuple[Any, Opened]:
    """A referral of one person, and the case it has opened."""
    sent = await send(havn, subject("P01", **person), kind="identification", sender=sender)
    await havn.settled()
    (opened,) = [
        event for event in await havn.events("identification", "case-opened") if event["referral_id"] == sent.id
    ]
    return sent, Opened(havn, opened["case_id"])


async def test_a_withdrawal_ends_the_senders_part_at_once_and_the_case_stays(havn: World) -> None:
    sent, case = await referred(havn, CMM_DECIDES, sender="hopenow")
    assert (await case.get(by="hopenow")).status_code == 200
    before = [deadline["kind"] for deadline in (await case.details())["deadlines"]]
    await sent.bring_to("withdrawn")
    await havn.settled()
    for part in ("", "/status"):
        assert (await case.get(part, by="hopenow", purpose="identification")).status_code == 404
    assert await listed(havn, "hopenow") == []
    assert await feed(havn, "hopenow") == []
    assert (await sent.status()).json()["status"] == "withdrawn", "its own referral stays its own"
    details = await case.details()
    assert (details["status"], details["source_withdrawn"]) == ("referred", True)
    assert [deadline["kind"] for deadline in details["deadlines"]] == before
    assert "source-withdrawn" in kinds(await feed(havn, "cmm"))


@pytest.mark.parametrize("facts", [CMM_DECIDES, US_DECIDES])
async def test_cmm_closes_a_case_that_nobody_refers_any_more_and_may_go_on_with_it(
    havn: World, facts: dict[str, Any]
) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    sent, case = await referred(havn, facts, sender="hopenow")
    ending = {"on": "2026-03-09", "reason": "The sender has taken it back."}
    assert name_of(await case.post("/closure", ending)) == (409, "CaseStatusDoesNotAllow"), "somebody refers it"
    await sent.bring_to("withdrawn")
    await havn.settled()
    if facts is US_DECIDES:
        assert name_of(await case.post("/closure", ending, by="us")) == (409, "CaseStatusDoesNotAllow")
    assert (await case.post("/closure", ending)).status_code == 200
    details = await case.details()
    assert (details["status"], details["identification_pending"], details["deadlines"]) == ("closed", False, [])
    assert (await case.post("/reopening", {"reason": "She has come again."})).status_code == 200
    details = await case.details()
    assert (details["status"], details["identification_pending"]) == ("clarification", True)
    rows = await havn.sql(
        "identification", "SELECT type, payload::text FROM event_history WHERE key = $1 ORDER BY sequence", case.id
    )
    life = fold(EVENTS[row["type"]].model_validate_json(row["payload"]) for row in rows)
    assert life.status == "clarification"


async def test_a_withdrawal_that_overtakes_the_opening_loses_no_childs_hours(havn: World) -> None:
    sent = await send(havn, subject("P01", **DANISH_GIRL), kind="support", sender="hopenow", municipality="0461")
    await sent.bring_to("withdrawn")
    (submitted,) = await havn.events("referrals", "referral-submitted")
    (withdrawn,) = await havn.events("referrals", "referral-withdrawn")
    await havn.sql("referrals", "UPDATE referral SET kind = 'identification'")
    actor = Actor.system("identification")
    peers = havn.application.platform.peers_of("identification")
    async with havn.application.databases["identification"].transaction(actor) as work:
        event = ReferralSubmitted.model_validate(submitted | {"kind": "identification"})
        await consumers.open_cases(Delivery.of(work, peers=peers, sequence=1), event)
    async with havn.application.databases["identification"].transaction(actor) as work:
        ended = ReferralWithdrawn.model_validate(withdrawn | {"kind": "identification"})
        await consumers.end_the_senders_part(Delivery.of(work, peers=peers, sequence=2), ended)
    (item,) = await listed(havn, "cmm")
    assert "child_notification" in {deadline["kind"] for deadline in item["deadlines"]}
    assert item["source_withdrawn"] is True
    assert await listed(havn, "hopenow") == []


async def test_who_was_barred_and_refers_again_is_told_what_anybody_is(havn: World) -> None:
    """SC08: a withdrawn consent bars from the case it was taken back in; a later referral is a case of its own."""
    number = {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    case = await open_case(havn, CMM_DECIDES | number, sender="hopenow")
    given = await case.post("/consents", {"recipient": POLICE, "purpose": "investigation", "method": "oral"})
    path = f"/consents/{given.json()['consent_id']}/withdraw"
    assert (await case.post(path, {})).status_code == 200
    again = await open_case(havn, CMM_DECIDES | number)
    stranger = await open_case(havn, CMM_DECIDES | {"identifiers": [{"type": "x_ecpr", "value": "0102891CD3"}]})
    answers = [(await each.get(by=POLICE)).json() for each in (again, stranger)]
    for answer in answers:
        answer.pop("case_id")
    assert answers[0] == answers[1]
    assert (await case.get(by=POLICE)).status_code == 404


async def test_nothing_that_was_recorded_before_a_part_began_is_shown_by_it(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    await case.interview("2026-03-03T10:00:00+01:00")
    await case.recommend()
    given = await case.post("/consents", {"recipient": "reden", "purpose": "support", "method": "oral"})
    assert given.status_code == 201, given.text
    assert await feed(havn, "reden") == []
    assert (await case.try_deciding("CMM")).status_code == 201
    assert kinds(await feed(havn, "reden")) == ["decision-made"]


# ---------------------------------------------------------------- CMM ends a part


async def test_cmm_ends_a_part_with_a_reason_and_nobody_but_cmm_is_told(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    ended = await case.post("/parties/hopenow/end", REASON)
    assert ended.status_code == 200, ended.text
    assert ended.json()["org"] == "hopenow"
    assert ended.headers["etag"]
    assert (await case.get(by="hopenow")).status_code == 404
    assert await feed(havn, "hopenow") == []
    assert "party-ended" in kinds(await feed(havn, "cmm"))
    (row,) = await havn.sql("identification", "SELECT org, part, ended_by, reason FROM ended_part")
    assert (row["org"], row["part"], row["ended_by"]) == ("hopenow", "referrer", "cmm")
    assert b"discharged" not in row["reason"]
    assert (await case.post("/parties/hopenow/end", REASON)).status_code == 404, "there is nothing left to end"


async def test_the_deciding_authority_is_not_told_whose_part_was_ended(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, sender="hopenow")
    assert (await case.post("/parties/hopenow/end", REASON)).status_code == 200
    assert "party-ended" not in kinds(await feed(havn, "us"))
    timeline = (await case.get("/timeline", by="us")).json()["items"]
    assert "party-ended" not in {entry["kind"] for entry in timeline}


async def test_who_decides_and_whose_task_runs_keeps_its_part(havn: World) -> None:
    case = await open_case(havn, US_DECIDES | {"stated_age": 15}, sender="hopenow", municipality="0461")
    for organisation in ("us", "cmm", "kommune-0461"):
        assert name_of(await case.post(f"/parties/{organisation}/end", REASON)) == (409, "PartIsADuty"), organisation
    await havn.set_clock("2026-12-24T10:00:00+01:00")
    assessed = await case.post("/child-assessment", {"assessed_at": "2026-12-24T09:00:00+01:00"})
    assert assessed.status_code == 200, assessed.text
    assert (await case.post("/parties/kommune-0461/end", REASON)).status_code == 404, "it has ended with the task"


@pytest.mark.parametrize("stranger", ["us", "hopenow", "reden", POLICE])
async def test_only_cmm_ends_a_part(havn: World, stranger: str) -> None:
    case = await open_case(havn, US_DECIDES, sender="hopenow")
    assert (await case.post("/parties/hopenow/end", REASON, by=stranger)).status_code in (403, 404)
    assert (await case.get(by="hopenow")).status_code == 200


# ---------------------------------------------------------------- a merge tells nobody


async def test_the_sender_reads_its_own_case_as_it_stood_and_then_what_is_recorded_anew(havn: World) -> None:
    known = Met(havn, (await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="reden")).id, [])
    await known.interview("2026-03-03T10:00:00+01:00")
    own = Met(havn, (await open_case(havn, CMM_DECIDES | {"given_name": "Mali"}, sender="hopenow")).id, [])
    etag = (await own.get(by="hopenow")).headers["etag"]
    before, events = (await own.get(by="hopenow")).json(), await feed(havn, "hopenow")
    assert (await own.merge(known)).status_code == 200
    after = await own.get(by="hopenow")
    assert (after.json(), after.headers["etag"]) == (before, etag)
    assert await feed(havn, "hopenow") == events
    assert (await known.get(by="hopenow")).status_code == 404
    await havn.set_clock("2026-12-24T10:00:00+01:00")
    await known.recommend()
    assert (await own.get(by="hopenow")).json()["status"] == "recommended"
    (told,) = (await feed(havn, "hopenow"))[len(events) :]
    assert (told["subject"], kinds([told])) == (own.id, ["recommendation-made"])
    assert known.id not in str(told)
    assert int(told["sequence"]) > int(events[-1]["sequence"])


async def test_what_was_decided_before_the_merge_stays_unseen_and_nobody_is_removed(havn: World) -> None:
    known = Met(havn, (await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="reden")).id, [])
    await known.decide()
    own = Met(havn, (await open_case(havn, CMM_DECIDES | {"given_name": "Mali"})).id, [])
    assert (await own.merge(known)).status_code == 200
    seen = (await own.get("/status", by=POLICE, purpose="identification")).json()
    assert (seen["status"], seen["outcome"], seen["identification_pending"]) == ("referred", None, True)


async def test_us_goes_on_with_its_own_case_as_if_there_were_no_merge(havn: World) -> None:
    """The other one is a Danish citizen's, of whom US is told nothing (SC04)."""
    danish = Met(havn, (await open_case(havn, DANISH_GIRL, sender="kommune-0461")).id, [])
    theirs = Met(havn, (await open_case(havn, US_DECIDES, sender="hopenow")).id, [])
    before = (await theirs.get(by="us")).json()
    timeline, events = (await theirs.get("/timeline", by="us")).json(), await feed(havn, "us")
    assert (await theirs.merge(danish)).status_code == 200
    assert (await theirs.get(by="us")).json() == before
    assert (await theirs.get("/timeline", by="us")).json() == timeline
    assert await feed(havn, "us") == events
    assert (await theirs.details())["merged_into"] == danish.id, "CMM knows"
    refused = await theirs.post("/interviews", {"held_at": "2026-03-03T10:00:00+01:00"})
    assert name_of(refused) == (409, "CaseIsMerged"), "for CMM the work goes on there"
    await theirs.havn.sql("identification", "UPDATE case_file SET status = 'recommended' WHERE id = $1", theirs.id)
    decided = await theirs.try_deciding("US")
    assert decided.status_code == 201, decided.text


async def test_consents_of_the_newer_case_give_nothing_until_cmm_confirms_them(havn: World) -> None:
    older = Met(havn, (await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="reden")).id, [])
    consents = [{"recipient": "amiami", "purpose": "support"}]
    newer = Met(havn, (await open_case(havn, CMM_DECIDES | {"consents": consents}, sender="hopenow")).id, [])
    assert (await newer.get(by="amiami")).status_code == 200, "on the sender's own case at once"
    assert (await newer.merge(older)).status_code == 200
    assert (await older.get(by="amiami")).status_code == 404
    (consent,) = (await older.get("/consents", purpose="support")).json()["items"]
    assert (consent["unconfirmed"], consent["is_live"]) == (True, False)
    confirmed = await older.post(f"/consents/{consent['consent_id']}/confirm", None)
    assert confirmed.status_code == 200, confirmed.text
    assert (await older.get(by="amiami")).status_code == 200
    (consent,) = (await older.get("/consents", purpose="support")).json()["items"]
    assert (consent["unconfirmed"], consent["is_live"]) == (False, True)
    again = await older.post(f"/consents/{consent['consent_id']}/confirm", None)
    assert name_of(again) == (409, "NothingToConfirm")
    assert (await newer.unmerge()).status_code == 200
    assert (await older.get(by="amiami")).status_code == 404
    assert (await newer.get(by="amiami")).status_code == 200


@pytest.mark.parametrize("stranger", ["us", "hopenow", "amiami", POLICE])
async def test_only_cmm_confirms_a_consent(havn: World, stranger: str) -> None:
    consenting = US_DECIDES | {"consents": [{"recipient": "amiami", "purpose": "support"}]}
    older, newer = [Met(havn, (await open_case(havn, person)).id, []) for person in (US_DECIDES, consenting)]
    assert (await newer.merge(older)).status_code == 200
    (consent,) = (await older.get("/consents", purpose="support")).json()["items"]
    refused = await older.post(f"/consents/{consent['consent_id']}/confirm", None, by=stranger)
    assert refused.status_code in (403, 404)
    assert (await older.get(by="amiami")).status_code == 404


async def test_the_police_that_holds_the_person_keeps_its_part_until_it_lets_them_go(havn: World) -> None:
    _, case = await referred(havn, CMM_DECIDES, sender=POLICE)
    assert (await case.post("/custody", {"since": "2026-03-02T09:00:00+01:00"}, by=POLICE)).status_code == 201
    end = f"/parties/{POLICE}/end"
    assert name_of(await case.post(end, REASON)) == (409, "PartIsADuty")
    let_go = {"ended_at": "2026-03-02T12:00:00+01:00", "reason": "released"}
    assert (await case.post("/custody/end", let_go, by=POLICE)).status_code == 200
    assert (await case.post(end, REASON)).status_code == 200
    assert (await case.get(by=POLICE)).status_code == 404


# ---------------------------------------------------------------- what was a slip


async def test_cmm_erases_what_was_withdrawn_and_never_should_have_been_sent(havn: World) -> None:
    sent, case = await referred(havn, CMM_DECIDES | {"given_name": "Malee"}, sender="hopenow")
    slip = {"reason": "sent_by_mistake"}
    assert name_of(await case.post("/erasure", slip, role="lawyer")) == (409, "NotASlip"), "nothing was withdrawn"
    await sent.bring_to("withdrawn")
    await havn.settled()
    for by, role in (("us", "lawyer"), ("hopenow", "lawyer"), ("cmm", "caseworker")):
        assert (await case.post("/erasure", slip, by=by, role=role)).status_code in (403, 404), (by, role)
    erased = await case.post("/erasure", slip, role="lawyer")
    for path in ("", "/status"):
        glimpse = (await case.get(path, purpose="identification")).json()
        assert glimpse["identification_pending"] is False, "nothing waits any more"
    assert erased.status_code == 200, erased.text
    assert (await case.get("/person", purpose="identification")).status_code == 410
    (row,) = await havn.sql("identification", "SELECT rule FROM erased_key")
    assert row["rule"] == "slip: sent_by_mistake"
    await havn.settled()
    (erasure,) = await havn.sql("identification", "SELECT extent FROM erasure")
    assert erasure["extent"] == "case"


SPOKE_OF_IT = {"recipient": "hopenow", "purpose": "support", "method": "oral", "given_at": OPENED, "interpreter": False}
BEGUN_WITH_HER = BEGUN | {
    "/consents": SPOKE_OF_IT | {"scope": "Where she is."},
    "/child-notes": {"text": "She sleeps badly."},
}


@pytest.mark.parametrize("begun", BEGUN_WITH_HER)
async def test_nothing_on_which_work_has_begun_is_erased_by_hand(havn: World, begun: str) -> None:
    await havn.set_clock(OPENED)
    sent, case = await referred(havn, DANISH_GIRL if begun == "/child-notes" else CMM_DECIDES, sender="hopenow")
    by = "hopenow" if begun == "/child-notes" else "cmm"
    begins = await case.post(begun, BEGUN_WITH_HER[begun], by=by)
    assert begins.status_code in (200, 201), begins.text
    await sent.bring_to("withdrawn")
    await havn.settled()
    assert name_of(await case.post("/erasure", {"reason": "a_test"}, role="lawyer")) == (409, "NotASlip")


async def test_nothing_is_erased_by_hand_while_a_request_for_access_waits(havn: World) -> None:
    sent, case = await referred(havn, CMM_DECIDES, sender="hopenow")
    await sent.bring_to("withdrawn")
    await havn.settled()
    await asked(case)
    assert name_of(await case.post("/erasure", {"reason": "a_test"}, role="lawyer")) == (409, "NotASlip")


async def test_a_case_into_which_one_was_merged_that_somebody_stands_by_is_no_slip(havn: World) -> None:
    first, older = await referred(havn, CMM_DECIDES, sender="hopenow")
    second, newer = await referred(havn, CMM_DECIDES, sender="amiami")
    await first.bring_to("withdrawn")
    await havn.settled()
    assert (await older.details())["source_withdrawn"]
    assert (await newer.post("/merge", {"into": older.id})).status_code == 200
    assert not (await older.details())["source_withdrawn"], "somebody stands by what was said of the person"
    slip = {"reason": "sent_by_mistake"}
    assert name_of(await older.post("/erasure", slip, role="lawyer")) == (409, "NotASlip")
    assert (await newer.get(by="amiami")).json()["status"] == "referred"

    await second.bring_to("withdrawn")
    await havn.settled()
    assert (await older.details())["source_withdrawn"]
    assert (await older.post("/erasure", slip, role="lawyer")).status_code == 200
    for case in (older, newer):
        assert (await case.get("/person", purpose="identification")).status_code == 410
    await havn.settled()
    assert len(await havn.sql("identification", "SELECT FROM erasure")) == 2, "every holder is asked for both"


async def test_a_case_into_which_one_was_merged_on_which_work_has_begun_is_no_slip(havn: World) -> None:
    first, older = await referred(havn, CMM_DECIDES, sender="hopenow")
    second, newer = await referred(havn, CMM_DECIDES, sender="amiami")
    await newer.interview("2026-03-03T10:00:00+01:00")
    for sent in (first, second):
        await sent.bring_to("withdrawn")
    await havn.settled()
    assert (await newer.post("/merge", {"into": older.id})).status_code == 200
    assert name_of(await older.post("/erasure", {"reason": "a_test"}, role="lawyer")) == (409, "NotASlip")


async def test_nothing_is_erased_by_hand_while_a_case_that_was_merged_into_it_is_on_hold(havn: World) -> None:
    first, older = await referred(havn, CMM_DECIDES, sender="hopenow")
    second, newer = await referred(havn, CMM_DECIDES, sender="amiami")
    for sent in (first, second):
        await sent.bring_to("withdrawn")
    await havn.settled()
    assert (await newer.post("/legal-hold", {"reason": "A court has asked."}, role="lawyer")).status_code == 201
    assert (await newer.post("/merge", {"into": older.id})).status_code == 200
    assert name_of(await older.post("/erasure", {"reason": "a_test"}, role="lawyer")) == (409, "AlreadyOnHold")


async def test_nobody_for_whom_a_place_was_asked_is_erased_by_hand(havn: World) -> None:
    sent, case = await referred(havn, CMM_DECIDES, sender="hopenow")
    await Housing(havn).request(case.id)
    await sent.bring_to("withdrawn")
    await havn.settled()
    assert name_of(await case.post("/erasure", {"reason": "a_test"}, role="lawyer")) == (409, "NotASlip")


@pytest.mark.parametrize(
    ("org", "step", "body"),
    [
        ("us", "interviews", {"held_at": "2026-03-02T10:00:00+01:00"}),
        ("us", "consents", {"recipient": "reden", "purpose": "support"}),
        ("us", "missing", {"since": "2026-03-02"}),
        (POLICE, "custody", {"since": "2026-03-02T10:00:00+01:00"}),
    ],
)
async def test_whose_part_ends_while_they_write_is_answered_as_a_stranger(
    havn: World, org: str, step: str, body: dict[str, Any]
) -> None:
    """Not that something of a living person was erased, nor that something failed; and nothing is written."""
    case = await open_case(havn, US_DECIDES, sender=POLICE)
    told = len(await havn.events("identification"))
    async with havn.meanwhile("identification") as ending:
        await ending.execute("SELECT FROM case_file WHERE id = $1 FOR UPDATE", UUID(case.id))
        writing = asyncio.create_task(case.post(f"/{step}", body, by=org))
        await asyncio.sleep(0.5)
        await ending.execute("DELETE FROM case_party WHERE case_id = $1 AND org = $2", UUID(case.id), org)
    assert name_of(await writing) == (404, "NotFound")
    assert len(await havn.events("identification")) == told
