"""What may happen to a referral: every step in every status, by whom, and what it does to who may read."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contract.codes import Purpose
from shared.contract.organisations import Scope
from shared.http.peers import PeerRefused
from tests.referrals.builders import BODIES, POLICE, STEPS_TO, listed, send, subject
from tests.world import World

ALLOWED = {
    "submitted": ["acknowledge", "withdraw"],
    "acknowledged": ["accept", "decline", "forward", "withdraw"],
    "accepted": ["complete", "withdraw"],
    "forwarded": ["acknowledge", "complete", "withdraw"],
    "declined": [],
    "completed": [],
    "withdrawn": [],
}
LEADS_TO = {
    "acknowledge": "acknowledged",
    "accept": "accepted",
    "decline": "declined",
    "forward": "forwarded",
    "complete": "completed",
    "withdraw": "withdrawn",
}


@pytest.mark.parametrize("status", ALLOWED)
async def test_each_status_allows_its_steps_and_no_other(havn: World, status: str) -> None:
    for step in BODIES:
        sent = await send(havn)
        await sent.bring_to(status)
        answer = await sent.step(step)
        if step in ALLOWED[status]:
            assert answer.status_code == 200, (status, step, answer.text)
            assert answer.json()["status"] == LEADS_TO[step]
        else:
            assert answer.status_code == 409, (status, step, answer.text)
            told = answer.json()
            assert told["type"].endswith("/StatusDoesNotAllow")
            assert (told["current_status"], sorted(told["allowed"])) == (status, ALLOWED[status])
            assert (await sent.status()).json()["status"] == status


async def test_the_sender_may_only_withdraw(havn: World) -> None:
    sent = await send(havn)
    for step in BODIES.keys() - {"withdraw"}:
        refused = await sent.step(step, by=POLICE)
        assert refused.status_code == 403, step
        assert refused.json()["type"].endswith("/NotYourStep")


async def test_the_recipient_may_not_withdraw(havn: World) -> None:
    sent = await send(havn)
    assert (await sent.step("withdraw", by="cmm")).status_code == 403
    assert (await sent.status()).json()["status"] == "submitted"


async def test_for_anybody_else_there_is_no_such_referral(havn: World) -> None:
    sent = await send(havn)
    for stranger in ("politi-fyn", "us", "reden"):
        for step in BODIES:
            assert (await sent.step(step, by=stranger)).status_code == 404, (stranger, step)


async def test_a_step_needs_the_scope_to_write(havn: World) -> None:
    sent = await send(havn)
    reader = havn.partner("cmm", scopes=[Scope.REFERRALS_READ])
    assert (await reader.post(f"{sent.path}/acknowledge")).status_code == 403


@pytest.mark.parametrize(("status", "step"), [("acknowledged", "decline"), ("accepted", "complete")])
async def test_the_reason_or_outcome_stands_in_the_history_for_both(havn: World, status: str, step: str) -> None:
    sent = await send(havn)
    await sent.bring_to(status)
    await sent.step(step)
    said = next(iter((BODIES[step] or {}).values()))
    for party in (POLICE, "cmm"):
        last = (await sent.read(by=party)).json()["history"][-1]
        assert (last["org"], last["status"], last["remark"]) == ("cmm", LEADS_TO[step], said)


async def test_a_step_that_must_say_something_is_refused_without(havn: World) -> None:
    sent = await send(havn)
    for step in ("decline", "forward", "complete", "withdraw"):
        party = havn.partner(POLICE if step == "withdraw" else "cmm")
        assert (await party.post(f"{sent.path}/{step}", {})).status_code == 422, step


async def test_a_withdrawal_ends_the_recipients_access_at_once(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("accepted")
    assert (await sent.read(by="cmm")).status_code == 200
    await sent.step("withdraw")
    assert (await sent.read(by="cmm")).status_code == 404
    assert await listed(havn.partner("cmm")) == []
    assert (await sent.status(by="cmm")).json()["status"] == "withdrawn", "that it was withdrawn is all that is left"
    assert (await sent.read(by=POLICE)).json()["history"][-1]["remark"] == "Sent to the wrong people."


async def test_who_is_in_a_withdrawn_referral_is_still_for_havn_to_read_which_opens_their_cases(havn: World) -> None:
    """A withdrawal that overtakes the opening of the cases loses nobody (docs/rules.md, identity-3)."""
    sent, support = await send(havn, subject("P07"), kind="identification"), await send(havn)
    for each in (sent, support):
        assert (await each.step("withdraw")).status_code == 200
    peers = havn.application.platform.peers_of("identification")
    read = await peers.get("referrals", sent.path, purpose=Purpose.IDENTIFICATION)
    assert (read["status"], read["subjects"][0]["reference"]) == ("withdrawn", "P07")
    assert (await sent.read(by="cmm")).status_code == 404
    with pytest.raises(PeerRefused):
        await peers.get("referrals", support.path, purpose=Purpose.IDENTIFICATION)


async def test_forwarding_hands_the_referral_on(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("forwarded")
    assert (await sent.read(by="cmm")).status_code == 404, "whoever has passed it on is no party to it"
    assert await listed(havn.partner("cmm")) == []
    assert (await sent.read(by="reden")).json()["recipient"] == "reden"
    assert await listed(havn.partner("reden"), box="incoming") == [sent.id]
    assert (await sent.read(by=POLICE)).json()["recipient"] == "reden", "the sender sees where it went"
    (told,) = await havn.events("referrals", "referral-forwarded")
    assert (told["forwarded_by"], told["recipient"]) == ("cmm", "reden")


async def test_a_referral_is_forwarded_only_to_somebody_new_in_the_directory(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("acknowledged")
    for recipient in ("cmm", POLICE, "kommune-9999"):
        body = {"recipient": recipient, "reason": "Try them."}
        refused = await havn.partner("cmm").post(f"{sent.path}/forward", body)
        assert refused.status_code == 422, recipient
    assert (await sent.status()).json()["status"] == "acknowledged"


async def test_a_forwarded_referral_may_be_forwarded_again(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("forwarded")
    await sent.step("acknowledge")
    body = {"recipient": "hopenow", "reason": "They have a bed."}
    assert (await havn.partner("reden").post(f"{sent.path}/forward", body)).status_code == 200
    reads = {org: (await sent.read(by=org)).status_code for org in (POLICE, "cmm", "reden", "hopenow")}
    assert reads == {POLICE: 200, "cmm": 404, "reden": 404, "hopenow": 200}


async def test_a_step_on_a_stale_copy_is_refused_and_on_a_fresh_one_taken(havn: World) -> None:
    sent = await send(havn)
    seen = (await sent.read(by="cmm")).headers["etag"]
    acknowledged = await sent.step("acknowledge", if_match=seen)
    assert acknowledged.status_code == 200
    stale = await sent.step("accept", if_match=seen)
    assert stale.status_code == 412
    assert stale.json()["type"].endswith("/Stale")
    assert (await sent.step("accept", if_match=acknowledged.headers["etag"])).status_code == 200


async def test_every_step_is_told_once_in_order(havn: World) -> None:
    sent = await send(havn)
    await sent.bring_to("completed")
    told = [each for each in await havn.events("referrals") if each["key"] == sent.id]
    assert [each["type"].split(".")[-2] for each in told] == [
        "referral-submitted",
        "referral-acknowledged",
        "referral-accepted",
        "referral-completed",
    ]
    assert [each["sequence"] for each in told] == [1, 2, 3, 4]


# ---------------------------------------------------------------- any walk through the statuses

PARTIES = (POLICE, "cmm", "reden", "hopenow", "politi-fyn")
walks = st.lists(st.tuples(st.sampled_from(PARTIES), st.sampled_from(list(BODIES))), min_size=4, max_size=12)


class Expected:
    """A referral as docs/openapi/referrals.json has it: the least that can foretell every answer."""

    def __init__(self) -> None:
        self.status, self.recipient = "submitted", "cmm"
        self.taken: list[str] = []

    def answer(self, by: str, step: str) -> int:
        if by not in (POLICE, self.recipient):
            return 404
        if by != (POLICE if step == "withdraw" else self.recipient):
            return 403
        if step not in ALLOWED[self.status]:
            return 409
        if step == "forward":
            if self.recipient == "reden":
                return 422
            self.recipient = "reden"
        self.status = LEADS_TO[step]
        self.taken.append(self.status)
        return 200


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=walks)
async def test_whatever_anybody_tries_the_referral_goes_only_where_the_table_lets_it(
    havn: World, walk: list[tuple[str, str]]
) -> None:
    sent, expected = await send(havn), Expected()
    for by, step in walk:
        answer = await sent.step(step, by=by)
        assert answer.status_code == expected.answer(by, step), (by, step, answer.text)
    told = (await sent.read()).json()
    assert (told["status"], told["recipient"]) == (expected.status, expected.recipient)
    assert [each["status"] for each in told["history"]] == expected.taken


def test_the_table_of_this_test_covers_every_status_and_step() -> None:
    assert set(ALLOWED) == set(STEPS_TO)
    assert set(LEADS_TO) == set(BODIES)
    assert all(set(allowed) <= set(BODIES) for allowed in ALLOWED.values())
