"""The last walls: PostgreSQL itself refuses two stays in one place on one night, and shows nobody what is not theirs."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Range
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.accommodation.housing import NOW, Housing, Shelter
from tests.world import World

INSERT = "INSERT INTO stay (id, place_id, case_id, during, state) VALUES ($1, $2, $3, $4, $5)"
TABLES = (
    "facility",
    "place",
    "out_of_service",
    "approval",
    "known_case",
    "case_party",
    "placement_request",
    "offer",
    "stay",
    "placement",
)


def march(first: int, last: int | None) -> Range:
    return Range(date(2026, 3, first), date(2026, 3, last) if last else None)


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.parametrize("state", ["held", "booked"])
async def test_postgresql_refuses_an_overlapping_stay_past_the_service(
    havn: World, housing: Housing, as_owner: bool, state: str
) -> None:
    shelter = await housing.shelter(places=2)
    case_id = UUID(await housing.case())
    await housing.booked(str(case_id), shelter.place_id, from_on="2026-03-10", to_on="2026-03-15")

    async def insert(during: Range, place_id: str = shelter.place_id, state: str = state) -> None:
        values = (uuid4(), UUID(place_id), case_id, during, state)
        if as_owner:
            await havn.sql("accommodation", INSERT, *values)
        else:
            await havn.sql_as_runtime("accommodation", INSERT, *values, org="cmm")

    for during in (march(9, 11), march(11, 12), march(14, None), march(1, None)):
        with pytest.raises(asyncpg.ExclusionViolationError):
            await insert(during)
    await insert(march(9, 10))
    await insert(march(15, None))
    await insert(march(11, 12), place_id=shelter.place_ids[1])
    await insert(march(11, 12), state="ended")
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(march(20, 20), place_id=shelter.place_ids[1])
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(march(20, 21), state="perhaps")


async def test_without_an_actor_the_runtime_role_sees_nothing(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    await housing.booked(await housing.case(), shelter.place_id)
    for table in TABLES:
        assert await havn.sql_as_runtime("accommodation", f"SELECT 1 FROM {table}") == [], table


async def test_row_level_security_shows_an_organisation_only_what_concerns_it(havn: World, housing: Housing) -> None:
    secret = await housing.shelter(secret_address=True)
    case_id = await housing.case(referred_by="hopenow")
    await housing.booked(case_id, secret.place_id)

    async def seen(org: str) -> set[str]:
        return {
            table for table in TABLES if await havn.sql_as_runtime("accommodation", f"SELECT 1 FROM {table}", org=org)
        }

    register = {"facility", "place", "approval"}
    about_the_person = {"placement_request", "offer", "stay", "placement"}
    assert await seen("amiami") == set()
    assert await seen("reden") == register | about_the_person
    assert await seen("cmm") == await seen("havn") == register | about_the_person | {"known_case", "case_party"}
    assert await seen("hopenow") == about_the_person | {"known_case", "case_party"}
    assert await seen("us") == register | {"stay"}


async def test_nobody_but_havn_itself_makes_an_organisation_a_party(havn: World, housing: Housing) -> None:
    case_id = UUID(await housing.case())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await havn.sql_as_runtime(
            "accommodation",
            "INSERT INTO case_party (case_id, org, part) VALUES ($1, 'hopenow', 'referrer')",
            case_id,
            org="hopenow",
        )


_steps = st.lists(
    st.tuples(
        st.sampled_from(["offer", "offer", "offer", "accept", "decline", "leave", "wait"]),
        st.integers(0, 5),
        st.integers(1, 12),
        st.one_of(st.none(), st.integers(1, 6)),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_steps)
async def test_whatever_is_offered_accepted_and_left_no_two_stays_share_a_night(
    havn: World, housing: Housing, steps: list[tuple[str, int, int, int | None]]
) -> None:
    await havn.set_clock(NOW)
    story = await _Bed.made(housing)
    for step, which, first, length in steps:
        await story.take(step, which, first, length)
    rows = await havn.sql(
        "accommodation",
        "SELECT during FROM stay WHERE place_id = $1 AND state <> 'ended' ORDER BY lower(during)",
        UUID(story.shelter.place_id),
    )
    for earlier, later in pairwise(row["during"] for row in rows):
        assert earlier.upper is not None
        assert earlier.upper <= later.lower
    assert story.wrongly_answered == []


class _Bed:
    """One place, and a model of what of it is free."""

    def __init__(self, housing: Housing, shelter: Shelter, case_id: str) -> None:
        self.housing, self.shelter, self.case_id = housing, shelter, case_id
        self.day = 9
        self.offers: list[tuple[str, tuple[int, int]]] = []
        self.placements: list[tuple[str, tuple[int, int]]] = []
        self.slept: list[tuple[int, int]] = []
        self.wrongly_answered: list[Any] = []

    @classmethod
    async def made(cls, housing: Housing) -> "_Bed":
        return cls(housing, await housing.shelter(), await housing.case())

    async def take(self, step: str, which: int, first: int, length: int | None) -> None:
        if step == "offer":
            await self._offer(first, length)
        elif step == "wait":
            self.day += 1
            self.offers.clear()
            await self.housing.havn.set_clock(f"2026-03-{self.day:02}T12:00:00+01:00")
        elif step == "leave" and self.placements:
            await self._leave(which)
        elif self.offers and step in ("accept", "decline"):
            offer_id, span = self.offers.pop(which % len(self.offers))
            answered = await self.housing.answer(offer_id, step)
            assert answered.status_code == 200, answered.text
            if step == "accept":
                self.placements.append((answered.json()["placement_id"], span))

    async def _offer(self, first: int, length: int | None) -> None:
        begin = date(2026, 3, 9) + timedelta(days=first)
        end = begin + timedelta(days=length) if length else None
        request_id = await self.housing.request(
            self.case_id, from_on=begin.isoformat(), to_on=end.isoformat() if end else None
        )
        expires_at = f"2026-03-{self.day + 1:02}T12:00:00+01:00"
        offered = await self.housing.offer(request_id, self.shelter.place_id, expires_at=expires_at)
        span = (first, first + length if length else 10_000)
        taken = [*self.slept, *(nights for _, nights in self.offers + self.placements)]
        taken = [(begin, end) for begin, end in taken if begin < end]  # who leaves on the first day has slept no night
        is_free = all(span[1] <= begin or end <= span[0] for begin, end in taken)
        if (offered.status_code == 201) is not is_free:
            self.wrongly_answered.append((span, offered.status_code, taken))
        if offered.status_code == 201:
            self.offers.append((offered.json()["offer_id"], span))

    async def _leave(self, which: int) -> None:
        placement_id, (first, last) = self.placements.pop(which % len(self.placements))
        left = await self.housing.step(placement_id, "leave")
        assert left.status_code == 200, left.text
        ends = max(first, min(self.day - 9, last))
        self.slept.append((first, ends))
