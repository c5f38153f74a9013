"""Submitting a referral: once, whole, sealed, and refused without echoing what was sent."""

import asyncio
from typing import Any
from uuid import uuid4

from shared.contract.organisations import Scope
from tests.referrals.builders import (
    PATH,
    POLICE,
    REASON,
    SAFE_CONTACT,
    answer_in_one_trace,
    listed,
    referral,
    send,
    subject,
)
from tests.world import World


async def test_a_partner_submits_a_referral_and_both_parties_read_it_back(havn: World) -> None:
    sent = await send(
        havn,
        subject("P01", given_name="Malee", birth_date="2002-01-31"),
        subject("P02"),
        safe_contact=SAFE_CONTACT,
    )
    for party in (POLICE, "cmm"):
        read = await sent.read(by=party)
        assert read.status_code == 200, read.text
        told = read.json()
        assert (told["sender"], told["recipient"], told["status"]) == (POLICE, "cmm", "submitted")
        assert (told["reason"], told["safe_contact"]) == (REASON, SAFE_CONTACT)
        assert [each["reference"] for each in told["subjects"]] == ["P01", "P02"]
        assert told["subjects"][0]["given_name"] == "Malee"
        assert told["subjects"][0]["birth_date"] == "2002-01-31"
        assert told["occurred_at"] == "2026-03-02T08:30:00Z"


async def test_the_receipt_names_each_subject_in_the_senders_order_without_a_case(havn: World) -> None:
    sent = await send(havn, *(subject(f"P{number:02}") for number in (3, 1, 2)))
    assert [each["reference"] for each in sent.receipt["subjects"]] == ["P03", "P01", "P02"]
    assert {each["case_id"] for each in sent.receipt["subjects"]} == {None}
    assert sent.receipt["status"] == "submitted"


async def test_the_case_is_filled_in_once_identification_has_opened_it(havn: World) -> None:
    sent = await send(havn, kind="identification")
    await havn.settled()
    (told,) = (await sent.read()).json()["subjects"]
    (opened,) = await havn.events("identification", "case-opened")
    assert told["case_id"] == opened["case_id"]


async def test_a_referral_goes_to_cmm_unless_it_names_another_recipient(havn: World) -> None:
    to_cmm = await send(havn)
    to_reden = await send(havn, recipient="reden")
    assert (await to_cmm.read()).json()["recipient"] == "cmm"
    assert (await to_reden.read()).json()["recipient"] == "reden"


async def test_a_recipient_outside_the_directory_is_refused(havn: World) -> None:
    refused = await havn.partner(POLICE).post(PATH, referral(recipient="kommune-9999"))
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/RecipientUnknown")


# ---------------------------------------------------------------- once


async def test_without_an_idempotency_key_nothing_is_submitted(havn: World) -> None:
    police = havn.partner(POLICE)
    refused = await police.request("POST", PATH, json=referral())
    assert refused.status_code == 400
    assert refused.json()["type"].endswith("/IdempotencyKeyMissing")
    assert await listed(police) == []


async def test_the_same_key_and_body_is_one_referral_and_gets_the_first_answer(havn: World) -> None:
    police, key = havn.partner(POLICE), str(uuid4())
    first = await police.post(PATH, referral(), idempotency_key=key)
    second = await police.post(PATH, referral(), idempotency_key=key)
    assert second.status_code == 201
    assert second.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await listed(police)) == 1
    assert len(await havn.events("referrals", "referral-submitted")) == 1


async def test_the_same_key_with_another_body_is_refused(havn: World) -> None:
    police, key = havn.partner(POLICE), str(uuid4())
    await police.post(PATH, referral(), idempotency_key=key)
    refused = await police.post(PATH, referral(reason="Another story."), idempotency_key=key)
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/IdempotencyKeyReused")


async def test_two_organisations_may_use_the_same_key(havn: World) -> None:
    key = str(uuid4())
    for org in (POLICE, "hopenow"):
        answer = await havn.partner(org).post(PATH, referral(), idempotency_key=key)
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, None)


async def test_a_request_sent_five_times_at_once_is_one_referral(havn: World) -> None:
    police, key = havn.partner(POLICE), str(uuid4())
    answers = await asyncio.gather(*(police.post(PATH, referral(), idempotency_key=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    assert len(await listed(police)) == 1


# ---------------------------------------------------------------- as the contract says


async def test_a_referral_without_a_required_field_is_refused(havn: World) -> None:
    for field in ("kind", "channel", "occurred_at", "reason", "subjects"):
        body = {name: value for name, value in referral().items() if name != field}
        refused = await havn.partner(POLICE).post(PATH, body)
        assert refused.status_code == 422, field
        assert ["body", field] in [error["loc"] for error in refused.json()["errors"]]


NOT_AS_THE_CONTRACT_SAYS: list[dict[str, Any]] = [
    {"subjects": []},
    {"subjects": [{"stated_age": 24}]},
    {"subjects": ["P01"]},
    {"subjects": [subject(identifiers=[{"type": "library_card", "value": "7"}])]},
    {"subjects": [subject(gender="female")]},
    {"subjects": [subject(nickname="Malee")]},
    {"subjects": [subject(consents=[{"recipient": "nobody", "purpose": "support"}])]},
    {"occurred_at": "2026-03-02T09:30:00"},
    {"occurred_at": "1850-01-01T00:00:00Z"},
    {"occurred_at": "2199-01-01T00:00:00Z"},
    {"custody_since": "2199-01-01T00:00:00Z"},
    {"custody_since": "the day before yesterday"},
    {"recipient": "Nobody!"},
    {"recipient": "nobody"},
    {"kind": "adoption"},
    {"urgency": "soon"},
    {"reason": None},
    {"nickname": "Malee"},
]


async def test_a_referral_that_is_not_as_the_contract_says_is_refused(havn: World) -> None:
    police = havn.partner(POLICE)
    for said in NOT_AS_THE_CONTRACT_SAYS:
        refused = await police.post(PATH, referral(**said))
        assert refused.status_code == 422, said
        assert refused.json()["type"].endswith(("/InvalidInput", "/RecipientUnknown"))
    assert await listed(police) == []


async def test_a_refusal_never_echoes_what_was_sent(havn: World) -> None:
    person = subject(given_name="Malee", gender="Malee", age_basis="Malee", malee_nickname="Malee")
    refused = await havn.partner(POLICE).post(PATH, referral(person, occurred_at="Malee", stated_age="Malee"))
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) >= 4
    assert "Malee" not in refused.text


async def test_fifty_people_fit_into_a_referral_and_fifty_one_do_not(havn: World) -> None:
    police = havn.partner(POLICE)
    people = [subject(f"P{number}") for number in range(51)]
    assert (await police.post(PATH, referral(*people[:50]))).status_code == 201
    assert (await police.post(PATH, referral(*people))).status_code == 422


# ---------------------------------------------------------------- who may, and who sees


async def test_who_has_no_token_no_scope_or_no_role_cannot_submit(havn: World) -> None:
    nobody = await havn.client.post(PATH, json=referral(), headers={"idempotency-key": "1"})
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert (await havn.partner(POLICE, scopes=[Scope.REFERRALS_READ]).post(PATH, referral())).status_code == 403
    assert (await havn.partner("cmm", "statistician").post(PATH, referral())).status_code == 403


async def test_to_anybody_else_a_referral_is_as_one_that_does_not_exist(havn: World) -> None:
    sent = await send(havn, recipient="hopenow")
    for stranger in ("cmm", "politi-fyn", "reden", "us", "kommune-0751"):
        partner = havn.partner(stranger)
        for path in ("", "/status"):
            theirs = await answer_in_one_trace(partner, sent.path + path)
            absent = await answer_in_one_trace(partner, f"{PATH}/{uuid4()}{path}")
            assert theirs == absent
            assert theirs[0] == 404


async def test_reading_a_referral_needs_a_purpose_and_is_kept_with_it(havn: World) -> None:
    sent = await send(havn)
    without = await havn.partner("cmm").get(sent.path)
    assert without.status_code == 400
    assert without.json()["type"].endswith("/PurposeMissing")
    assert (await havn.partner("cmm").get(sent.path, purpose="curiosity")).status_code == 422
    await sent.read(by="cmm")
    (kept,) = await havn.sql("referrals", "SELECT * FROM audit WHERE operation = 'referral.read'")
    assert (kept["org"], kept["purpose"], kept["outcome"], str(kept["subject_id"])) == (
        "cmm",
        "support",
        "allowed",
        sent.id,
    )


async def test_what_was_told_lies_sealed_and_travels_in_no_event(havn: World) -> None:
    await send(
        havn,
        subject(given_name="Malee", identifiers=[{"type": "x_ecpr", "value": "1405981AB2"}]),
        safe_contact=SAFE_CONTACT,
    )
    planted = ("Malee", "1405981AB2", REASON, "blue bakery")
    for table in ("referral", "referral_subject", "event_history", "audit", "idempotency"):
        for row in await havn.sql("referrals", f"SELECT * FROM {table}"):
            for value in row.values():
                found = value.decode(errors="ignore") if isinstance(value, bytes) else str(value)
                assert not [word for word in planted if word in found], table


async def test_the_database_itself_shows_a_referral_to_its_parties_only(havn: World) -> None:
    await send(havn, recipient="hopenow")
    counts = {}
    for org in ("", POLICE, "hopenow", "cmm", "politi-fyn"):
        rows = await havn.sql_as_runtime(
            "referrals", "SELECT (SELECT count(*) FROM referral), (SELECT count(*) FROM referral_subject)", org=org
        )
        counts[org] = tuple(rows[0])
    assert counts == {"": (0, 0), POLICE: (1, 1), "hopenow": (1, 1), "cmm": (0, 0), "politi-fyn": (0, 0)}
