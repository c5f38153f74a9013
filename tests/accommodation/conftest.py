"""A Havn whose clock stands at noon on Monday 2026-03-09, and the stories of housing told in it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.accommodation.housing import Housing
    from tests.world import World


@pytest.fixture
async def housing(havn: "World") -> "Housing":
    from tests.accommodation.housing import NOW, Housing

    await havn.set_clock(NOW)
    return Housing(havn)
