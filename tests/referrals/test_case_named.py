"""A referral may name a case: its sender's word that it is the same person, or the case that it is about."""

from typing import Any

import pytest

from services.referrals import domain
from shared.http.peers import PeerAway
from tests.identification.builders import CMM_DECIDES, name_of, open_case
from tests.referrals.builders import PATH, referral, subject, warned
from tests.world import World

NOBODYS = "01234567-89ab-4def-8123-456789abcdef"


async def sent(havn: World, kind: str, case_id: Any, *, sender: str = "hopenow") -> tuple[int, str]:
    answer = await havn.partner(sender).post(PATH, referral(subject(), kind=kind, case_id=case_id))
    return (201, "") if answer.status_code == 201 else name_of(answer)


async def test_a_case_that_is_not_the_senders_does_not_exist(havn: World) -> None:
    own, other = [await open_case(havn, CMM_DECIDES, sender=sender) for sender in ("hopenow", "reden")]
    assert await sent(havn, "support", own.id) == (201, "")
    assert await sent(havn, "support", other.id) == await sent(havn, "support", NOBODYS) == (404, "NotFound")
    assert await sent(havn, "support", other.id, sender="cmm") == (201, ""), "CMM has to do with every case"


@pytest.mark.parametrize("case_id", ["x", "case 7 of 2026", 7, True, ["01234567-89ab-4def-8123-456789abcdef"]])
async def test_neither_does_what_is_no_id(havn: World, case_id: Any) -> None:
    assert await sent(havn, "support", case_id) == (404, "NotFound")
    police = havn.partner("hopenow")
    taken = await police.post(PATH, referral(subject(), kind="identification", case_id=case_id))
    assert (taken.status_code, warned(taken.json())) == (201, [("body.case_id", "not_understood")])


async def test_what_cannot_be_seen_names_no_case(havn: World) -> None:
    taken = await havn.partner("hopenow").post(PATH, referral(subject(), case_id="\u200b "))
    assert (taken.status_code, warned(taken.json())) == (201, [("body.case_id", "blank")])


async def test_for_an_identification_it_is_passed_over(havn: World) -> None:
    other = await open_case(havn, CMM_DECIDES, sender="reden")
    assert await sent(havn, "identification", other.id) == await sent(havn, "identification", NOBODYS) == (201, "")


async def test_no_referral_is_lost_while_identification_does_not_answer(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise PeerAway("identification does not answer.")

    monkeypatch.setattr("shared.http.peers.Peers.get", away)
    assert domain.PeerAway is PeerAway
    assert await sent(havn, "support", NOBODYS) == (201, "")


@pytest.mark.parametrize("org", ["cmm", "us", "hopenow", "politi-fyn"])
async def test_who_has_a_part_in_a_case_is_havns_own_to_ask(havn: World, org: str) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    for role in ("caseworker", "system"):
        asked = await havn.partner(org, role).get(f"{case.path}/parties/hopenow")
        assert asked.status_code in (403, 404), role
