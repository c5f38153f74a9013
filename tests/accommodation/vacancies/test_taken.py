"""Which places somebody has is asked of all by a function of the database, of one by a condition: they say the same."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import Range
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from services.accommodation.case.nights import nights
from services.accommodation.facilities.models import Stay
from services.accommodation.facilities.queries import takes
from services.accommodation.vacancies import repository
from shared.identity.actor import Actor
from tests.accommodation.housing import Housing
from tests.world import World

NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
FIRST = date(2026, 3, 9)
INSERT = """INSERT INTO stay (id, place_id, during, state, held_until, shares_bed, is_double)
    VALUES ($1, $2, $3, $4, $5, $6, false)"""
_span = st.tuples(st.integers(-4, 8), st.none() | st.integers(1, 5))
_stay = st.tuples(
    _span,
    st.sampled_from(["held", "booked", "arrived", "left", "ended"]),
    st.integers(-2, 2),
    st.booleans(),
)


def _during(span: tuple[int, int | None]) -> tuple[date, date | None]:
    begin, length = span
    return FIRST + timedelta(days=begin), FIRST + timedelta(days=begin + length) if length else None


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(stays=st.lists(_stay, min_size=1, max_size=6), wanted=_span, but_for=st.integers(0, 11))
async def test_all_places_and_one_place_are_taken_by_the_same_stays(
    havn: World, housing: Housing, stays: list[Any], wanted: tuple[int, int | None], but_for: int
) -> None:
    await havn.forget_everything()
    housing.move_clock(NOW.isoformat())
    shelter = await housing.shelter(6)
    await havn.sql("accommodation", "UPDATE approval SET during = daterange('2020-01-01', NULL)")
    ids = [uuid4() for _ in range(12)]
    for number, (span, state, hours, shares) in enumerate(stays):
        held_until = NOW + timedelta(hours=hours) if state == "held" else None
        place_id = UUID(shelter.place_ids[number])
        values = (ids[number], place_id, Range(*_during(span)), state, held_until, shares)
        await havn.sql("accommodation", INSERT, *values)
    during = nights(*_during(wanted))
    async with havn.application.databases["accommodation"].transaction(Actor.system("accommodation")) as work:
        taking = takes(during, work.now)
        one_by_one = set(
            await work.session.scalars(select(col(Stay.place_id)).where(taking, col(Stay.id) != ids[but_for]))
        )
        found = await repository.candidates(work, during, but_for=ids[but_for])
        of_one = await repository.candidates(work, during, but_for=ids[but_for], facility_id=UUID(shelter.facility_id))
    free = {UUID(each) for each in shelter.place_ids} - one_by_one
    for among in (found, of_one):
        assert {each for candidate in among if not candidate.is_taken for each in candidate.place_ids} == free
        assert sum(candidate.number for candidate in among if candidate.is_taken) == len(one_by_one)
        assert sum(candidate.number for candidate in among) == 6
