"""US, which decides a case and has no part in the one that it was merged into, is answered by the merged case alone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.contract.codes import Authority, Gender, ResidenceBasis
from tests.accommodation.case.test_merged_cases import merged
from tests.accommodation.case.test_merged_facts import joined, parted, request_of, row_of
from tests.accommodation.housing import Housing
from tests.accommodation.offers.test_asked_again import described
from tests.accommodation.stays.test_payer_history import status
from tests.world import World


async def two_cases(housing: Housing, *, other_to: Authority | None = None) -> tuple[str, str]:
    """A case that US decides, and one of a woman with a permit."""
    theirs = await housing.case(Gender.UNKNOWN, ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    return theirs, await housing.case(Gender.WOMAN, ResidenceBasis.RESIDENCE_PERMIT, routed_to=other_to)


async def seen_by_us(havn: World, request_id: str) -> tuple[Any, ...]:
    us = havn.partner("us")
    path = f"/accommodation/v1/placement-requests/{request_id}"
    read = await us.get(path, purpose="accommodation")
    matches = (await us.get(f"{path}/matches", purpose="accommodation")).json()
    return read.status_code, read.headers["etag"], read.json(), matches["items"], matches["excluded"]


async def changes_for(havn: World, org: str) -> list[str]:
    items = (await havn.partner(org).get("/accommodation/v1/events", limit=100)).json()["items"]
    return [each["subject"] for each in items if ".responsibility-changed." in each["type"]]


@pytest.mark.row(14)
async def test_a_merge_and_its_end_show_us_nothing_of_the_other_case(havn: World, housing: Housing) -> None:
    await housing.shelter()
    theirs, other = await two_cases(housing)
    waiting = await housing.request(theirs, "us")
    before = await seen_by_us(havn, waiting)
    assert (before[2]["responsibility"]["row"], before[2]["needs"]["gender"]) == ("B3", "unknown")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(theirs, other))
    assert (await row_of(havn, waiting), (await request_of(havn, waiting))["needs"]["gender"]) == (
        ("D", "CMM"),
        "woman",
    )
    assert await seen_by_us(havn, waiting) == before
    asked = await housing.ask(theirs, "us", from_on="2026-03-20")
    assert asked.json()["responsibility"]["row"] == "B3"
    assert (await row_of(havn, asked.json()["request_id"]))[0] == "D"
    assert await changes_for(havn, "us") == []
    assert await changes_for(havn, "cmm") == [other]
    await housing.tell(parted(theirs, other))
    assert await seen_by_us(havn, waiting) == before
    assert await row_of(havn, waiting) == ("B3", "US")
    assert await changes_for(havn, "us") == []


@pytest.mark.row(14)
async def test_what_is_recorded_in_the_merged_case_itself_is_shown_as_without_a_merge(
    havn: World, housing: Housing
) -> None:
    theirs, other = await two_cases(housing)
    waiting = await housing.request(theirs, "us")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(theirs, other))
    await housing.tell(described(theirs, gender=Gender.MAN, at="2026-03-12T12:30:00+01:00"))
    await housing.tell(status(theirs, ResidenceBasis.VISA, date(2026, 3, 12)))
    seen = await seen_by_us(havn, waiting)
    assert (seen[2]["responsibility"]["row"], seen[2]["needs"]["gender"]) == ("D", "man")
    assert await changes_for(havn, "us") == [theirs]
    assert (await request_of(havn, waiting))["needs"]["gender"] == "woman"


@pytest.mark.row(14)
async def test_who_decides_both_is_answered_by_the_one_where_the_work_goes_on(havn: World, housing: Housing) -> None:
    theirs, other = await two_cases(housing, other_to=Authority.US)
    waiting = await housing.request(theirs, "us")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.tell(joined(theirs, other))
    seen = await seen_by_us(havn, waiting)
    assert (seen[2]["responsibility"]["row"], seen[2]["needs"]["gender"]) == ("D", "woman")


async def test_who_asked_reads_its_own_word_also_where_the_case_says_otherwise(havn: World, housing: Housing) -> None:
    case_id = await housing.case(Gender.UNKNOWN, referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow", needs={"gender": "man"})
    before = await request_of(havn, request_id, "hopenow")
    await housing.tell(described(case_id, gender=Gender.WOMAN, at="2026-03-09T12:30:00+01:00"))
    assert (await request_of(havn, request_id))["needs"]["gender"] == "woman"
    assert (await request_of(havn, request_id, "hopenow"))["needs"] == before["needs"]


@pytest.mark.row(14)
@pytest.mark.parametrize("has_own", [False, True], ids=["nothing held", "a place held for it"])
async def test_its_own_request_tells_no_sender_that_the_person_was_known_and_housed(
    havn: World, housing: Housing, has_own: bool
) -> None:
    here, free = await housing.shelter(), await housing.shelter()
    known = await housing.case()
    await housing.there(known, here.place_id)
    merged_one = await housing.case(referred_by="hopenow")
    waiting = await housing.request(merged_one, "hopenow")
    path = f"/accommodation/v1/placement-requests/{waiting}"

    async def seen() -> list[Any]:
        asked = [
            (f"{path}/matches", {"purpose": "accommodation"}),
            (f"{path}/places/{free.place_id}", {"purpose": "accommodation"}),
            ("/accommodation/v1/placement-requests", {"purpose": "accommodation", "case_id": known}),
            ("/accommodation/v1/placement-requests", {"purpose": "accommodation", "case_id": merged_one}),
        ]
        return [(await havn.partner("hopenow").get(at, **query)).json() for at, query in asked]

    if has_own:
        await housing.held(merged_one, (await housing.shelter()).place_id, asks="hopenow")
    before = await seen()
    assert len(before[0]["items"]) == (0 if has_own else 1), "the first one is taken"
    assert before[1]["fits"] is not has_own
    await housing.tell(joined(merged_one, known))
    assert await seen() == before
    assert (await housing.matches(waiting))["excluded"]["person_elsewhere"] > 0


@pytest.mark.row(14)
async def test_no_number_tells_how_much_goes_on_where_the_work_goes_on(havn: World, housing: Housing) -> None:
    """What is asked under another case that is merged later is answered anew, which is an event of the case above them."""
    known = await housing.case()
    own, others = [
        await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, referred_by=by) for by in ("hopenow", "amiami")
    ]
    for case_id, by in ((own, "hopenow"), (others, "amiami")):
        await housing.request(case_id, by)
    await havn.set_clock("2026-03-09T12:30:00+01:00")
    for case_id in (own, others):
        await housing.tell(merged(case_id, known, at=datetime(2026, 3, 9, 11, 15, tzinfo=UTC)))
    assert await changes_for(havn, "cmm") == [known, known]
    await havn.set_clock("2026-03-09T20:00:00+01:00")
    for by in ("hopenow", "amiami"):
        items = (await havn.partner(by).get("/accommodation/v1/events", limit=100)).json()["items"]
        assert [each["sequence"] for each in items] == ["1", "2"], items
