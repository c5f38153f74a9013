"""Whatever seven kinds of organisation do to stays while days go by: no bed and no person is had twice, nobody is where they do
not fit without a reason, and the census is the sum of the placements."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contract.codes import AgeGroup, Gender
from tests.accommodation.housing import NOW, Housing
from tests.world import World

BEGIN = date(2026, 3, 9)
STEPS = (
    *("ask", "ask", "offer", "offer", "offer", "accept", "accept", "arrive", "arrive", "decline", "leave", "cancel"),
    *("no-show", "extend", "move", "join", "withdraw", "close", "wait"),
)
ORGANISATIONS = ("cmm", "us", "politi-oestjylland", "reden", "amiami", "kommune-0751", "hopenow")
_steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 50), st.integers(0, 4), st.one_of(st.none(), st.integers(1, 5))),
    min_size=6,
    max_size=24,
)

TWICE = """SELECT 1 FROM stay a JOIN stay b ON a.id < b.id AND a.during && b.during
    AND a.state <> 'ended' AND b.state <> 'ended'
    AND (a.place_id = b.place_id AND NOT a.shares_bed AND NOT b.shares_bed
         OR a.person_id = b.person_id AND a.instead_of_id IS NULL AND b.instead_of_id IS NULL)"""
UNFIT = """SELECT 1 FROM placement p JOIN facility f ON f.id = p.facility_id
    JOIN known_case c ON c.case_id = p.case_id WHERE p.status IN ('booked', 'arrived') AND p.exceptions = '{}'
    AND (NOT c.gender = ANY (f.genders) OR c.age_group = 'minor' AND NOT f.minors)"""
THERE = "SELECT count(*) FROM placement WHERE status = 'arrived'"
PRESENT = "SELECT count(*) FROM stay WHERE state = 'arrived' AND with_stay_id IS NULL"
UNAPPROVED = """SELECT 1 FROM stay s JOIN out_of_service o ON o.place_id = s.place_id AND o.during && s.during
    WHERE s.state IN ('held', 'booked')"""


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_steps)
async def test_whatever_is_done_to_stays_nobody_and_no_place_is_had_twice(
    havn: World, housing: Housing, steps: list[tuple[str, int, int, int | None]]
) -> None:
    await havn.set_clock(NOW)
    life = Life(havn, housing)
    await life.begin()
    for step, which, first, length in steps:
        await life.take(step, which, first, length)
        await life.check()


class Life:
    """Two operators' facilities, four people, and what was made so far."""

    def __init__(self, havn: World, housing: Housing) -> None:
        self.havn, self.housing, self.day = havn, housing, BEGIN
        self.places: list[str] = []
        self.cases: list[str] = []
        self.requests: list[str] = []
        self.offers: list[str] = []
        self.placements: list[str] = []

    async def begin(self) -> None:
        women = await self.housing.shelter(2)
        mixed = await self.housing.shelter(
            2, "amiami", kind="hostel_110", accepts={"genders": ["woman", "man"], "minors": True}
        )
        self.places = [*women.place_ids, *mixed.place_ids]
        for gender, age in ((Gender.WOMAN, AgeGroup.ADULT), (Gender.MAN, AgeGroup.ADULT)) * 2:
            self.cases.append(await self.housing.case(gender, age_group=age))

    async def take(self, step: str, which: int, first: int, length: int | None) -> None:
        organisation = ORGANISATIONS[which % len(ORGANISATIONS)]
        if step == "wait":
            self.day += timedelta(days=1)
            await self.havn.set_clock(f"{self.day}T12:00:00+01:00")
            return
        answer = await self._call(step, organisation, which, first, length)
        assert answer is None or answer.status_code < 500, answer.text
        if answer is not None and answer.is_success:
            self._keep(step, answer.json())

    async def _call(
        self, step: str, organisation: str, which: int, first: int, length: int | None
    ) -> httpx.Response | None:
        begin = self.day + timedelta(days=first)
        end = (begin + timedelta(days=length)).isoformat() if length else None
        housing = self.housing
        if step == "ask":
            asks = "cmm" if which % 2 else "politi-oestjylland"
            return await housing.ask(self._of(self.cases, which), asks, from_on=begin.isoformat(), to_on=end)
        if step == "close":
            closed = {"from_on": begin.isoformat(), "to_on": end, "reason": "Paint."}
            path = f"/accommodation/v1/places/{self._of(self.places, which)}/out-of-service"
            return await self.havn.partner(organisation).post(path, closed)
        if step in ("offer", "withdraw") and self.requests:
            request_id = self._of(self.requests, which)
            if step == "withdraw":
                path = f"/accommodation/v1/placement-requests/{request_id}/withdraw"
                return await self.havn.partner(organisation).post(path)
            until = f"{self.day + timedelta(days=1)}T12:00:00+01:00"
            return await housing.offer(request_id, self._of(self.places, which + first), "cmm", until)
        if step in ("accept", "decline") and self.offers:
            by = ("reden", "amiami", organisation)[first % 3]
            return await housing.answer(self._of(self.offers, which), step, by)
        if self.placements and step not in ("offer", "withdraw", "accept", "decline"):
            return await self._stay(step, self._of(self.placements, which), end)
        return None

    async def _stay(self, step: str, placement_id: str, end: str | None) -> httpx.Response:
        bodies: dict[str, dict[str, Any]] = {
            "cancel": {"reason": "Otherwise."},
            "extend": {"to_on": end or "2026-04-30", "reason": "Not ready."},
            "move": {"reason": "need"},
            "join": {"kind": "child", "born_on": "2015-01-01"},
        }
        name = "companions" if step == "join" else step
        return await self.housing.step(placement_id, name, "cmm", body=bodies.get(step))

    @staticmethod
    def _of(made: list[str], which: int) -> str:
        return made[which % len(made)]

    def _keep(self, step: str, told: dict[str, Any]) -> None:
        if step == "ask":
            self.requests.append(told["request_id"])
        elif step == "offer":
            self.offers.append(told["offer_id"])
        elif step in ("accept", "move"):
            self.placements.append(told["placement_id"])

    async def check(self) -> None:
        for wrong in (TWICE, UNFIT, UNAPPROVED):
            assert await self.havn.sql("accommodation", wrong) == [], wrong
        there = (await self.havn.sql("accommodation", THERE))[0][0]
        assert (await self.havn.sql("accommodation", PRESENT))[0][0] == there
        census = (await self.havn.partner("cmm").get("/accommodation/v1/occupancy", on=self.day.isoformat())).json()
        assert all(0 <= item["occupied"] <= item["capacity"] for item in census["items"])
        beds = "SELECT count(*) FROM stay WHERE NOT shares_bed AND lower(during) <= $1 AND (state = 'arrived'"
        beds += " OR state IN ('left', 'booked') AND during @> $1)"
        counted = (await self.havn.sql("accommodation", beds, self.day))[0][0]
        assert sum(item["occupied"] for item in census["items"]) <= counted
