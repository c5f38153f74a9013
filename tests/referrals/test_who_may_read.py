"""Who may read a referral: by part, role and purpose."""

from typing import Any

import httpx
import pytest

from shared.contract.codes import Purpose
from tests.identification.builders import name_of, open_case
from tests.referrals.builders import REASON, SAFE_CONTACT, Sent, send, subject
from tests.world import World

MALEE: dict[str, Any] = {"given_name": "Malee", "gender": "woman", "languages": ["tha"]}


@pytest.fixture
async def sent(havn: World) -> Sent:
    return await send(havn, subject(**MALEE), safe_contact=SAFE_CONTACT)


@pytest.mark.parametrize("role", ["admin", "facility_manager"])
async def test_an_administrator_and_a_facility_s_manager_read_nobody(sent: Sent, role: str) -> None:
    for org in (sent.sender, "cmm"):
        for purpose in Purpose:
            read = await sent.havn.partner(org, role).get(sent.path, purpose=purpose)
            assert read.status_code == 403, (org, purpose)
            assert "Malee" not in read.text
            assert REASON not in read.text


async def test_health_reads_how_to_reach_and_to_speak_with_the_person(sent: Sent) -> None:
    read = (await sent.havn.partner("cmm", "health").get(sent.path, purpose="health")).json()
    (person,) = read["subjects"]
    assert (read["reason"], read["safe_contact"]) == (None, SAFE_CONTACT)
    assert (person["languages"], person["given_name"], person["gender"]) == (["tha"], None, "unknown")


async def test_health_reads_why_it_is_asked(havn: World) -> None:
    sent = await send(havn, subject(**MALEE), kind="health", recipient="sygehus-aarhus", safe_contact=SAFE_CONTACT)
    read = (await havn.partner("sygehus-aarhus", "health").get(sent.path, purpose="health")).json()
    (person,) = read["subjects"]
    assert (read["reason"], person["gender"], person["stated_age"], person["given_name"]) == (REASON, "woman", 24, None)


async def test_a_purpose_is_asked_for_then_the_part_then_the_purpose_judged(sent: Sent) -> None:
    havn = sent.havn
    assert name_of(await havn.partner("politi-fyn").get(sent.path)) == (400, "PurposeMissing")
    assert name_of(await havn.partner("politi-fyn").get(sent.path, purpose="prosecution")) == (404, "NotFound")
    assert name_of(await havn.partner(sent.sender).get(sent.path, purpose="prosecution")) == (403, "PurposeNotYours")


async def test_sender_and_recipient_read_it_for_identification_and_support_whatever_their_kind(havn: World) -> None:
    sent = await send(havn, subject(**MALEE), sender="iom", recipient="familieretshuset")
    may: dict[str, set[str]] = {}
    for org in ("iom", "familieretshuset"):
        reads = {purpose: await havn.partner(org).get(sent.path, purpose=purpose) for purpose in Purpose}
        may[org] = {purpose for purpose, read in reads.items() if read.status_code == 200}
        assert {read.status_code for read in reads.values()} == {200, 403}
    assert may == {
        "iom": {"identification", "support", "return"},
        "familieretshuset": {"identification", "support", "legal"},
    }


async def test_who_is_a_system_and_somebody_besides_reads_as_that_person(sent: Sent) -> None:
    both = sent.havn.partner("cmm", "system", "admin")
    assert (await both.get(sent.path, purpose="identification")).status_code == 403
    assert (await sent.havn.partner("cmm", "system").get(sent.path, purpose="identification")).status_code == 200


async def test_of_havn_s_own_services_identification_alone_reads_who_was_referred(havn: World) -> None:
    sent = await send(havn, subject(**MALEE), kind="identification")
    for service, status in {"havn-identification": 200, "havn-stats": 404, "havn-accommodation": 404}.items():
        token = havn.development.service_token(service)
        headers = {"authorization": f"Bearer {token}"}
        read = await havn.client.get(sent.path, params={"purpose": "identification"}, headers=headers)
        assert read.status_code == status, service
        listed = await havn.client.get("/referrals/v1/referrals", headers=headers)
        assert len(listed.json()["items"]) == (status == 200), service
        refused = await havn.client.get(sent.path, params={"purpose": "statistics"}, headers=headers)
        assert refused.status_code == (403 if status == 200 else 404)


async def test_of_a_referral_about_a_case_identification_reads_the_facts_alone_and_the_others_nothing(
    havn: World,
) -> None:
    case = await open_case(havn, MALEE, sender="hopenow")
    facts = {"stated_age": 15, "birth_date": "2011-01-01", "residence_basis": "visa"}
    named = subject("R1", given_name="Malee", languages=["tha"], **facts)
    words = {"safe_contact": "Through her teacher.", "reason": "She is afraid."}
    for kind in ("child_notification", "health"):
        about = await send(havn, named, kind=kind, sender="hopenow", case_id=case.id, **words)
        several = await send(havn, named, subject("R2"), kind=kind, sender="hopenow", case_id=case.id)
        of_none = await send(havn, named, kind=kind, sender="hopenow")
        for service in ("havn-identification", "havn-stats", "havn-accommodation", "havn-referrals"):
            headers = {"authorization": f"Bearer {havn.development.service_token(service)}"}

            async def read(sent: Sent, part: str = "", *, of: dict[str, str] = headers) -> httpx.Response:
                return await havn.client.get(sent.path + part, params={"purpose": "identification"}, headers=of)

            assert (await read(several)).status_code == (await read(of_none)).status_code == 404, service
            assert (await read(about, "/status")).status_code == 404, service
            listed = (await havn.client.get("/referrals/v1/referrals", headers=headers)).json()["items"]
            assert about.id not in {item["referral_id"] for item in listed}, service
            answer = await read(about)
            if service != "havn-identification":
                assert answer.status_code == 404, service
                continue
            whole = answer.json()
            assert (whole["reason"], whole["safe_contact"], whole["as_written"]) == (None, None, [])
            (person,) = whole["subjects"]
            assert {name: person[name] for name in facts} == facts
            assert [person[name] for name in ("given_name", "reference", "languages", "identifiers")] == [
                None,
                None,
                [],
                [],
            ]
    assert (await havn.partner("reden").get(about.path, purpose="support")).status_code == 404
