"""A person takes consent back: what was shared by a referral is no longer the recipient's, nor its progress the sender's."""

from typing import Any

import pytest

from tests.identification.builders import EUROPEAN, Opened, name_of
from tests.referrals.builders import PATH, POLICE, Sent, listed, send, subject
from tests.world import World


async def withdraw_from(case: Opened, org: str, *, purpose: str = "support") -> None:
    given = await case.post("/consents", {"recipient": org, "purpose": purpose})
    assert given.status_code == 201, given.text
    withdrawn = await case.post(f"/consents/{given.json()['consent_id']}/withdraw", {})
    assert withdrawn.status_code == 200, withdrawn.text
    await case.havn.settled()


async def allow(case: Opened, org: str) -> None:
    assert (await case.post("/consents", {"recipient": org, "purpose": "support"})).status_code == 201
    await case.havn.settled()


async def identified(havn: World, sender: str = POLICE, **said: Any) -> tuple[Opened, Sent]:
    sent = await send(havn, subject(**EUROPEAN), sender=sender, kind="identification", **said)
    await havn.settled()
    told = (await sent.read()).json()["subjects"][0]
    return Opened(havn, told["case_id"]), sent


@pytest.mark.row(42)
async def test_a_referral_about_the_case_does_not_exist_for_its_recipient_any_more(havn: World) -> None:
    case, _ = await identified(havn)
    sent = await send(havn, subject(), sender="cmm", recipient="hopenow", case_id=case.id)
    other = await send(havn, subject(), sender="cmm", recipient="hopenow")
    hopenow = havn.partner("hopenow")
    assert (await sent.read(by="hopenow")).status_code == 200
    await withdraw_from(case, "hopenow")
    for refused in (
        await sent.read(by="hopenow"),
        await sent.status(by="hopenow"),
        await sent.step("acknowledge"),
    ):
        assert name_of(refused) == (404, "NotFound")
    assert await listed(hopenow) == [other.id]
    assert (await sent.read(by="cmm")).json()["case_id"] == case.id, "to CMM nothing has changed"
    later = await send(havn, subject(), sender="cmm", recipient="hopenow", case_id=case.id)
    assert (await later.read(by="hopenow")).status_code == 404, "what was not sent yet does not reach it either"
    await allow(case, "hopenow")
    assert await listed(hopenow) == [later.id, other.id, sent.id]
    assert (await sent.step("acknowledge")).status_code == 200


async def test_to_the_sender_its_referral_stays_as_it_stood_when_consent_was_taken_back(havn: World) -> None:
    await havn.set_clock("2026-06-10T10:00:00+02:00")
    case, sent = await identified(havn)
    await havn.set_clock("2026-06-11T10:00:00+02:00")
    assert (await sent.step("acknowledge")).status_code == 200
    before = (await sent.status()).json()
    await havn.set_clock("2026-06-12T10:00:00+02:00")
    await withdraw_from(case, POLICE, purpose="investigation")
    await havn.set_clock("2026-06-13T10:00:00+02:00")
    for step in ("accept", "complete"):
        assert (await sent.step(step)).status_code == 200
    assert (await sent.status()).json() == before
    whole = (await sent.read()).json()
    assert (whole["status"], whole["case_id"], whole["subjects"][0]["case_id"]) == ("acknowledged", None, None)
    assert [step["status"] for step in whole["history"]] == ["acknowledged"]
    assert (whole["reason"], whole["subjects"][0]["reference"]) == ("Fourteen hours a day, passports held.", "P01")
    police = havn.partner(POLICE)
    (row,) = (await police.get(PATH)).json()["items"]
    assert (row["status"], row["updated_at"], row["subjects"][0]["case_id"]) == (
        "acknowledged",
        before["updated_at"],
        None,
    )
    assert await listed(police, status="completed") == []
    assert await listed(police, status="acknowledged") == [sent.id]
    assert await listed(police, since="2026-06-13T00:00:00+02:00") == []
    assert (await sent.status(by="cmm")).json()["status"] == "completed"
    await allow(case, POLICE)
    assert (await sent.status()).json()["status"] == "completed"


async def test_a_further_referral_has_a_case_of_its_own_and_brings_no_other_back_to_who_was_closed_out(
    havn: World,
) -> None:
    number = {"identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    first = await send(havn, subject(**(EUROPEAN | number)), kind="identification")
    await havn.settled()
    case = Opened(havn, (await first.read()).json()["subjects"][0]["case_id"])
    await withdraw_from(case, POLICE)
    second = await send(havn, subject(**number), kind="identification")
    await havn.settled()
    again = Opened(havn, (await second.read()).json()["subjects"][0]["case_id"])
    assert again.id != case.id
    assert (await again.get(by=POLICE)).status_code == 200, "as anybody who refers"
    assert (await first.read()).json()["subjects"][0]["case_id"] is None
    assert (await case.get(by=POLICE)).status_code == 404


async def test_the_sender_can_still_take_its_own_referral_back_and_sees_that(havn: World) -> None:
    case, sent = await identified(havn)
    await withdraw_from(case, POLICE)
    assert (await sent.step("withdraw")).status_code == 200
    assert (await sent.status()).json()["status"] == "withdrawn"


async def test_who_may_still_know_loses_nothing(havn: World) -> None:
    case, sent = await identified(havn)
    for_support = await case.post("/consents", {"recipient": POLICE, "purpose": "investigation"})
    await allow(case, POLICE)
    await case.post(f"/consents/{for_support.json()['consent_id']}/withdraw", {})
    await havn.settled()
    assert (await sent.read()).json()["subjects"][0]["case_id"] == case.id


async def test_the_wall_behind_it_shows_each_organisation_its_own_withdrawals_only(havn: World) -> None:
    case, _ = await identified(havn)
    await withdraw_from(case, POLICE)
    seen = {
        org: len(await havn.sql_as_runtime("referrals", "SELECT FROM withdrawn_share", org=org))
        for org in (POLICE, "hopenow", "cmm", "havn", "")
    }
    assert seen == {POLICE: 1, "hopenow": 0, "cmm": 0, "havn": 1, "": 0}
