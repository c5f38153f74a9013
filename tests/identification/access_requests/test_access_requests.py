"""Whoever asks for what is held of a person is answered within a month, and gets nothing before another person has granted it:
who asks on behalf of a victim may be the trafficker (docs/rules.md, privacy-8)."""

from typing import Any

import httpx
import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.erasure.test_nothing_left import erase
from tests.identification.finding.people import Met
from tests.identification.life import done
from tests.world import World

NOON = "2026-03-09T12:00:00+01:00"
HERSELF = {"requested_on": "2026-03-09", "asked_by": "person", "identity": "Her passport."}
LAWYER = {
    "requested_on": "2026-03-09",
    "asked_by": "on_behalf",
    "relation": "lawyer",
    "requester": "Jens Opdigtet",
    "identity": "Known to CMM.",
    "authority": "A power of attorney, signed at CMM.",
}
GRANT = {"outcome": "granted", "reason": "She has signed it here."}
REFUSE = {"outcome": "refused", "reason": "She is afraid of him."}
TODAY = {"handed_out_on": "2026-03-09"}
STRANGERS = ("us", "politi-oestjylland", "hopenow", "kommune-0751", "anklagemyndigheden", "familieretshuset")


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


async def post(
    case: Opened, body: Any, *parts: str, by: str = "cmm", who: str = "Anna", role: str = "caseworker", **headers: str
) -> httpx.Response:
    path = "/".join((case.path, "access-requests", *parts))
    return await case.havn.partner(by, role, subject=who).post(path, body, **headers)


async def asked(case: Opened, body: dict[str, Any] = LAWYER) -> str:
    """Anna takes the request down."""
    made = await post(case, body)
    assert made.status_code == 201, made.text
    return str(made.json()["access_request_id"])


async def review(case: Opened, request: str, body: dict[str, Any] = GRANT, *, who: str = "Bo") -> httpx.Response:
    return await post(case, body, request, "review", who=who)


async def hand_out(case: Opened, request: str, body: dict[str, Any] = TODAY) -> httpx.Response:
    return await post(case, body, request, "hand-out")


async def listed(case: Opened, **asking: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await done(case.get("/access-requests", purpose="legal", **asking)))["items"]
    return items


async def deadlines(havn: World, state: str | None = None) -> list[tuple[str, str]]:
    page = await havn.partner("cmm").get("/identification/v1/deadlines", kind="access_request", state=state)
    return [(item["case_id"], item["due_on"]) for item in page.json()["items"]]


async def test_a_request_is_taken_down_granted_by_another_person_and_handed_out_once(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    request = await asked(case)
    granted = await review(case, request)
    assert granted.status_code == 200, granted.text
    assert granted.json() == {
        "access_request_id": request,
        "state": "granted",
        "requested_on": "2026-03-09",
        "answer_by": "2026-04-09",
        "granted_until": "2026-04-08",
        "handed_out_on": None,
    }
    handed = await hand_out(case, request)
    assert (handed.status_code, handed.json()["state"]) == (200, "handed_out")
    assert name_of(await hand_out(case, request)) == (409, "AccessNotGranted")
    assert name_of(await review(case, request, REFUSE)) == (409, "AccessIsReviewed")
    (item,) = await listed(case)
    assert {name: item[name] for name in LAWYER} == LAWYER
    assert (item["reason"], item["reviewed_at"], item["state"]) == (
        GRANT["reason"],
        "2026-03-09T11:00:00Z",
        "handed_out",
    )


@pytest.mark.parametrize("body", [LAWYER, HERSELF], ids=["on behalf", "the person"])
@pytest.mark.parametrize("outcome", [GRANT, REFUSE], ids=["grant", "refuse"])
async def test_who_took_it_down_reviews_nothing(noon: World, body: dict[str, Any], outcome: dict[str, Any]) -> None:
    case = await open_case(noon, CMM_DECIDES)
    request = await asked(case, body)
    assert name_of(await review(case, request, outcome, who="Anna")) == (403, "NotASecondPerson")
    assert [item["state"] for item in await listed(case)] == ["recorded"]
    with pytest.raises(Exception, match="access_request_check"):
        await noon.sql(
            "identification",
            "UPDATE access_request SET outcome = 'granted', reviewed_by_subject = recorded_by_subject",
        )


async def test_nobody_asks_for_a_person_without_proof_that_they_may(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    without = {name: said for name, said in LAWYER.items() if name != "authority"}
    request = await asked(case, without | {"relation": "partner"})
    assert name_of(await review(case, request)) == (409, "AuthorityNotProven")
    assert name_of(await hand_out(case, request)) == (409, "AccessNotGranted")
    refused = await review(case, request, REFUSE)
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    assert name_of(await hand_out(case, request)) == (409, "AccessNotGranted")
    unknown = await asked(case, {"requested_on": "2026-03-09", "asked_by": "person"})
    assert name_of(await review(case, unknown)) == (409, "IdentityNotProven")


async def test_what_was_granted_is_handed_out_in_time_or_reviewed_anew(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    request = await asked(case)
    assert (await review(case, request)).status_code == 200
    assert name_of(await hand_out(case, request, {"handed_out_on": "2026-03-08"})) == (422, "HandedOutBeforeGrant")
    await noon.set_clock("2026-04-09T12:00:00+02:00")
    assert [item["state"] for item in await listed(case)] == ["expired"]
    late = {"handed_out_on": "2026-04-09"}
    assert name_of(await hand_out(case, request, late)) == (409, "AccessNotGranted")
    assert (await review(case, request)).json()["granted_until"] == "2026-05-09"
    assert (await hand_out(case, request, late)).status_code == 200


async def test_there_is_a_month_to_answer_also_in_a_closed_case(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    await case.decide("CMM", "not_trafficked")
    await done(case.post("/closure", {"on": "2026-03-09", "reason": "Not trafficked."}))
    kept, refused = await asked(case), await asked(case, HERSELF | {"requested_on": "2026-01-31"})
    assert await deadlines(noon) == [(case.id, "2026-02-28"), (case.id, "2026-04-09")]
    assert (await review(case, refused, REFUSE)).status_code == 200
    assert await deadlines(noon) == [(case.id, "2026-04-09")]
    assert (await review(case, kept)).status_code == 200
    assert await deadlines(noon) == [(case.id, "2026-04-09")], "granted is not answered"
    await noon.set_clock("2026-04-03T12:00:00+02:00")
    alerted = await noon.events("identification", "deadline-approaching")
    assert ("access_request", "due") in {(event["kind"], event["state"]) for event in alerted}
    assert (await hand_out(case, kept, {"handed_out_on": "2026-04-03"})).status_code == 200
    assert await deadlines(noon) == []


async def test_of_merged_cases_it_is_answered_where_the_work_goes_on(noon: World) -> None:
    case, other = Met(noon, (await open_case(noon, CMM_DECIDES)).id, []), await open_case(noon, CMM_DECIDES)
    request = await asked(case)
    assert (await case.merge(other)).status_code == 200
    assert await deadlines(noon) == [(other.id, "2026-04-09")]
    assert [item["access_request_id"] for item in await listed(other)] == [request]
    assert (await review(other, request, REFUSE)).status_code == 200
    assert await deadlines(noon) == []
    assert (await case.unmerge()).status_code == 200
    assert [item["state"] for item in await listed(case)] == ["refused"]
    assert await listed(other) == []


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_nobody_but_cmm_has_anything_to_do_with_it(noon: World, stranger: str) -> None:
    case = await open_case(noon, US_DECIDES)
    request = await asked(case)
    purpose = "legal" if stranger != "politi-oestjylland" else "identification"
    assert (await case.get("/access-requests", by=stranger, purpose=purpose)).status_code == 404
    for body, parts in ((LAWYER, ()), (GRANT, (request, "review")), (TODAY, (request, "hand-out"))):
        refused = await post(case, body, *parts, by=stranger, who="Bo")
        assert refused.status_code in (403, 404), refused.text
    rows = await noon.sql_as_runtime("identification", "SELECT id FROM access_request", org=stranger)
    assert rows == []


async def test_a_request_is_found_under_its_own_case_alone(noon: World) -> None:
    case, other = await open_case(noon, CMM_DECIDES), await open_case(noon, CMM_DECIDES)
    request = await asked(case)
    assert name_of(await review(other, request)) == name_of(await review(other, other.id)) == (404, "NotFound")


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked_by": "on_behalf", "relation": None},
        {"asked_by": "person"},
        {"relation": "friend of a friend"},
        {"requested_on": "2026-03-10"},
        {"identity": "   "},
        {"authority": "x" * 10_001},
    ],
)
async def test_what_is_not_said_rightly_is_refused(noon: World, wrong: dict[str, Any]) -> None:
    case = await open_case(noon, CMM_DECIDES)
    assert (await post(case, LAWYER | wrong)).status_code == 422
    assert await listed(case) == []


async def test_it_is_sealed_audited_read_for_a_purpose_and_erased_only_when_it_is_answered(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    request = await asked(case)
    assert (await review(case, request)).status_code == 200
    (row,) = await noon.sql("identification", "SELECT account, review FROM access_request")
    assert b"Opdigtet" not in row["account"]
    assert b"signed" not in row["review"]
    assert name_of(await case.get("/access-requests")) == (400, "PurposeMissing")
    assert name_of(await case.get("/access-requests", role="admin", purpose="legal")) == (403, "RoleMissing")
    await listed(case)
    rows = await noon.sql(
        "identification",
        "SELECT operation FROM audit WHERE operation LIKE 'access_request.%' AND refusal IS NULL ORDER BY position",
    )
    assert [row["operation"] for row in rows] == [
        "access_request.add",
        "access_request.review",
        "access_request.list",
    ]
    await erase(noon, [case.id])
    (row,) = await noon.sql("identification", "SELECT account, review FROM access_request")
    assert (row["account"], row["review"]) == (None, None)


async def test_nothing_is_erased_while_somebody_waits_for_what_is_held(noon: World) -> None:
    case = await open_case(noon, CMM_DECIDES)
    await case.decide("CMM", "not_trafficked")
    await done(case.post("/closure", {"on": "2026-03-09", "reason": "Not trafficked."}))
    request = await asked(case)
    forecast = {"on": "2028-06-01"}
    due = await done(noon.partner("cmm").get("/identification/v1/retention", **forecast))
    assert case.id not in str(due)
    assert (await review(case, request, REFUSE)).status_code == 200
    due = await done(noon.partner("cmm").get("/identification/v1/retention", **forecast))
    assert case.id in str(due)
