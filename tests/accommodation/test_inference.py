"""A referrer, a shelter, a municipality and US, each combining all that it may call over 30 days, try to name the region or the
facility of people who are placed in secret: none is named.

`make test` lives with sixteen people; HAVN_SECRETS=200 with two hundred."""

import pytest

from tests.accommodation.attacker import learned, named
from tests.accommodation.housing import Housing
from tests.accommodation.secret_lives import REGIONS, SECRETS, WHERE, Life
from tests.world import World


@pytest.fixture(scope="module")
async def life(house_of_all: World) -> Life:
    await house_of_all.forget_everything()
    life = Life(house_of_all, Housing(house_of_all))
    moved_to = {"0101": 4, "0751": 4}
    each = -(-SECRETS // len(WHERE))
    await life.begin({code: (operator, each + moved_to.get(code, 0)) for code, operator in WHERE.items()})
    await life.live(SECRETS)
    return life


@pytest.mark.slow
@pytest.mark.row(66)
async def test_nobody_s_region_or_facility_is_named(life: Life) -> None:
    assert len(life.truth) == SECRETS
    attackers = list(life.attackers.values())
    assert all(len(attacker.cases) >= SECRETS // 4 for attacker in attackers), "each has to do with some of them"
    assert all(any(case.is_placed for case in attacker.cases.values()) for attacker in attackers)
    assert all(attacker.events for attacker in attackers), "each is given events by the feeds"
    us = life.attackers["us"]
    regions = {value for case in us.cases.values() for path, value in case.seen if path == "items[].region"}
    assert regions == set(REGIONS), "who pays knows the region: it has looked where something is said"
    assert named(attackers, life.truth) == {}
    assert learned(attackers, life.truth) == []
