"""An adult declines: what is left is an anonymous notification. And nobody is reached over a channel that is not safe."""

from typing import Any

import pytest

from tests.identification.access_requests.test_access_requests import asked
from tests.identification.builders import CMM_DECIDES, US_DECIDES, name_of
from tests.identification.finding.people import ids_found
from tests.identification.opening.doors import CPR, describe, open_door, person_of, try_opening
from tests.world import World

NAMED: dict[str, Any] = CMM_DECIDES | {
    "given_name": "Malee",
    "family_name": "Opdigtet",
    "birth_date": "1998-05-14",
    "gender": "woman",
    "identifiers": [{"type": "replacement_cpr", "value": CPR}],
    "aliases": ["Blue"],
    "safe_contact": "The bakery.",
    "contact_channels": [{"channel": "sms", "value": "+45 00 00 00 00", "is_safe": True}],
}
IDENTITY = (
    "given_name",
    "family_name",
    "birth_date",
    "stated_birth_date",
    "identifiers",
    "aliases",
    "safe_contact",
    "contact_channels",
)
DECLINES = {"on": "2026-03-09", "note": "She wants nothing of this."}


@pytest.fixture(autouse=True)
async def today(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")


@pytest.mark.row(4)
async def test_who_declines_is_nobody_from_then_on_and_still_counts(havn: World) -> None:
    case = await open_door(havn, NAMED)
    declined = await case.post("/refusal", DECLINES)
    assert (declined.status_code, declined.json()) == (200, {"case_id": case.id, "refused_on": "2026-03-09"})
    told = await person_of(case)
    assert not any(told[name] for name in IDENTITY)
    assert (told["gender"], told["citizenships"], told["residence_basis"]) == ("woman", ["PHL"], "residence_permit")
    assert (await case.details())["gender"] == "woman"


@pytest.mark.row(4)
async def test_no_row_knows_any_more_who_it_was(havn: World) -> None:
    case = await open_door(havn, NAMED)
    before = (await havn.sql("identification", "SELECT person FROM case_file"))[0]["person"]
    await case.post("/refusal", DECLINES)
    after = (await havn.sql("identification", "SELECT person FROM case_file"))[0]["person"]
    assert len(after) < len(before)
    for table in ("known_identifier", "search_token"):
        assert await havn.sql("identification", f"SELECT FROM {table}") == [], table
    opened = await try_opening(havn, NAMED)
    assert opened.json()["possible_duplicates"] == []


@pytest.mark.row(4)
@pytest.mark.parametrize("person", [{"stated_age": 16}, {"age_basis": "presumed_minor"}])
async def test_a_child_cannot_decline(havn: World, person: dict[str, Any]) -> None:
    case = await open_door(havn, CMM_DECIDES | person | {"given_name": "Linh"}, municipality="0461")
    assert name_of(await case.post("/refusal", DECLINES)) == (409, "AChildCannotDecline")
    assert (await person_of(case))["given_name"] == "Linh"


@pytest.mark.row(5)
async def test_the_identity_is_not_written_back_into_an_anonymous_notification(havn: World) -> None:
    case = await open_door(havn, NAMED)
    await case.post("/refusal", DECLINES)
    assert name_of(await describe(case, NAMED)) == (409, "PersonDeclined")
    assert (await describe(case, CMM_DECIDES | {"gender": "trans_woman"})).status_code == 200
    named = await open_door(havn, NAMED)
    merged = await case.post("/merge", {"into": named.id})
    assert merged.status_code == 200, merged.text
    told = await person_of(case)
    assert not any(told[name] for name in IDENTITY)
    assert (await person_of(named))["given_name"] == "Malee"


async def test_only_those_who_work_on_the_case_record_a_refusal_and_not_one_to_come(havn: World) -> None:
    case = await open_door(havn, US_DECIDES)
    assert (await case.post("/refusal", DECLINES, by="anklagemyndigheden")).status_code == 404
    assert name_of(await case.post("/refusal", {"on": "2026-03-10"})) == (422, "InvalidInput")
    assert (await case.post("/refusal", {"on": "2026-03-09"}, by="us")).status_code == 200


@pytest.mark.row(18)
async def test_a_channel_is_used_only_where_it_is_recorded_as_safe(havn: World) -> None:
    ways = [
        {"channel": "sms", "value": "+45 00 00 00 00", "is_safe": True, "note": "After noon."},
        {"channel": "phone", "value": "+45 00 00 00 00", "is_safe": False},
        {"channel": "phone", "value": "+45 00 00 00 01"},
    ]
    case = await open_door(havn, CMM_DECIDES | {"contact_channels": ways})
    reached = await case.post("/contact-attempts", {"channel": "sms", "reached": True, "note": "She answered."})
    assert reached.status_code == 201, reached.text
    assert reached.json()["at"] == "2026-03-09T11:00:00Z"
    for channel in ("phone", "email", "via_person"):
        assert name_of(await case.post("/contact-attempts", {"channel": channel})) == (409, "UnsafeChannel")
    assert len(await havn.sql("identification", "SELECT FROM contact_attempt")) == 1
    await describe(case, CMM_DECIDES | {"contact_channels": [ways[0] | {"is_safe": False}]})
    assert name_of(await case.post("/contact-attempts", {"channel": "sms"})) == (409, "UnsafeChannel")


async def test_attempts_are_of_those_who_work_on_the_case(havn: World) -> None:
    case = await open_door(havn, CMM_DECIDES)
    assert (await case.post("/contact-attempts", {"channel": "sms"}, by="us")).status_code == 404


async def test_who_declines_is_nobody_in_any_case_that_was_merged_into_theirs(havn: World) -> None:
    case, merged, deepest = [await open_door(havn, NAMED) for _ in range(3)]
    assert (await deepest.post("/merge", {"into": merged.id})).status_code == 200
    assert (await merged.post("/merge", {"into": case.id})).status_code == 200
    assert (await case.post("/refusal", DECLINES)).status_code == 200
    for each in (case, merged, deepest):
        told = await person_of(each)
        assert not any(told[name] for name in IDENTITY)
    assert await ids_found(havn, given_name="Malee", family_name="Opdigtet") == []
    erased = {row["case_id"] for row in await havn.sql("identification", "SELECT case_id FROM erasure")}
    assert {str(each) for each in erased} == {case.id, merged.id, deepest.id}


@pytest.mark.parametrize("kept", ["hold", "hold on a merged case", "request for access"])
async def test_nothing_of_who_declines_is_erased_while_it_is_kept_for_somebody(havn: World, kept: str) -> None:
    case, merged = [await open_door(havn, NAMED) for _ in range(2)]
    if kept == "request for access":
        await asked(case)
    else:
        held = case if kept == "hold" else merged
        assert (await held.post("/legal-hold", {"reason": "The court asks."}, role="lawyer")).status_code == 201
    assert (await merged.post("/merge", {"into": case.id})).status_code == 200
    before = await person_of(case)
    assert name_of(await case.post("/refusal", DECLINES)) == (409, "StillNeeded")
    assert await person_of(case) == before


async def test_who_has_declined_already_is_erased_once(havn: World) -> None:
    case = await open_door(havn, NAMED)
    for on in ("2026-03-09", "2026-03-08"):
        declined = await case.post("/refusal", DECLINES | {"on": on})
        assert (declined.status_code, declined.json()["refused_on"]) == (200, "2026-03-09")
    assert len(await havn.sql("identification", "SELECT FROM erasure")) == 1
