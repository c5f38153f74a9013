"""Who may read a referral: by part, role and purpose."""

from typing import Any

import pytest

from shared.contract.codes import Purpose
from tests.identification.builders import name_of
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
