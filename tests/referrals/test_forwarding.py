"""A referral goes on by consent of everybody it names, or by a law that is named and kept."""

from typing import Any

import httpx
import pytest

from tests.identification.builders import EUROPEAN, Opened, name_of
from tests.referrals.builders import Sent, send, subject
from tests.world import World

MALEE = {"given_name": "Malee"}
FOR_REDEN = {"consents": [{"recipient": "reden", "purpose": "support"}]}
FOR_CMM = {"consents": [{"recipient": "cmm", "purpose": "identification"}]}


async def forward(sent: Sent, recipient: str = "reden", **said: Any) -> httpx.Response:
    body = {"recipient": recipient, "reason": "She needs a bed tonight."} | said
    return await sent.havn.partner("cmm").post(f"{sent.path}/forward", body)


async def received(havn: World, *people: dict[str, Any], **said: Any) -> Sent:
    sent = await send(havn, *people, **said)
    await sent.bring_to("acknowledged")
    return sent


async def forwarding_of(sent: Sent) -> dict[str, Any]:
    step: dict[str, Any] = (await sent.read()).json()["history"][-1]
    return {name: step[name] for name in ("status", "recipient", "basis", "legal_basis")}


@pytest.mark.parametrize(
    "named", [MALEE, {"birth_date": "2001-02-03"}, {"identifiers": [{"type": "other", "value": "A 17"}]}]
)
async def test_a_consent_for_cmm_lets_nobody_else_know(havn: World, named: dict[str, Any]) -> None:
    sent = await received(havn, subject(**named, **FOR_CMM))
    assert name_of(await forward(sent, "politi-fyn")) == (409, "ConsentMissing")
    assert (await sent.read(by="politi-fyn")).status_code == 404
    assert (await sent.read(by="cmm")).json()["status"] == "acknowledged", "nothing has changed"
    assert await havn.events("referrals", "referral-forwarded") == []


async def test_the_consent_of_everybody_it_names_lets_it_go_on(havn: World) -> None:
    sent = await received(havn, subject("P01", **MALEE, **FOR_REDEN), subject("P02", given_name="Ploy"), subject("P03"))
    assert name_of(await forward(sent)) == (409, "ConsentMissing")
    sent = await received(havn, subject("P01", **MALEE, **FOR_REDEN), subject("P03"))
    assert (await forward(sent)).status_code == 200
    assert await forwarding_of(sent) == {
        "status": "forwarded",
        "recipient": "reden",
        "basis": "consent",
        "legal_basis": None,
    }
    assert (await sent.read(by="reden")).json()["subjects"][0]["given_name"] == "Malee"


@pytest.mark.parametrize("purpose", ["health", "statistics", "prosecution", "data_subject_request"])
@pytest.mark.parametrize("has_a_case", [False, True])
async def test_a_consent_for_what_the_recipient_may_read_no_referral_for_lets_nothing_go_on(
    havn: World, purpose: str, has_a_case: bool
) -> None:
    consents = {"consents": [{"recipient": "reden", "purpose": purpose}]}
    kind = "identification" if has_a_case else "support"
    sent = await received(havn, subject(**EUROPEAN, **MALEE, **consents), kind=kind)
    await havn.settled()
    assert name_of(await forward(sent)) == (409, "ConsentMissing")
    assert (await sent.read(by="reden")).status_code == 404


async def test_a_law_that_is_named_lets_it_go_on_and_is_kept(havn: World) -> None:
    sent = await received(havn, subject(**MALEE))
    assert (await forward(sent, legal_basis="danger_to_life")).status_code == 200
    assert await forwarding_of(sent) == {
        "status": "forwarded",
        "recipient": "reden",
        "basis": "law",
        "legal_basis": "danger_to_life",
    }


async def test_a_referral_that_names_nobody_goes_on_without_consent(havn: World) -> None:
    sent = await received(havn, subject())
    assert (await forward(sent)).status_code == 200
    assert (await forwarding_of(sent))["basis"] is None
    reachable = await received(havn, subject(), safe_contact="Only through the blue bakery.")
    assert name_of(await forward(reachable)) == (409, "ConsentMissing"), "a way to reach somebody is somebody"


async def test_what_was_recorded_in_the_case_counts_and_a_withdrawal_does_too(havn: World) -> None:
    sent = await received(havn, subject(**EUROPEAN, **MALEE), kind="identification")
    await havn.settled()
    case = Opened(havn, (await sent.read()).json()["subjects"][0]["case_id"])
    assert name_of(await forward(sent)) == (409, "ConsentMissing")
    given = await case.post("/consents", {"recipient": "reden", "purpose": "support"})
    await havn.settled()
    assert (await forward(sent)).status_code == 200
    later = await received(havn, subject(**EUROPEAN, **MALEE, **FOR_REDEN), kind="identification")
    await havn.settled()
    case = Opened(havn, (await later.read()).json()["subjects"][0]["case_id"])
    consents = (await case.get("/consents", purpose="support")).json()["items"]
    taken = next(each["consent_id"] for each in consents if each["recipient"] == "reden")
    assert (await case.post(f"/consents/{taken}/withdraw", {})).status_code == 200
    await havn.settled()
    assert name_of(await forward(later)) == (409, "ConsentMissing"), "what the referral said was taken back"
    assert given.status_code == 201


async def test_behind_it_each_organisation_is_shown_the_consents_for_itself_alone(havn: World) -> None:
    sent = await received(havn, subject(**EUROPEAN, **MALEE, **FOR_REDEN), kind="identification")
    await havn.settled()
    case_id = (await sent.read()).json()["subjects"][0]["case_id"]
    rows = {
        org: len(await havn.sql_as_runtime("referrals", "SELECT FROM known_consent", org=org))
        for org in ("reden", "cmm", "politi-fyn", "havn", "")
    }
    assert rows == {"reden": 1, "cmm": 0, "politi-fyn": 0, "havn": 1, "": 0}
    asked = f"SELECT lets_know('{case_id}', 'reden') AS known"
    said = {
        org: (await havn.sql_as_runtime("referrals", asked, org=org))[0]["known"]
        for org in ("cmm", "politi-oestjylland", "politi-fyn", "")
    }
    assert said == {"cmm": True, "politi-oestjylland": True, "politi-fyn": None, "": None}
