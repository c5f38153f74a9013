"""Lists of referrals: mine, filtered, in pages that neither skip nor repeat, at a constant price."""

from typing import Any

import pytest

from tests.referrals.builders import PATH, POLICE, REASON, listed, send, subject
from tests.world import Partner, World


async def all_pages(partner: Partner, limit: int, **asked: Any) -> list[str]:
    """The ids on all pages, in order."""
    found: list[str] = []
    cursor = None
    while True:
        page = (await partner.get(PATH, limit=limit, cursor=cursor, **asked)).json()
        assert len(page["items"]) <= limit
        found += [item["referral_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_each_box_holds_what_came_in_and_what_went_out(havn: World) -> None:
    from_police = await send(havn)
    from_cmm = await send(havn, sender="cmm", recipient="reden")
    await send(havn, sender="hopenow", recipient="reden")
    cmm = havn.partner("cmm")
    assert await listed(cmm, box="incoming") == [from_police.id]
    assert await listed(cmm, box="outgoing") == [from_cmm.id]
    assert await listed(cmm) == [from_cmm.id, from_police.id], "newest first"
    assert await listed(havn.partner("politi-fyn")) == []
    assert (await cmm.get(PATH, box="lost")).status_code == 422


async def test_a_list_shows_one_status_when_asked_for_it(havn: World) -> None:
    for status in ("submitted", "accepted", "declined"):
        await (await send(havn)).bring_to(status)
    accepted = await havn.partner(POLICE).get(PATH, status="accepted")
    assert [item["status"] for item in accepted.json()["items"]] == ["accepted"]
    assert await listed(havn.partner(POLICE), status="completed") == []


async def test_since_shows_what_changed_at_or_after_that_time(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    older, changed = await send(havn), await send(havn)
    await havn.set_clock("2026-03-03T10:00:00+01:00")
    newer = await send(havn)
    await changed.step("acknowledge")
    police = havn.partner(POLICE)
    assert set(await listed(police, since="2026-03-03T10:00:00+01:00")) == {newer.id, changed.id}
    assert await listed(police, since="2026-03-03T10:00:01+01:00") == []
    assert older.id in await listed(police, since="2026-03-02T10:00:00+01:00")
    assert (await police.get(PATH, since="2026-03-03T10:00:00")).status_code == 422, "a time has its zone"


async def test_a_list_carries_no_personal_data(havn: World) -> None:
    await send(havn, subject("Malee-1", given_name="Malee"), safe_contact="Malee's aunt")
    page = await havn.partner("cmm").get(PATH)
    assert "Malee" not in page.text
    assert REASON not in page.text
    (item,) = page.json()["items"]
    assert set(item["subjects"][0]) == {"subject_id", "case_id"}


@pytest.mark.parametrize("stopped_at", [None, "2026-03-02T10:00:00+01:00"])
async def test_what_comes_in_between_two_pages_makes_none_skipped_or_shown_twice(
    havn: World, stopped_at: str | None
) -> None:
    """Also where all came in at the very same moment."""
    await havn.set_clock(stopped_at)
    there = [(await send(havn)).id for _ in range(5)]
    police = havn.partner(POLICE)
    found: list[str] = []
    cursor = None
    for _ in range(10):
        page = (await police.get(PATH, limit=2, cursor=cursor)).json()
        found += [item["referral_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await send(havn)
    assert len(found) == len(set(found))
    assert set(there) <= set(found)
    if stopped_at is None:
        assert found == there[::-1]


async def test_pages_end_with_no_cursor(havn: World) -> None:
    ids = [(await send(havn)).id for _ in range(4)]
    police = havn.partner(POLICE)
    for limit in (1, 2, 3, 4, 5):
        assert await all_pages(police, limit) == ids[::-1]


async def test_a_cursor_is_good_only_for_whom_and_what_it_was_given(havn: World) -> None:
    for _ in range(3):
        await send(havn)
    cursor = (await havn.partner(POLICE).get(PATH, limit=1, box="outgoing")).json()["next_cursor"]
    refused = {
        "another organisation": await havn.partner("cmm").get(PATH, limit=1, box="outgoing", cursor=cursor),
        "another search": await havn.partner(POLICE).get(PATH, limit=1, box="incoming", cursor=cursor),
        "another list": await havn.partner(POLICE).get("/referrals/v1/organisations", limit=1, cursor=cursor),
        "changed": await havn.partner(POLICE).get(PATH, limit=1, box="outgoing", cursor=cursor[:-2] + "AA"),
        "made up": await havn.partner(POLICE).get(PATH, limit=1, cursor="next"),
    }
    assert {name: answer.status_code for name, answer in refused.items()} == dict.fromkeys(refused, 400)
    assert refused["made up"].json()["type"].endswith("/CursorInvalid")
    good = await havn.partner(POLICE).get(PATH, limit=2, box="outgoing", cursor=cursor)
    assert len(good.json()["items"]) == 2, "the size of a page may change on the way"


async def test_a_page_has_1_to_100_items_and_50_unless_asked(havn: World) -> None:
    police = havn.partner(POLICE)
    for limit, status in {"0": 422, "1": 200, "100": 200, "101": 422, "-1": 422, "many": 422}.items():
        assert (await police.get(PATH, limit=limit)).status_code == status, limit
    directory = (await police.get("/referrals/v1/organisations")).json()
    assert len(directory["items"]) == 50


async def test_a_list_costs_the_same_number_of_statements_however_long_it_is(havn: World) -> None:
    police = havn.partner(POLICE)
    await send(havn)
    with havn.statements("referrals") as for_one:
        assert len(await listed(police)) == 1
    for _ in range(6):
        await send(havn, subject("P01"), subject("P02"))
    await havn.settled()
    with havn.statements("referrals") as for_seven:
        assert len(await listed(police)) == 7
    assert len(for_seven) == len(for_one) > 0
