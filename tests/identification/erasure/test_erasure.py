"""An erasure or a refusal reaches every holder, each confirms, and who has not within the hour is shown and alerted."""

from typing import Any
from uuid import UUID

import pytest

from services.identification.erasure import domain as erasure
from services.identification.retention import domain as retention
from services.referrals import domain as referrals
from shared.identity.actor import Actor
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, Opened, name_of, open_case, open_cases
from tests.identification.erasure.test_nothing_left import erase
from tests.world import World

ERASURES = "/identification/v1/erasures"
REFERRALS = "/referrals/v1/referrals"
NEEDS = {"languages": ["tha"], "avoid_municipalities": ["0101"]}
REQUESTS = "/accommodation/v1/placement-requests"
NOON = "2026-03-09T12:00:00+01:00"
NAMED: dict[str, Any] = CMM_DECIDES | {"given_name": "Canaria", "gender": "woman"}


@pytest.fixture(autouse=True)
async def noon(havn: World) -> None:
    await havn.set_clock(NOON)


async def report(havn: World, **asked: str) -> list[dict[str, Any]]:
    answer = await havn.partner("cmm", "auditor").get(ERASURES, **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def referral_of(case: Opened) -> str:
    return str((await case.details())["referral_ids"][0])


async def test_every_holder_erases_and_confirms(havn: World) -> None:
    case = await open_case(havn, NAMED)
    referral_id = await referral_of(case)
    await erase(havn, [UUID(case.id)])
    (item,) = await report(havn)
    assert (item["case_id"], item["extent"], item["state"]) == (case.id, "case", "done")
    assert {holder["holder"]: holder["state"] for holder in item["holders"]} == {
        "accommodation": "done",
        "referrals": "done",
        "stats": "done",
    }
    assert await report(havn, state="late") == await report(havn, state="waiting") == []
    police = havn.partner("politi-oestjylland")
    read = await police.get(f"{REFERRALS}/{referral_id}", purpose="identification")
    assert name_of(read) == (410, "ReferralIsErased")
    status = await police.get(f"{REFERRALS}/{referral_id}/status")
    assert (status.status_code, status.json()["status"]) == (200, "submitted")
    left = (await havn.sql("referrals", "SELECT * FROM referral"))[0]
    assert (left["municipality"], left["custody_since"], left["narrative"]) == (None, None, b"")
    for service in ("referrals", "accommodation", "identification"):
        keys = await havn.sql(service, "SELECT owner_id FROM data_key")
        assert keys == [], service


async def test_a_referral_of_several_keeps_the_others(havn: World) -> None:
    first, second = await open_cases(havn, NAMED, NAMED | {"given_name": "Kanok"}, reason="Both said so.")
    referral_id = await referral_of(first)
    await erase(havn, [UUID(first.id)])
    police = havn.partner("politi-oestjylland")
    read = (await police.get(f"{REFERRALS}/{referral_id}", purpose="identification")).json()
    assert [subject["given_name"] for subject in read["subjects"]] == [None, "Kanok"]
    assert read["subjects"][0]["erased_at"].startswith("2026-03-09T11:00")
    assert read["subjects"][1]["erased_at"] is None
    assert read["reason"] == "Both said so."
    await erase(havn, [UUID(second.id)])
    read = await police.get(f"{REFERRALS}/{referral_id}", purpose="identification")
    assert name_of(read) == (410, "ReferralIsErased")


async def test_a_referral_about_an_erased_case_can_still_be_ended_and_keeps_no_word(havn: World) -> None:
    case = await open_case(havn, NAMED)
    referral_id = await referral_of(case)
    await erase(havn, [UUID(case.id)])
    withdrawn = await havn.partner("politi-oestjylland").post(
        f"{REFERRALS}/{referral_id}/withdraw", {"reason": "Canaria"}
    )
    assert withdrawn.status_code == 200, withdrawn.text
    assert await havn.sql("referrals", "SELECT FROM status_change WHERE remark IS NOT NULL") == []


async def test_a_request_that_is_sent_again_after_the_erasure_takes_no_second_effect(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    body = {
        "kind": "identification",
        "channel": "police_operation",
        "occurred_at": NOON,
        "reason": "Canaria.",
        "subjects": [{"reference": "P01"} | NAMED],
    }
    sent = await police.post(REFERRALS, body, idempotency_key="raid-1")
    await havn.settled()
    (row,) = await havn.sql("referrals", "SELECT case_id FROM referral_subject")
    await erase(havn, [row["case_id"]])
    again = await police.post(REFERRALS, body, idempotency_key="raid-1")
    assert name_of(again) == (410, "AnswerErased")
    assert sent.json()["referral_id"] not in again.text
    assert len(await havn.sql("referrals", "SELECT FROM referral")) == 1


# ---------------------------------------------------------------- who declines


async def test_a_refusal_reaches_every_holder_and_the_case_goes_on(havn: World) -> None:
    case = await open_case(havn, NAMED)
    referral_id = await referral_of(case)
    asked = await havn.partner("cmm").post(REQUESTS, {"case_id": case.id, "from_on": "2026-03-10", "needs": NEEDS})
    assert asked.status_code == 201, asked.text
    (before,) = await havn.sql("accommodation", "SELECT owner_id, wrapped FROM data_key")
    declined = await case.post("/refusal", {"on": "2026-03-09"})
    assert declined.status_code == 200, declined.text
    await havn.settled()
    (item,) = await report(havn)
    assert (item["extent"], item["state"]) == ("identity", "done")
    police = havn.partner("politi-oestjylland")
    read = await police.get(f"{REFERRALS}/{referral_id}", purpose="identification")
    assert name_of(read) == (410, "ReferralIsErased")
    (after,) = await havn.sql("accommodation", "SELECT owner_id, wrapped FROM data_key")
    assert after["owner_id"] == before["owner_id"]
    assert after["wrapped"] != before["wrapped"], "what was sealed beside the needs opens no more"
    request = f"{REQUESTS}/{asked.json()['request_id']}"
    needs = await havn.partner("cmm").get(request, purpose="accommodation")
    assert (
        needs.json()["needs"]["languages"] == NEEDS["languages"]
    )  # a bed is sought by what they need, not by who they are
    assert (await case.get()).status_code == 200
    assert (await case.get("/timeline")).json()["items"][-1]["kind"] == "case-erased"
    checked = await case.details()
    assert checked["status"] == "referred"


# ---------------------------------------------------------------- who has not confirmed


async def test_who_has_not_confirmed_within_the_hour_is_shown_and_cmm_is_alerted_once(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await open_case(havn, NAMED)

    async def fails(*_: Any, **__: Any) -> None:
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setattr(referrals, "erase_case", fails)
        await erase(havn, [UUID(case.id)])
    (item,) = await report(havn, state="waiting")
    waits = {"holder": "referrals", "state": "waiting", "since": "2026-03-09T11:00:00Z"}
    assert [holder for holder in item["holders"] if holder["state"] != "done"] == [waits]
    await havn.set_clock("2026-03-09T12:59:00+01:00")
    assert await alerts(havn) == []
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    await havn.set_clock("2026-03-09T13:05:00+01:00")
    assert await alerts(havn) == [case.id]
    (item,) = await report(havn, state="late")
    late = {"holder": "referrals", "state": "late", "since": "2026-03-09T12:00:00Z"}
    assert [holder for holder in item["holders"] if holder["state"] != "done"] == [late]
    assert await havn.application.workers["referrals"].consumer.replay() == (1, 0)
    await havn.settled()
    assert [item["state"] for item in await report(havn)] == ["done"]
    assert await report(havn, state="late") == []


async def alerts(havn: World) -> list[str]:
    rows = await havn.sql("identification", "SELECT case_id, for_org FROM alert WHERE kind = 'erasure'")
    assert {row["for_org"] for row in rows} <= {"cmm"}
    return [str(row["case_id"]) for row in rows]


async def test_the_report_is_for_auditors_and_administrators_of_cmm(havn: World) -> None:
    for role in ("auditor", "admin"):
        assert (await havn.partner("cmm", role).get(ERASURES)).status_code == 200
    for org, role in (("cmm", "caseworker"), ("us", "auditor"), ("politi-fyn", "admin"), ("reden", "auditor")):
        assert (await havn.partner(org, role).get(ERASURES)).status_code == 403, (org, role)


async def test_after_a_backup_every_holder_is_asked_again(havn: World) -> None:
    case = await open_case(havn, NAMED)
    await erase(havn, [UUID(case.id)])
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        assert await retention.reapply(work, [UUID(case.id)]) == 0
    await havn.settled()
    assert [item["state"] for item in await report(havn)] == ["done", "done"]


# ---------------------------------------------------------------- nothing comes back


async def test_a_notification_of_a_child_writes_nothing_into_an_erased_case(havn: World) -> None:
    girl = DANISH_GIRL | {"citizenships": ["PHL"], "residence_basis": "residence_permit"}
    case = await open_case(havn, girl, sender="cmm", municipality=None)
    await erase(havn, [UUID(case.id)])
    (before,) = await havn.sql("identification", "SELECT * FROM case_file")
    sent = await havn.partner("cmm").post(
        REFERRALS,
        {
            "recipient": "kommune-0751",
            "kind": "child_notification",
            "channel": "other",
            "occurred_at": NOON,
            "reason": "A child.",
            "case_id": case.id,
            "subjects": [{"reference": "P01", "stated_age": 17}],
        },
    )
    assert sent.status_code == 201, sent.text
    await havn.settled()
    assert await havn.sql("identification", "SELECT * FROM case_file") == [before]
    assert await havn.sql("identification", "SELECT FROM child_referral") == []


@pytest.mark.parametrize("service", ["referrals", "accommodation", "stats"])
async def test_nobody_but_havn_itself_erases_in_any_database(havn: World, service: str) -> None:
    given = {"referrals": "$1::uuid, now()", "accommodation": "$1::uuid, true", "stats": "$1::uuid"}[service]
    some_case = UUID(int=1)
    for org in ("cmm", "us", ""):
        with pytest.raises(Exception, match="Only Havn itself erases"):
            await havn.sql_as_runtime(service, f"SELECT erase_case({given})", some_case, org=org)
        for statement in ("forget_answers(now())", "forget_audit(now())", "forget_answers_about('{}')"):
            with pytest.raises(Exception, match="Only Havn itself erases"):
                await havn.sql_as_runtime(service, f"SELECT {statement}", org=org)


def test_every_service_but_identification_itself_is_a_holder() -> None:
    from services.everything import SERVICES

    assert {service.name for service in SERVICES} - {"identification"} == set(erasure.HOLDERS)
