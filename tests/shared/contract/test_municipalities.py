"""The 98 municipalities are the real ones, and each lies in one region."""

from collections import Counter
from dataclasses import FrozenInstanceError

import pytest

from shared.contract.codes import Region
from shared.contract.municipalities import (
    MUNICIPALITIES,
    REGION_NAMES,
    UnknownMunicipality,
    is_municipality,
    municipality,
    region_of,
)


def test_there_are_98_municipalities_with_unique_codes_and_names() -> None:
    assert len(MUNICIPALITIES) == 98
    assert len({place.name for place in MUNICIPALITIES.values()}) == 98
    assert all(len(code) == 4 and code.isdecimal() and place.code == code for code, place in MUNICIPALITIES.items())


def test_the_regions_have_as_many_municipalities_as_the_statistical_yearbook_says() -> None:
    assert Counter(place.region for place in MUNICIPALITIES.values()) == {
        Region.HOVEDSTADEN: 29,
        Region.SJAELLAND: 17,
        Region.SYDDANMARK: 22,
        Region.MIDTJYLLAND: 19,
        Region.NORDJYLLAND: 11,
    }


@pytest.mark.parametrize(
    ("code", "name", "region"),
    [
        ("0101", "København", "Hovedstaden"),
        ("0147", "Frederiksberg", "Hovedstaden"),
        ("0253", "Greve", "Sjælland"),
        ("0400", "Bornholm", "Hovedstaden"),
        ("0461", "Odense", "Syddanmark"),
        ("0607", "Fredericia", "Syddanmark"),
        ("0615", "Horsens", "Midtjylland"),
        ("0751", "Aarhus", "Midtjylland"),
        ("0773", "Morsø", "Nordjylland"),
        ("0851", "Aalborg", "Nordjylland"),
    ],
)
def test_a_code_gives_the_name_and_the_region(code: str, name: str, region: str) -> None:
    assert municipality(code).name == name
    assert municipality(code).region_name == region
    assert region_of(code) is municipality(code).region


@pytest.mark.parametrize("code", ["0411", "101", "751", "0000", "", "kommune-0101"])
def test_christiansoe_and_what_is_no_code_are_not_municipalities(code: str) -> None:
    assert not is_municipality(code)
    with pytest.raises(UnknownMunicipality):
        region_of(code)


def test_every_region_has_its_danish_name() -> None:
    assert dict(REGION_NAMES) == {
        Region("1081"): "Nordjylland",
        Region("1082"): "Midtjylland",
        Region("1083"): "Syddanmark",
        Region("1084"): "Hovedstaden",
        Region("1085"): "Sjælland",
    }


def test_nobody_can_change_a_municipality() -> None:
    with pytest.raises(FrozenInstanceError):
        municipality("0101").name = "Elsewhere"  # type: ignore[misc]
