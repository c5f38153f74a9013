"""The attacker finds what there is to find: take a rule away, and somebody in a secret place is named. In a file of its own, as
`test_inference` empties the Havn that these tests share."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import true

from services.accommodation.deadlines import domain as deadlines
from services.accommodation.deadlines import queries as deadline_queries
from services.accommodation.deadlines import repository as deadline_rows
from services.accommodation.facilities import visibility as who
from services.accommodation.offers import views
from services.accommodation.placements import requests
from services.accommodation.placements.schemas import Needs, SealedNeeds
from shared.contract import visibility
from shared.contract.visibility import Aspect, Part
from tests.accommodation.attacker import named
from tests.accommodation.housing import Housing
from tests.accommodation.secret_lives import HOSTEL, WHERE, Life
from tests.world import World


def _parts(monkeypatch: pytest.MonkeyPatch, part: Part, aspect: Aspect) -> None:
    monkeypatch.setitem(visibility.PARTS, part, visibility.PARTS[part] | {aspect})  # type: ignore[arg-type]


def a_requester_knows_secret_places(monkeypatch: pytest.MonkeyPatch) -> None:
    _parts(monkeypatch, Part.REQUESTER, Aspect.HIDDEN_PLACEMENT)


def a_payer_knows_secret_places(monkeypatch: pytest.MonkeyPatch) -> None:
    _parts(monkeypatch, Part.PAYER, Aspect.HIDDEN_PLACEMENT)


def what_was_excepted_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    see_offer = views.see_offer

    def shown(offer: Any, stay: Any, **more: Any) -> Any:
        return see_offer(offer, stay, **more).model_copy(update={"exceptions": offer.exceptions})

    monkeypatch.setattr(views, "see_offer", shown)


def what_a_move_has_added_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    as_asked = SealedNeeds.as_asked

    def shown(needs: SealedNeeds) -> Needs:
        said = as_asked(needs)
        return said.model_copy(update={"avoid_municipalities": [*said.avoid_municipalities, *needs.avoided_since]})

    monkeypatch.setattr(SealedNeeds, "as_asked", shown)
    monkeypatch.setattr(SealedNeeds, "said", shown)


def whose_answer_is_awaited_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline_queries, "knows_place", lambda *_, **__: true())


def a_notice_says_where_the_hostel_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    facility_of = deadline_rows.facility_of

    async def where(work: Any, placement: Any) -> Any:
        facility, acting = await facility_of(work, placement)
        return facility, acting or facility.municipality

    monkeypatch.setattr(deadlines.repository, "facility_of", where)


def secret_places_are_counted_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who, "knows", lambda *_: true())


def secret_places_are_counted_as_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who, "counts", lambda *_: true())


def anything_may_be_avoided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_check_zones", lambda *_: None)


PLANTED: list[Callable[[pytest.MonkeyPatch], None]] = [
    a_requester_knows_secret_places,
    a_payer_knows_secret_places,
    what_was_excepted_is_shown,
    what_a_move_has_added_is_shown,
    whose_answer_is_awaited_is_shown,
    a_notice_says_where_the_hostel_lies,
    secret_places_are_counted_as_free,
    secret_places_are_counted_as_taken,
    anything_may_be_avoided,
]


@pytest.fixture(scope="module")
async def short_life(house_of_all: World) -> Life:
    """Three facilities, with places for a story for each rule that is taken away."""
    await house_of_all.forget_everything()
    life = Life(house_of_all, Housing(house_of_all), is_short=True)
    number = len(PLANTED) + 1
    await life.begin({"0101": ("reden", number), "0751": ("reden", 2 * number), HOSTEL: (WHERE[HOSTEL], number)})
    return life


def forget_statements() -> None:
    """What is made once for all who are alike was made by the rules of that time: every statement; who may know what, too."""
    visibility._may_know.cache_clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("services.accommodation."):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()


@pytest.fixture(autouse=True)
def no_leak_is_left() -> Iterator[None]:
    yield
    forget_statements()


@pytest.mark.slow
@pytest.mark.row(66)
@pytest.mark.parametrize("leak", [None, *PLANTED], ids=lambda leak: leak.__name__ if leak else "none")
async def test_the_attacker_names_somebody_where_a_rule_is_taken_away(
    short_life: Life, monkeypatch: pytest.MonkeyPatch, leak: Callable[[pytest.MonkeyPatch], None] | None
) -> None:
    life = short_life
    life.come()
    if leak:
        leak(monkeypatch)
    forget_statements()
    await life.play_a_short_story(zones_of_one=leak is anything_may_be_avoided)
    found = named(list(life.attackers.values()), life.truth)
    assert bool(found) is bool(leak), found
