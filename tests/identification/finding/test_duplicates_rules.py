"""What a possible duplicate means for the decision, once some of the cases were merged."""

from typing import Any

from tests.identification.finding.people import Met, ecpr, meet
from tests.identification.life import close
from tests.world import World

NUMBER: dict[str, Any] = {"identifiers": [ecpr("690188-0001")]}


async def three_of_one_number(havn: World) -> list[Met]:
    return [await meet(havn, given_name=name, **NUMBER) for name in ("Malee", "Lily", "Rosa")]


async def decided(case: Met) -> int:
    await case.recommend()
    return (await case.try_deciding("CMM")).status_code


async def statuses(case: Met) -> dict[str, str]:
    """What became of the questions about this case, by the other case's id."""
    return {
        item["case_id"]: status
        for status in ("open", "overridden", "merged")
        for item in await case.questions(status=status)
    }


async def test_who_is_told_apart_from_a_case_is_told_apart_from_all_that_was_merged_into_it(havn: World) -> None:
    first, second, other = await three_of_one_number(havn)
    assert (await second.merge(first)).status_code == 200
    assert await decided(first) == 409, "nobody has said who the other one is"
    assert (await first.override(other)).status_code == 200
    assert await statuses(other) == {first.id: "overridden", second.id: "overridden"}
    assert await statuses(second) == {first.id: "merged", other.id: "overridden"}
    assert await decided(first) == 201
    assert await decided(other) == 201


async def test_an_undone_merge_asks_again_what_only_the_merge_had_answered(havn: World) -> None:
    first, second, other = await three_of_one_number(havn)
    assert (await second.merge(first)).status_code == 200
    assert (await first.override(other)).status_code == 200
    assert (await second.unmerge()).status_code == 200
    assert await statuses(second) == {first.id: "open", other.id: "open"}
    assert await statuses(other) == {first.id: "overridden", second.id: "open"}
    assert await decided(other) == 409


async def test_a_case_whose_work_goes_on_in_one_that_has_ended_holds_nobody_up(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee", **NUMBER), await meet(havn, given_name="Lily", **NUMBER)
    ended = await meet(havn, given_name="Ana")
    assert await decided(ended) == 201
    assert (await second.merge(ended)).status_code == 200
    assert await decided(first) == 409
    await close(ended)
    assert (await first.try_deciding("CMM")).status_code == 201
