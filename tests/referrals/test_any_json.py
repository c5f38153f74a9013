"""A referral is never lost over how its JSON is written, or called: what a stricter reader would not take is taken, and named."""

import json
from typing import Any

import httpx
import pytest

from services.everything import SERVICES
from tests.referrals.builders import PATH, POLICE, referral, send, subject, warned
from tests.world import World


async def post_bytes(havn: World, body: bytes, *, path: str = PATH, key: str = "once") -> httpx.Response:
    """Send the bytes as they are."""
    headers = {"content-type": "application/json", "idempotency-key": key}
    return await havn.partner(POLICE).request("POST", path, content=body, headers=headers)


def with_members(members: str, *, of: dict[str, Any] | None = None) -> bytes:
    """A referral's bytes in which these members stand last; or those of its one subject."""
    said = referral() if of is None else of
    return f"{json.dumps(said)[:-1]}, {members}}}".encode()


def about(members: str) -> bytes:
    """A referral's bytes about one person, of whom these members say more."""
    person = with_members(members, of=subject()).decode()
    return with_members(f'"subjects": [{person}]', of={k: v for k, v in referral().items() if k != "subjects"})


BYTES: list[tuple[bytes, list[tuple[str, str]], dict[str, Any]]] = [
    (with_members(r'"safe_contact": "a\u000bb"'), [("safe_contact", "characters")], {"safe_contact": "a\nb"}),
    (with_members(r'"safe_contact": "a\fb"'), [("safe_contact", "characters")], {"safe_contact": "a\nb"}),
    (with_members(r'"safe_contact": "a\u001b\u0000b"'), [("safe_contact", "characters")], {"safe_contact": "ab"}),
    (with_members(r'"safe_contact": "a\ud800b"'), [("safe_contact", "characters")], {"safe_contact": "a\ufffdb"}),
    (with_members('"safe_contact": "a\x7fb"'), [("safe_contact", "characters")], {"safe_contact": "ab"}),
    (with_members('"safe_contact": 1e400'), [("safe_contact", "spelt")], {"safe_contact": "1e400"}),
    (with_members('"municipality": 1e400'), [("municipality", "unknown_municipality")], {"municipality": None}),
    (with_members('"safe_contact": "a", "safe_contact": "b"'), [("safe_contact", "said_twice")], {"safe_contact": "b"}),
    (with_members('"k\\u0069nd": "support"'), [("kind", "said_twice")], {"kind": "support"}),
    (b"\xef\xbb\xbf" + json.dumps(referral()).encode(), [], {}),
    (
        about('"stated_age": ' + "9" * 31),
        [("subjects.0.stated_age", "said_twice"), ("subjects.0.stated_age", "impossible")],
        {},
    ),
    (about('"age_at_exploitation": ' + "9" * 5000), [("subjects.0.age_at_exploitation", "impossible")], {}),
    (about('"unaccompanied": -1e999'), [("subjects.0.unaccompanied", "not_understood")], {}),
    (
        about('"identifiers": [{"type": "other", "value": 12345678901234567890}]'),
        [("subjects.0.identifiers.0.value", "spelt")],
        {},
    ),
]


@pytest.mark.parametrize(("body", "warnings", "read_as"), BYTES)
async def test_whatever_json_can_say_a_referral_is_taken(
    havn: World, body: bytes, warnings: list[tuple[str, str]], read_as: dict[str, Any]
) -> None:
    taken = await post_bytes(havn, body)
    assert taken.status_code == 201, taken.text
    assert sorted(warned(taken.json())) == sorted((f"body.{place}", code) for place, code in warnings)
    again = await post_bytes(havn, body)
    assert (again.content, again.headers["idempotency-replayed"]) == (taken.content, "true")
    other = body.replace(b"police_operation", b"outreach")
    assert (await post_bytes(havn, other)).status_code == 422, "the key goes by what was said"
    path = f"{PATH}/{taken.json()['referral_id']}"
    for party in (POLICE, "cmm"):
        shown = (await havn.partner(party).get(path, purpose="support")).json()
        assert shown | read_as == shown
        assert sorted(warned(shown)) == sorted(warned(taken.json()))
        assert len(shown["as_written"]) == len(warnings)


async def test_what_was_said_twice_is_kept_though_the_last_of_it_was_taken_out(havn: World) -> None:
    body = about(r'"identifiers": [{"type": "other", "value": "C1", "value": "\u200b"}]')
    taken = await post_bytes(havn, body)
    assert warned(taken.json()) == [("body.subjects.0.identifiers.0.value", "blank")]
    path = f"{PATH}/{taken.json()['referral_id']}"
    kept = (await havn.partner("cmm").get(path, purpose="support")).json()["as_written"]
    assert "C1" in [each["value"] for each in kept]


@pytest.mark.parametrize(
    "body", [b"{Malee}", json.dumps(referral()).encode() + b"}", with_members('"in_custody": NaN'), b"\xff"]
)
async def test_what_is_no_json_is_refused_and_changes_nothing(havn: World, body: bytes) -> None:
    refused = await post_bytes(havn, body)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "MalformedJson")
    assert await havn.sql("referrals", "SELECT id FROM referral") == []


async def test_a_name_that_no_field_has_is_refused_whatever_characters_it_has(havn: World) -> None:
    for name in (r"safe_\u0000contact", r"\ud800", "M\x7falee"):
        refused = await post_bytes(havn, with_members(f'"{name}": "a"'))
        assert refused.status_code == 422, name
        assert [error["loc"] for error in refused.json()["errors"]] == [["body", "?"]]


async def test_every_other_request_is_read_as_strictly_as_ever(havn: World) -> None:
    sent = await send(havn)
    for body in (
        rb'{"reason": "a\u000bb"}',
        rb'{"reason": "a\u0000b"}',
        rb'{"reason": "a\ud800b"}',
        b'{"reason": 12345678901234567890}',
        b'{"reason": 1e400}',
        b'{"reason": "a", "reason": "b"}',
        b'\xef\xbb\xbf{"reason": "a"}',
    ):
        refused = await post_bytes(havn, body, path=f"{sent.path}/withdraw")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "MalformedJson"), body
    assert (await sent.status()).json()["status"] == "submitted"


@pytest.mark.parametrize(
    "announced", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
async def test_json_is_taken_whatever_it_is_called(havn: World, announced: str | None) -> None:
    """As `curl -d` sends it, and a form in a hurry. A body that is no JSON stays one."""
    headers = {"idempotency-key": "once"} | ({"content-type": announced} if announced else {})
    police = havn.partner(POLICE)
    sent = await police.request("POST", PATH, content=json.dumps(referral()).encode(), headers=headers)
    assert (sent.status_code, sent.json()["warnings"]) == (201, [])
    refused = await police.request(
        "POST", PATH, content=b"kind=identification", headers=headers | {"idempotency-key": "2"}
    )
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "MalformedJson")
    step = f"{PATH}/{sent.json()['referral_id']}/withdraw"
    assert (await police.request("POST", step, content=b"{}", headers=headers)).status_code == 415


def test_nothing_else_forgives() -> None:
    forgiving = {
        (service.name, endpoint.path) for service in SERVICES for endpoint in service.endpoints if endpoint.forgives
    }
    assert forgiving == {("referrals", "/referrals")}
