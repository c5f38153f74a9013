"""A stay is locked before its placement, by everybody: an arrival and a merge, which says whose the stay is, never wait for each
other."""

import asyncio
from uuid import UUID

import pytest

from tests.accommodation.housing import Housing
from tests.accommodation.offers.test_in_line import WAITS, at_the_head_of_the_line
from tests.world import World


@pytest.mark.parametrize("step", ["arrive", "leave"])
async def test_who_waits_for_a_stay_has_not_locked_its_placement(havn: World, housing: Housing, step: str) -> None:
    shelter = await housing.shelter()
    placement_id = await housing.booked(await housing.case(), shelter.place_id)
    async with at_the_head_of_the_line(havn, shelter.place_id) as merge:
        await merge.execute("SELECT FROM stay WHERE place_id = $1 FOR UPDATE", UUID(shelter.place_id))
        waiting = asyncio.create_task(housing.step(placement_id, step))
        while not await havn.sql("accommodation", f"{WAITS} HAVING count(*) > 0"):
            await asyncio.sleep(0.01)
        await merge.execute("SELECT FROM placement WHERE id = $1 FOR UPDATE NOWAIT", UUID(placement_id))
    assert (await waiting).status_code == 200
