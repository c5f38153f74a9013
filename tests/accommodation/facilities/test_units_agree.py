"""Whoever asks about a place in a unit, and however, is answered alike: among all places, by itself, and by the database."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Range
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.accommodation.case.codes import FacilityKind
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.models import Facility, Unit
from services.accommodation.placements.codes import FitRule
from services.accommodation.placements.matching import facility_against
from services.accommodation.placements.schemas import Needs
from shared.contract.codes import Gender, Region
from tests.accommodation.facilities.test_units import STAY, WIDE, unit
from tests.accommodation.housing import LATER, NOW, Housing
from tests.world import World

_genders = st.sampled_from([["woman"], ["man"], ["woman", "man"], ["trans_woman", "woman"]])
_securities = st.sampled_from(list(Security))
_maybe = st.none() | st.booleans()
_units = st.builds(
    lambda **said: Unit(**said),
    facility_id=st.just(uuid4()),
    genders=st.none() | _genders.map(lambda codes: [Gender(code) for code in codes]),
    minors=_maybe,
    families=_maybe,
    wheelchair=_maybe,
    lgbt_safe=_maybe,
    security=st.none() | _securities,
)
_facilities = st.builds(
    lambda **said: Facility(**said),
    kind=st.just(FacilityKind.CRISIS_CENTRE),
    operator=st.just("reden"),
    region=st.just(Region.MIDTJYLLAND),
    municipality=st.just("0751"),
    secret_address=st.booleans(),
    languages=st.just(["dan"]),
    genders=_genders.map(lambda codes: [Gender(code) for code in codes]),
    minors=st.booleans(),
    families=st.booleans(),
    wheelchair=st.booleans(),
    lgbt_safe=st.booleans(),
    security=_securities,
)
_needs = st.builds(
    Needs,
    gender=st.sampled_from([Gender.WOMAN, Gender.MAN, Gender.TRANS_WOMAN, Gender.UNKNOWN]),
    minor=st.booleans(),
    children=st.sampled_from([0, 1]),
    wheelchair=st.booleans(),
    lgbt_safe=st.booleans(),
    security=_securities,
)


@given(facility=_facilities, unit=_units, needs=_needs)
def test_a_unit_takes_in_whom_the_facility_does_and_it_does_itself(
    facility: Facility, unit: Unit, needs: Needs
) -> None:
    """A facility that were as the unit says, and as the facility where it says nothing, is the second opinion."""
    said = {
        name: value for name, value in unit.model_dump().items() if value is not None and name in Facility.model_fields
    }
    itself = Facility(**facility.model_dump() | said)
    both = [facility_against(each, needs=needs, options=None) for each in (facility, itself)]
    within = facility_against(unit.within(facility), needs=needs, options=None)
    assert within == [rule for rule in FitRule if any(rule in each for each in both)]


_first = date(2026, 3, 9)
_days = st.tuples(st.none() | st.integers(-2, 6), st.none() | st.integers(0, 6)).map(
    lambda found: {
        "available_from": None if found[0] is None else (_first + timedelta(days=found[0])).isoformat(),
        "available_until": None
        if found[1] is None
        else (_first + timedelta(days=max(found[0] if found[0] is not None else 0, 0) + found[1])).isoformat(),
    }
)
_described = st.fixed_dictionaries(
    {
        "accepts": st.fixed_dictionaries(
            {},
            optional={
                "genders": st.sampled_from([["woman"], ["man"]]),
                "minors": st.booleans(),
                "families": st.booleans(),
                "wheelchair": st.booleans(),
                "security": st.sampled_from(["none", "raised", "high"]),
            },
        ),
        "days": _days,
        "of_the_place": _days,
    }
)
_asked = st.fixed_dictionaries(
    {
        "children": st.sampled_from([0, 2]),
        "wheelchair": st.booleans(),
        "security": st.sampled_from(["none", "raised", "high"]),
    }
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(units=st.lists(_described, min_size=1, max_size=4), needs=_asked, length=st.none() | st.integers(1, 6))
async def test_matches_one_place_and_the_database_say_the_same_of_places_in_units(
    havn: World, housing: Housing, units: list[dict[str, Any]], needs: dict[str, Any], length: int | None
) -> None:
    """Among all places, by itself, and as the database refuses it; beside an oracle that reads what was registered."""
    await havn.forget_everything()
    await havn.set_clock(NOW)
    facility_id = await housing.facility(accepts=WIDE)
    await housing.approve(facility_id, valid_until=None)
    places: dict[str, dict[str, Any]] = {}
    for number, said in enumerate(units):
        made = await unit(havn, facility_id, str(number), accepts=said["accepts"], **said["days"])
        assert made.status_code == 201, made.text
        places[await housing.place(facility_id, unit=str(number), **said["of_the_place"])] = said
    places[await housing.place(facility_id)] = {"accepts": {}, "days": {}, "of_the_place": {}}
    to_on = (_first + timedelta(days=length)).isoformat() if length else None
    case_id = await housing.case()
    request_id = await housing.request(case_id, needs=needs, from_on=_first.isoformat(), to_on=to_on)
    expected = {place_id: _oracle(said, needs, to_on) for place_id, said in places.items()}
    found = await housing.matches(request_id)
    assert {each["place_id"] for each in found["items"]} == {each for each, rules in expected.items() if not rules}
    assert found["excluded"] == Counter(rules[0] for rules in expected.values() if rules)
    for place_id, rules in expected.items():
        path = f"/accommodation/v1/placement-requests/{request_id}/places/{place_id}"
        checked = (await havn.partner("cmm").get(path)).json()
        assert [rule["rule"] for rule in checked["rules"] if not rule["passes"]] == rules
        assert await _is_outside_for_the_database(havn, place_id, case_id, to_on) is ("place_dates" in rules)
    fits = next(each for each, rules in expected.items() if not rules)
    assert (await housing.offer(request_id, fits, expires_at=LATER)).status_code == 201


def _oracle(said: dict[str, Any], needs: dict[str, Any], to_on: str | None) -> list[str]:
    accepts, order = said["accepts"], ("none", "raised", "high")
    last = date.fromisoformat(to_on) - timedelta(days=1) if to_on else date.max
    begins = [each["available_from"] for each in (said["days"], said["of_the_place"]) if each.get("available_from")]
    ends = [each["available_until"] for each in (said["days"], said["of_the_place"]) if each.get("available_until")]
    speaks = {
        "gender": "woman" not in accepts.get("genders", ["woman"]),
        "families": needs["children"] > 0 and accepts.get("families") is False,
        "wheelchair": needs["wheelchair"] and accepts.get("wheelchair") is False,
        "security": order.index(accepts.get("security", "high")) < order.index(needs["security"]),
        "place_dates": any(_first < date.fromisoformat(each) for each in begins)
        or any(date.fromisoformat(each) < last for each in ends),
    }
    return [rule for rule, holds in speaks.items() if holds]


async def _is_outside_for_the_database(havn: World, place_id: str, case_id: str, to_on: str | None) -> bool:
    during = Range(_first, date.fromisoformat(to_on) if to_on else None)
    stay_id = uuid4()
    try:
        await havn.sql("accommodation", STAY, stay_id, UUID(place_id), UUID(case_id), during, "booked")
    except asyncpg.CheckViolationError as error:
        return error.constraint_name == "stay_within_place_dates"
    await havn.sql("accommodation", "DELETE FROM stay WHERE id = $1", stay_id)
    return False
