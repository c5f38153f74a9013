"""The directory holds everyone the contract names, once, with the kind that follows from the id."""

from collections import Counter
from dataclasses import FrozenInstanceError

import pytest

from shared.contract.codes import Region
from shared.contract.directory import DirectoryEntry, municipalities, organisations
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.organisations import EVERY_PARTNER, OrganisationKind, kind_of

DISTRICTS = {
    "politi-nordjylland",
    "politi-oestjylland",
    "politi-midt-og-vestjylland",
    "politi-sydoestjylland",
    "politi-syd-og-soenderjylland",
    "politi-fyn",
    "politi-sydsjaelland-og-lolland-falster",
    "politi-midt-og-vestsjaelland",
    "politi-nordsjaelland",
    "politi-koebenhavns-vestegn",
    "politi-koebenhavn",
    "politi-bornholm",
}


def entry(org_id: str) -> DirectoryEntry:
    (found,) = (known for known in organisations() if known.id == org_id)
    return found


def test_every_organisation_stands_once() -> None:
    assert [org_id for org_id, times in Counter(known.id for known in organisations()).items() if times > 1] == []
    assert len({known.name for known in organisations()}) == len(organisations())


def test_the_kinds_have_as_many_members_as_the_contract_names() -> None:
    assert Counter(known.kind for known in organisations()) == {
        OrganisationKind.NATIONAL_CENTRE: 1,
        OrganisationKind.IMMIGRATION_AUTHORITY: 1,
        OrganisationKind.POLICE: 13,
        OrganisationKind.PROSECUTION: 1,
        OrganisationKind.NGO: 7,
        OrganisationKind.MUNICIPALITY: 98,
        OrganisationKind.HEALTH: 4,
        OrganisationKind.LABOUR: 3,
        OrganisationKind.SUPERVISION: 5,
        OrganisationKind.RETURN_ORGANISATION: 1,
        OrganisationKind.OTHER: 1,
    }


def test_the_twelve_police_districts_and_the_national_unit_are_in() -> None:
    police = {known.id for known in organisations() if known.kind is OrganisationKind.POLICE}
    assert police == DISTRICTS | {"politi-nsk"}


def test_no_organisation_that_a_token_can_name_by_its_own_id_is_missing() -> None:
    named = {org_id for org_id in EVERY_PARTNER if not org_id.endswith("*")}
    assert named <= {known.id for known in organisations()}


def test_the_kind_is_the_one_that_a_token_of_the_organisation_gets() -> None:
    assert all(known.kind is kind_of(known.id) for known in organisations())


def test_a_municipality_is_an_organisation_with_its_code_and_region() -> None:
    assert entry("kommune-0751") == DirectoryEntry(
        id="kommune-0751",
        kind=OrganisationKind.MUNICIPALITY,
        name="Aarhus Kommune",
        region=Region.MIDTJYLLAND,
        municipality_code="0751",
    )
    assert [known.municipality_code for known in municipalities()] == list(MUNICIPALITIES)


def test_municipalities_that_do_not_call_themselves_by_the_plain_name_keep_theirs() -> None:
    assert entry("kommune-0101").name == "Københavns Kommune"
    assert entry("kommune-0400").name == "Bornholms Regionskommune"


def test_the_supervision_has_one_seat_in_each_region() -> None:
    seats = {known.region for known in organisations() if known.kind is OrganisationKind.SUPERVISION}
    assert seats == set(Region)
    assert entry("socialtilsyn-oest").region_name == "Sjælland"


def test_who_serves_the_whole_country_has_no_region() -> None:
    assert entry("cmm").region is None
    assert entry("politi-nsk").region_name is None


def test_only_municipalities_have_a_municipality_code() -> None:
    others = [known for known in organisations() if known.kind is not OrganisationKind.MUNICIPALITY]
    assert [known.id for known in others if known.municipality_code is not None] == []


def test_nobody_can_change_an_entry() -> None:
    with pytest.raises(FrozenInstanceError):
        entry("cmm").name = "Someone else"  # type: ignore[misc]
