"""The same key and request take effect once, however often and however simultaneously they are sent."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.demo.raid import REFERRAL
from services.referrals import domain
from shared.http import idempotency
from shared.http.idempotency import as_said
from tests.journeys.sc01 import PLANTED
from tests.world import Partner, World

PATH = "/referrals/v1/referrals"
KEY = "raid in Aarhus, 2026-03-02"


async def submit(partner: Partner, body: Any = REFERRAL, key: str = KEY) -> httpx.Response:
    return await partner.post(PATH, body, idempotency_key=key)


async def referrals(havn: World) -> int:
    return int((await havn.sql("referrals", "SELECT count(*) FROM referral"))[0][0])


async def test_the_same_request_again_gets_the_same_bytes_and_no_second_referral(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    first, second = await submit(police), await submit(police)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["cache-control"] == "no-store"
    assert await referrals(havn) == 1
    assert len(await havn.events("referrals", "referral-submitted")) == 1


async def test_the_first_answer_is_given_again_after_the_referral_has_changed(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    first = await submit(police)
    await havn.settled()
    await police.post(f"{PATH}/{first.json()['referral_id']}/withdraw", {"reason": "A mistake."})
    assert (await submit(police)).content == first.content


@pytest.mark.parametrize("other", [REFERRAL | {"urgency": "routine"}, REFERRAL | {"reason": "Another."}])
async def test_the_same_key_with_another_request_is_refused(havn: World, other: dict[str, Any]) -> None:
    police = havn.partner("politi-oestjylland")
    await submit(police)
    refused = await submit(police, other)
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/IdempotencyKeyReused")
    assert await referrals(havn) == 1


SAID = b'{"reason": "A mistake.", "subjects": [{"reference": "P01", "aliases": [null, 1]}]}'


@pytest.mark.parametrize(
    "written",
    [
        b'{"reason":"A mistake.","subjects":[{"reference":"P01","aliases":[null,1]}]}',
        b'{"subjects": [{"aliases": [null, 1], "reference": "P01"}], "reason": "A mistake."}\n',
        b'{"reason": "A mistake.", "case_id": null, "subjects": [{"reference": "P01", "age": null, "aliases": [null, 1]}]}',
        b'{"reason": "A\\u0020mistake.", "subjects": [{"reference": "P01", "aliases": [null, 1]}]}',
    ],
)
def test_what_is_said_counts_and_not_how_it_is_written(written: bytes) -> None:
    assert as_said(written) == as_said(SAID)


@pytest.mark.parametrize(
    "other",
    [
        *(SAID.replace(b"null, 1", each) for each in (b"1", b"1, null", b"null, 1.0", b"null, true", b'null, "1"')),
        SAID.replace(b"A mistake", b"a mistake"),
        SAID.replace(b'"reason"', b'"Reason"'),
        SAID.replace(b'"reason": "A mistake."', b'"reason": "A mistake.", "reason": "Another."'),
        SAID + b"x",
    ],
)
def test_what_says_something_else_is_another_request(other: bytes) -> None:
    assert as_said(other) != as_said(SAID)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": 1, "a": 1}', b'{"a": NaN}', b'{"a": 1e999}', b"\xff", b"[" * 99999]
)
def test_of_what_is_no_json_the_bytes_count(body: bytes) -> None:
    assert as_said(body) == body


async def test_the_same_request_written_otherwise_gets_the_first_answer(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    first = await submit(police)
    otherwise = json.dumps(REFERRAL | {"case_id": None}, indent=2, sort_keys=True).encode()
    headers = {"idempotency-key": KEY, "content-type": "application/json"}
    second = await police.request("POST", PATH, content=otherwise, headers=headers)
    assert (second.content, second.headers["idempotency-replayed"]) == (first.content, "true")
    assert await referrals(havn) == 1


async def test_an_answer_that_an_older_havn_kept_by_the_bytes_is_found(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    police = havn.partner("politi-oestjylland")
    with monkeypatch.context() as before:
        before.setattr(idempotency, "as_said", lambda body: body)
        first = await submit(police)
    assert (await submit(police)).content == first.content
    refused = await submit(police, REFERRAL | {"case_id": None})
    assert refused.status_code == 422, "it kept nothing by which it could know"


WHO = {"gender": "woman", "minor": False, "residence_basis": "visa", "decided": True}
PURE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("/identification/v1/routing", {"citizenships": ["THA"]}, {"citizenships": ["ROU"]}),
    ("/accommodation/v1/responsibility", WHO, WHO | {"minor": True}),
]


@pytest.mark.parametrize(("path", "body", "other"), PURE)
async def test_a_key_is_honoured_where_nothing_else_is_stored(
    havn: World, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    asker, service = havn.partner("cmm"), path.split("/")[1]
    with havn.statements(service) as sent:
        bare = await asker.request("POST", path, json=body)
    assert (bare.status_code, sent) == (200, []), "without a key there is no transaction"
    first, again = await submit_to(asker, path, body), await submit_to(asker, path, body)
    assert first.content == again.content == bare.content
    assert [each.headers.get("idempotency-replayed") for each in (first, again)] == [None, "true"]
    assert (await submit_to(asker, path, other)).json()["type"].endswith("/IdempotencyKeyReused")


async def submit_to(partner: Partner, path: str, body: Any) -> httpx.Response:
    return await partner.post(path, body, idempotency_key=KEY)


async def test_the_same_key_at_another_address_is_another_request(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    referral_id = (await submit(police)).json()["referral_id"]
    path = f"{PATH}/{referral_id}/withdraw"
    answer = await police.post(path, {"reason": "A mistake."}, idempotency_key=KEY)
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    assert "idempotency-replayed" not in answer.headers
    other = await police.request(
        "POST", f"{path}?purpose=support", json={"reason": "A mistake."}, headers={"idempotency-key": KEY}
    )
    assert other.status_code == 409  # done again, and the status does not allow it: another query is another key
    assert (await police.post(path, {"reason": "A mistake."}, idempotency_key=KEY)).content == answer.content


async def test_another_persons_or_clients_same_key_is_its_own(havn: World) -> None:
    answers = [await submit(havn.partner("politi-oestjylland", subject=who)) for who in ("Anna", "Bo", "Anna")]
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, None, "true"]
    assert answers[0].content == answers[2].content != answers[1].content
    assert await referrals(havn) == 2


async def test_white_space_around_a_key_is_no_part_of_it(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    first, second = await submit(police), await submit(police, key=f" {KEY}\t")
    assert first.content == second.content
    assert await referrals(havn) == 1


async def test_twenty_twins_at_once_are_one_referral(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    answers = await asyncio.gather(*(submit(police) for _ in range(20)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses.keys() <= {201, 409}
    assert statuses[201] >= 1
    assert await referrals(havn) == 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {answer.json()["type"].rsplit("/")[-1] for answer in answers if answer.status_code == 409} <= {
        "RequestInProgress"
    }
    afterwards = await submit(police)
    assert (afterwards.status_code, afterwards.headers["idempotency-replayed"]) == (201, "true")


async def test_while_the_first_is_at_work_its_twin_is_told_so_at_once(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, may_end, submitting = asyncio.Event(), asyncio.Event(), domain.submit

    async def slow_at_first(*given: Any, **named: Any) -> Any:
        if not at_work.is_set():
            at_work.set()
            await may_end.wait()
        return await submitting(*given, **named)

    monkeypatch.setattr(domain, "submit", slow_at_first)
    police = havn.partner("politi-oestjylland")
    first = asyncio.create_task(submit(police))
    await at_work.wait()
    twin = await submit(police)
    may_end.set()
    assert (twin.status_code, (await first).status_code) == (409, 201)
    assert int(twin.headers["retry-after"]) >= 1


async def test_a_twin_that_looked_just_before_the_first_committed_is_told_to_ask_again(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    police = havn.partner("politi-oestjylland")
    await submit(police)
    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "find", lambda *_: None)
        answer = await submit(police)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/RequestInProgress")
    assert await referrals(havn) == 1


async def test_an_answer_that_was_an_error_is_not_kept(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    assert (await submit(police, REFERRAL | {"recipient": "nobody-knows"})).status_code == 422
    assert (await submit(police)).status_code == 201


async def test_a_referral_without_a_key_is_not_taken(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    answer = await police.request("POST", PATH, json=REFERRAL)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/IdempotencyKeyMissing")
    assert await referrals(havn) == 0


@pytest.mark.parametrize("key", ["   ", "x" * 256, "tab\tin it"])
async def test_a_key_that_is_none_is_refused(havn: World, key: str) -> None:
    answer = await submit(havn.partner("politi-oestjylland"), key=key)
    assert answer.status_code in (400, 422)
    assert await referrals(havn) == 0


async def test_another_organisations_same_key_is_its_own(havn: World) -> None:
    one = await submit(havn.partner("politi-oestjylland"))
    other = await submit(havn.partner("politi-fyn"))
    assert (one.status_code, other.status_code) == (201, 201)
    assert "idempotency-replayed" not in other.headers
    assert one.json()["referral_id"] != other.json()["referral_id"]
    assert await referrals(havn) == 2


async def test_the_kept_answer_cannot_be_read_in_the_database(havn: World) -> None:
    told = REFERRAL | {"subjects": [REFERRAL["subjects"][0] | {"reference": "Malee"}]}
    answer = await submit(havn.partner("politi-oestjylland"), told)
    (row,) = await havn.sql("referrals", "SELECT * FROM idempotency")
    kept = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    for secret in (*PLANTED, answer.json()["referral_id"], json.dumps(answer.json())[:40], KEY):
        assert secret.encode() not in kept


async def test_a_kept_answer_opens_with_its_own_key_and_request_only(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    await submit(police)
    await submit(police, key="another")
    await havn.sql(
        "referrals",
        "UPDATE idempotency a SET answer = b.answer FROM idempotency b WHERE a.key_hash <> b.key_hash",
    )
    answer = await submit(police)
    assert answer.status_code >= 500
    assert not [planted for planted in (*PLANTED, "P01") if planted in answer.text]


async def test_a_get_needs_no_key_and_keeps_none(havn: World) -> None:
    await havn.partner("politi-oestjylland").request("GET", PATH, headers={"idempotency-key": str(uuid4())})
    assert await havn.sql("referrals", "SELECT FROM idempotency") == []
