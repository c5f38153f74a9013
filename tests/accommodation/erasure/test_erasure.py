"""What is erased of one person breaks nothing of the others': lists in which they stand go on, nothing is kept for whom nobody
knows any more, and who has declined is still kept apart from whom they are not safe with (docs/rules.md, retention-5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import ErasureExtent, Relation
from shared.contract.events import CaseErased, CaseLinked
from tests.accommodation.housing import NOW, SHELTER, Housing, rules_of
from tests.accommodation.separations.test_separations import SEPARATIONS, WHY, keep_apart
from tests.world import World

BOTH = pytest.mark.parametrize("extent", ErasureExtent)
NEEDS = {"languages": ["tha"], "wheelchair": True}


async def erase(housing: Housing, case_id: str, extent: ErasureExtent = ErasureExtent.CASE) -> None:
    at = datetime.fromisoformat(NOW)
    await housing.tell(CaseErased(case_id=UUID(case_id), occurred_at=at, extent=extent, erasure_id=None))


async def items(havn: World, path: str, org: str = "reden", **asked: Any) -> list[dict[str, Any]]:
    page = await havn.partner(org).get(f"/accommodation/v1/{path}", purpose="accommodation", **asked)
    assert page.status_code == 200, (path, page.text)
    found: list[dict[str, Any]] = page.json()["items"]
    return found


@BOTH
async def test_the_lists_in_which_somebody_stands_who_was_erased_go_on(
    havn: World, housing: Housing, extent: ErasureExtent
) -> None:
    shelter = await housing.shelter(3)
    gone, other = await housing.case(), await housing.case()
    for case_id, place_id in ((gone, shelter.place_ids[0]), (other, shelter.place_ids[1])):
        placement_id = await housing.there(case_id, place_id, needs=NEEDS)
        noted = await havn.partner("reden").put(
            f"/accommodation/v1/placements/{placement_id}/long-stay", {"reason": "Nowhere else is free."}, if_match="*"
        )
        assert noted.status_code == 200, noted.text
    await keep_apart(housing, gone, await housing.case())
    await erase(housing, gone, extent)
    assert len(await items(havn, "offers")) == 2
    assert {item["needs"]["wheelchair"] for item in await items(havn, "offers")} == (
        {True, False} if extent is ErasureExtent.CASE else {True}
    )
    assert len(await items(havn, "placements", on="2026-03-09")) == 2
    for path in ("long-stays", "move-proposals", "separations", "placement-requests", "waiting-list"):
        await items(havn, path, "cmm", **({"over": 0} if path == "long-stays" else {}))
    night = await havn.partner("reden").get(
        f"/accommodation/v1/facilities/{shelter.facility_id}/night", purpose="accommodation"
    )
    assert night.status_code == 200
    changed = await havn.partner("reden").put(
        f"/accommodation/v1/facilities/{shelter.facility_id}", SHELTER | {"languages": ["dan"]}, if_match="*"
    )
    assert changed.status_code == 200, changed.text


async def test_nothing_waits_for_somebody_who_was_erased_and_no_place_is_kept_for_them(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(2)
    waits, held, booked = await housing.case(), await housing.case(), await housing.case()
    await housing.request(waits)
    await housing.held(held, shelter.place_ids[0])
    await housing.booked(booked, shelter.place_ids[1])
    for case_id in (waits, held, booked):
        await erase(housing, case_id)
    assert await items(havn, "waiting-list", "cmm") == []
    assert {item["status"] for item in await items(havn, "placement-requests", "cmm")} == {"withdrawn"}
    assert {item["status"] for item in await items(havn, "offers")} == {"declined", "accepted"}
    assert await items(havn, "placements", on="2026-03-09") == []
    assert len(await havn.events("accommodation", "placement-cancelled")) == 1
    for place_id in shelter.place_ids:
        await housing.booked(await housing.case(), place_id)
    await housing.havn.set_clock("2026-03-12T12:00:00+01:00")
    assert [row for row in await items(havn, "deadlines", "cmm") if row["kind"] == "request_waiting"] == []
    assert await havn.events("accommodation", "request-stalled") == []


@pytest.mark.parametrize("said", [{}, {"reason": "Her room was empty."}], ids=["without a reason", "with a reason"])
async def test_whoever_has_come_is_there_until_somebody_says_that_they_have_left(
    havn: World, housing: Housing, said: dict[str, Any]
) -> None:
    shelter = await housing.shelter()
    gone = await housing.case()
    placement_id = await housing.there(gone, shelter.place_id)
    await erase(housing, gone)
    (movement,) = await items(havn, "placements", on="2026-03-09")
    assert (movement["placement"]["status"], movement["given_name"]) == ("arrived", None)
    assert rules_of(await housing.offer(await housing.request(await housing.case()), shelter.place_id)) == ["occupied"]
    assert (await housing.step(placement_id, "leave", body=said)).status_code == 200
    await housing.booked(await housing.case(), shelter.place_id)
    assert await havn.sql("accommodation", "SELECT FROM placement WHERE leaving <> ''") == []


async def test_who_declines_keeps_the_request_and_the_place(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    waits, booked = await housing.case(), await housing.case()
    await housing.request(waits)
    await housing.booked(booked, shelter.place_id)
    for case_id in (waits, booked):
        await erase(housing, case_id, ErasureExtent.IDENTITY)
    assert [item["case_id"] for item in await items(havn, "waiting-list", "cmm")] == [waits]
    assert len(await items(havn, "placements", on="2026-03-09")) == 1


@pytest.mark.row(68)
@pytest.mark.parametrize("declines", [0, 1])
async def test_who_has_declined_is_kept_apart_still_without_the_reason(
    havn: World, housing: Housing, declines: int
) -> None:
    shelter, two = await housing.shelter(2), (await housing.case(), await housing.case())
    said = await keep_apart(housing, *two)
    child = await housing.case()
    linked = CaseLinked(
        case_id=UUID(two[declines]),
        occurred_at=datetime.fromisoformat(NOW),
        other_case_id=UUID(child),
        relation=Relation.CHILD,
    )
    await housing.tell(linked)
    await erase(housing, two[declines], ErasureExtent.IDENTITY)
    (kept,) = (await havn.partner("cmm").get(SEPARATIONS, purpose="support")).json()["items"]
    assert kept == said | {"reason": "Erased: the person has declined."}
    assert WHY not in str(kept)
    await housing.there(two[0], shelter.place_ids[0])
    refused = await housing.offer(await housing.request(two[1]), shelter.place_ids[1])
    assert rules_of(refused) == ["co_placement"]
    links = await havn.sql("accommodation", "SELECT case_id, other_case_id FROM case_link")
    assert [(str(row[0]), str(row[1])) for row in links] == [(two[declines], child)]


async def test_who_was_erased_is_kept_apart_from_nobody(havn: World, housing: Housing) -> None:
    two = (await housing.case(), await housing.case())
    await keep_apart(housing, *two)
    await erase(housing, two[1])
    assert await items(havn, "separations", "cmm") == []
