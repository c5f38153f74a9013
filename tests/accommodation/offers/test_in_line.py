"""Who wants a place that others want too: one waits in line for what can be had alone, and what is so at the end refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from asyncpg import Range

from tests.accommodation.housing import Housing, rules_of
from tests.world import World

STAY = "INSERT INTO stay (id, place_id, during, state) VALUES ($1, $2, $3, 'booked')"
CLOSED = "INSERT INTO out_of_service (id, place_id, during, reason) VALUES ($1, $2, $3, '')"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@asynccontextmanager
async def at_the_head_of_the_line(havn: World, place_id: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Somebody else has the place's row, until the block ends."""
    async with havn.meanwhile("accommodation") as connection:
        await connection.execute("SELECT FROM place WHERE id = $1 FOR UPDATE", UUID(place_id))
        yield connection


async def test_nobody_waits_in_line_for_a_place_that_they_cannot_have(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.held(await housing.case(), shelter.place_id)
    late = await housing.request(await housing.case())
    async with at_the_head_of_the_line(havn, shelter.place_id):
        refused = await asyncio.wait_for(housing.offer(late, shelter.place_id), timeout=5)
    assert rules_of(refused) == ["occupied"]


async def test_who_has_waited_in_line_is_refused_by_all_that_speaks_against_the_place_then(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    request_id = await housing.request(await housing.case(), to_on="2026-03-20")
    async with at_the_head_of_the_line(havn, shelter.place_id) as other:
        waiting = asyncio.create_task(housing.offer(request_id, shelter.place_id))
        while not await havn.sql("accommodation", f"{WAITS} HAVING count(*) > 0"):
            await asyncio.sleep(0.01)
        place_id = UUID(shelter.place_id)
        await other.execute(CLOSED, uuid4(), place_id, Range(date(2026, 3, 9), date(2026, 3, 10)))
        await other.execute(STAY, uuid4(), place_id, Range(date(2026, 3, 12), date(2026, 3, 14)))
    assert rules_of(await waiting) == ["out_of_service", "occupied"]


async def test_what_speaks_against_an_ordinary_place_is_asked_with_one_statement(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=3)
    await housing.held(await housing.case(), shelter.place_id)
    late = await housing.request(await housing.case())
    with havn.statements("accommodation") as sent:
        assert rules_of(await housing.offer(late, shelter.place_id)) == ["occupied"]
    assert len([each for each in sent if "FROM placement_request" in each and "FOR UPDATE" in each]) == 1
    # The work's beginning, the request, which is locked, the place, the key, what speaks against it; then, as work of its own
    # (2), the line that it was refused.
    assert len(sent) == 5 + 2, "\n".join(sent)
