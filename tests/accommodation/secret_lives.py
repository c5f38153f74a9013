"""Thirty days in which people are placed in secret, and who looks on: what an attacker has to go by."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.municipalities import MUNICIPALITIES
from shared.kernel.clock import COPENHAGEN
from tests.accommodation.attacker import Attacker, Case, House
from tests.accommodation.housing import Housing
from tests.world import World

SECRETS = int(os.environ.get("HAVN_SECRETS", "16"))
DAYS, LOOKS = 30, 3
BEGIN = date(2026, 3, 9)
WHERE = {
    "0101": "reden",
    "0751": "reden",
    "0147": "amiami",
    "0461": "newlives",
    "0851": "frelsens-haer",
    "0265": "kommune-0265",
    "0561": "lgbt-asyl",
    "0740": "kommune-0740",
    "0860": "kommune-0860",
    "0370": "kommune-0370",
}
"""Where the secret facilities are, two in each region, and who runs them."""
REFERRERS = ("hopenow", "kommune-0751")
SHELTER = "roede-kors"
HOSTEL = "0370"
REGIONS = sorted({each.region for each in MUNICIPALITIES.values()})


@dataclass
class Life:
    """What happens to people in secret places, and who looks on."""

    havn: World
    housing: Housing
    houses: list[House] = field(default_factory=list)
    free: dict[str, list[str]] = field(default_factory=dict)
    decoys: list[str] = field(default_factory=list)
    attackers: dict[str, Attacker] = field(default_factory=dict)
    truth: dict[str, list[House]] = field(default_factory=dict)
    today: date = BEGIN
    count: int = 0
    is_short: bool = False

    async def begin(self, where: Mapping[str, tuple[str, int]]) -> None:
        """Secret facilities in these municipalities, with who runs them and how many places, and an open one in each region."""
        await self.wait_until(BEGIN)
        for municipality, (operator, places) in where.items():
            kind = "hostel_110" if municipality == HOSTEL else "crisis_centre"
            secret = await self.housing.shelter(
                places, operator, kind=kind, municipality=municipality, secret_address=True
            )
            region = MUNICIPALITIES[municipality].region
            self.houses.append(House(secret.facility_id, region, municipality, operator, secret.place_ids))
            self.free[secret.facility_id] = list(secret.place_ids)
        for municipality in {MUNICIPALITIES[each].region: each for each in WHERE}.values():
            self.decoys.append((await self.housing.shelter(1, SHELTER, municipality=municipality)).place_id)
        self.come()

    def come(self) -> None:
        """The attackers, who know nothing yet."""
        self.truth = {}
        self.attackers = {
            org: Attacker(self.havn, org, set(WHERE.values()), pays=org == "us") for org in (*REFERRERS, SHELTER, "us")
        }

    async def wait_until(self, day: date) -> None:
        self.today = day
        await self.havn.set_clock(datetime(day.year, day.month, day.day, 12, tzinfo=COPENHAGEN))

    async def look(self) -> None:
        for attacker in self.attackers.values():
            await attacker.look(self.today.isoformat(), (self.today + timedelta(days=1)).isoformat())

    async def place(self, house: House, *, avoided: frozenset[str], excepted: bool = False) -> tuple[str, str]:
        """Somebody is referred, asked for, declined by the shelter that looks on, and comes to the house; their case and
        placement."""
        self.count += 1
        # Both refer people to every house: who had to do with some regions alone would know as much without looking.
        by = REFERRERS[(self.count + self.count // len(self.houses)) % len(REFERRERS)]
        is_asked = self.count % 3 == 0 or self.is_short
        is_hostel = house.municipality == HOSTEL
        case_id = await self.housing.case(
            basis=ResidenceBasis.NO_LEGAL_STAY,
            routed_to=Authority.US,
            referred_by=by,
            municipality=None if is_hostel else "0751",
        )
        days: dict[str, Any] = {
            "from_on": self.today.isoformat(),
            "to_on": (self.today + timedelta(days=DAYS + self.count % 10)).isoformat(),
        }
        request_id = await self.housing.request(case_id, by, needs={"avoid_municipalities": sorted(avoided)}, **days)
        until = (datetime(self.today.year, self.today.month, self.today.day, 20, tzinfo=COPENHAGEN)).isoformat()
        for org, attacker in self.attackers.items():
            if org in (by, "us") or (org == SHELTER and is_asked):
                attacker.takes_an_interest(Case(case_id, request_id, avoided, by))
        exceptions = [{"rule": rule, "reason": "No other place."} for rule in ("distance", "options")]
        if is_asked:
            asked = await self.housing.offer(
                request_id, self.decoys[self.count % 5], expires_at=until, exceptions=exceptions
            )
            await self.housing.answer(asked.json()["offer_id"], "decline", SHELTER)
        offered = await self.housing.offer(
            request_id,
            self.free[house.facility_id].pop(),
            expires_at=until,
            exceptions=exceptions if excepted or is_hostel else [],
        )
        assert offered.status_code == 201, offered.text
        if self.count % 6 == 0 or self.is_short:
            for attacker in self.attackers.values():
                await attacker.glance()
        accepted = await self.housing.answer(offered.json()["offer_id"], "accept", house.operator)
        placement_id = accepted.json()["placement_id"]
        came = await self.housing.step(placement_id, "arrive", house.operator)
        assert came.status_code == 200, came.text
        self.truth[case_id] = [house]
        return case_id, placement_id

    def zones(self, house: House) -> frozenset[str]:
        """What the attacker asks to avoid, to learn the most: all regions but two, away from the house. Which other one is left
        goes by no house, or its own word would be the sign."""
        others = [region for region in REGIONS if region != house.region]
        begin = (self.count + self.count // (2 * len(self.houses))) % 4
        wide = {others[(begin + number) % 4] for number in range(3)}
        return frozenset(code for code, each in MUNICIPALITIES.items() if each.region in wide)

    def near(self, house: House) -> frozenset[str]:
        """Municipalities of the house's own region, its own first: only by an exception can the person be there."""
        same = [code for code, each in MUNICIPALITIES.items() if each.region == house.region]
        return frozenset([house.municipality, *[code for code in same if code != house.municipality][:3]])

    async def live(self, people: int) -> None:
        """Thirty days: people come, are moved, stay longer, leave; everybody looks on."""
        there: list[tuple[str, str, House]] = []
        for day in range(0, DAYS + 1, 2):
            await self.wait_until(BEGIN + timedelta(days=day))
            while self.count < people * (day + 1) / (DAYS - 9) and self.count < people:
                house = self.houses[self.count * 7 % len(self.houses)]
                is_excepted = self.count % 8 == 5
                avoided = self.near(house) if is_excepted else self.zones(house)
                there.append((*await self.place(house, avoided=avoided, excepted=is_excepted), house))
            if day == 16:
                for case_id, placement_id, house in there[:: max(1, len(there) // 6)]:
                    await self.happen(case_id, placement_id, house)
            if day % (DAYS // LOOKS) == 0:
                await self.look()
        await self.havn.settled()
        await self.close_look()

    async def happen(self, case_id: str, placement_id: str, house: House) -> None:
        """A payer tries to have the stay made longer than the approval, and the person moves for safety, or leaves."""
        late = await self.housing.step(placement_id, "extend", "us", {"to_on": "2027-06-01", "reason": "To find out."})
        self.attackers["us"].note(late.json(), self.attackers["us"].cases[case_id])
        if house.operator != "reden":
            await self.housing.step(placement_id, "leave", house.operator, {"disappeared": True})
            return
        other = next(each for each in self.houses if each.operator == "reden" and each != house)
        said = {"reason": "safety", "avoid_municipalities": [house.municipality, "0159"]}
        moved = await self.housing.step(
            placement_id, "move", "reden", said | {"place_id": self.free[other.facility_id][-1]}
        )
        if moved.status_code == 200:
            self.free[other.facility_id].pop()
            self.truth[case_id].append(other)

    async def play_a_short_story(self, *, zones_of_one: bool) -> None:
        """Five days: one person is placed between two looks, one moves, one needs an exception, one comes to a hostel."""
        jutland = next(house for house in self.houses if house.municipality == "0751")
        hostel = next(house for house in self.houses if house.municipality == HOSTEL)
        open_regions = {jutland.region} if zones_of_one else {jutland.region, MUNICIPALITIES["0101"].region}
        avoided = frozenset(code for code, each in MUNICIPALITIES.items() if each.region not in open_regions)
        await self.look()
        case_id, placement_id = await self.place(jutland, avoided=avoided)
        await self.look()
        await self.place(jutland, avoided=self.near(jutland), excepted=True)
        await self.place(hostel, avoided=frozenset())
        await self.wait_until(self.today + timedelta(days=5))
        await self.happen(case_id, placement_id, jutland)
        assert zones_of_one or len(self.truth[case_id]) == 2, "she has moved to Copenhagen"
        await self.look()
        await self.havn.settled()
        await self.close_look()

    async def close_look(self, cases: list[str] | None = None) -> None:
        told = await self.havn.events("accommodation")
        for attacker in self.attackers.values():
            await attacker.look_closely(cases)
            await attacker.follow()
            attacker.overhears(told)
