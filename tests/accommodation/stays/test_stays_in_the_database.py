"""The last walls: PostgreSQL itself refuses two stays in one place on one night, and shows nobody what is not theirs."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Range

from tests.accommodation.case.test_merged_cases import merged, unmerged
from tests.accommodation.housing import Housing, rules_of
from tests.world import World

INSERT = "INSERT INTO stay (id, place_id, case_id, during, state) VALUES ($1, $2, $3, $4, $5)"
OWNER = True
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
@pytest.mark.row(55)
async def test_postgresql_refuses_an_overlapping_stay_past_the_service(
    havn: World, housing: Housing, as_owner: bool, state: str
) -> None:
    shelter = await housing.shelter(places=2)
    case_id = UUID(await housing.case())
    await housing.booked(await housing.case(), shelter.place_id, from_on="2026-03-10", to_on="2026-03-15")

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


async def refuses(havn: World, as_owner: bool, error: type[Exception], *values: Any) -> None:
    with pytest.raises(error):
        await insert(havn, as_owner, *values)


async def insert(
    havn: World, as_owner: bool, place_id: str, case_id: str, during: Range, state: str = "booked"
) -> None:
    values = (uuid4(), UUID(place_id), UUID(case_id), during, state)
    if as_owner:
        await havn.sql("accommodation", INSERT, *values)
    else:
        await havn.sql_as_runtime("accommodation", INSERT, *values, org="cmm")


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.row(55)
async def test_postgresql_refuses_a_second_place_of_one_person_also_under_a_merged_case(
    havn: World, housing: Housing, as_owner: bool
) -> None:
    shelter = await housing.shelter(places=2)
    first, second = await housing.case(), await housing.case()
    await housing.booked(first, shelter.place_ids[0], from_on="2026-03-10", to_on="2026-03-15")
    taken = asyncpg.ExclusionViolationError
    for state in ("held", "booked", "arrived"):
        await refuses(havn, as_owner, taken, shelter.place_ids[1], first, march(14, 16), state)
    await housing.tell(merged(second, first))
    await refuses(havn, as_owner, taken, shelter.place_ids[1], second, march(14, 16))
    await insert(havn, as_owner, shelter.place_ids[1], second, march(15, 16))
    await housing.tell(unmerged(second, first))
    await insert(havn, as_owner, shelter.place_ids[1], second, march(12, 15))


async def test_two_cases_with_a_bed_each_that_turn_out_to_be_one_person_bar_a_third(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=3)
    first, second = await housing.case(), await housing.case()
    await housing.booked(first, shelter.place_ids[0], to_on="2026-03-15")
    await housing.booked(second, shelter.place_ids[1], to_on="2026-03-20")
    await housing.tell(merged(second, first))
    rows = await havn.sql("accommodation", "SELECT is_double, person_id FROM stay ORDER BY is_double")
    assert [(row["is_double"], str(row["person_id"])) for row in rows] == [(False, first), (True, first)]
    for during in (march(9, 10), march(16, 17)):
        await refuses(havn, OWNER, asyncpg.ExclusionViolationError, shelter.place_ids[2], first, during)
    request_id = await housing.request(first, from_on="2026-03-16", to_on="2026-03-18")
    assert rules_of(await housing.offer(request_id, shelter.place_ids[2])) == ["person_elsewhere"]
    await housing.tell(unmerged(second, first))
    assert await havn.sql("accommodation", "SELECT 1 FROM stay WHERE is_double") == []


@pytest.mark.parametrize("as_owner", [True, False])
@pytest.mark.row(55)
async def test_postgresql_refuses_nights_for_which_the_facility_has_no_approval_or_not_the_place(
    havn: World, housing: Housing, as_owner: bool
) -> None:
    facility_id = await housing.facility()
    await housing.approve(facility_id, valid_until="2026-03-20")
    place_id, short = await housing.place(facility_id), await housing.place(facility_id, available_until="2026-03-12")
    case_id = await housing.case()
    outside = asyncpg.CheckViolationError
    for during in (march(19, 22), march(5, None), march(21, 22)):
        for state in ("held", "booked"):
            await refuses(havn, as_owner, outside, place_id, case_id, during, state)
    await refuses(havn, as_owner, outside, place_id, case_id, march(21, None), "arrived")
    await insert(havn, as_owner, place_id, case_id, march(19, 21))
    for during in (march(12, 14), march(10, None)):
        await refuses(havn, as_owner, outside, short, case_id, during)
    await insert(havn, as_owner, short, case_id, march(12, 13))


@pytest.mark.parametrize("as_owner", [True, False])
async def test_postgresql_refuses_a_closed_place_and_to_close_one_that_somebody_has(
    havn: World, housing: Housing, as_owner: bool
) -> None:
    shelter = await housing.shelter()
    path = f"/accommodation/v1/places/{shelter.place_id}/out-of-service"
    body = {"from_on": "2026-03-20", "to_on": "2026-03-22", "reason": "Water."}
    assert (await havn.partner("reden").post(path, body)).status_code == 201
    case_id = await housing.case()
    await refuses(havn, as_owner, asyncpg.CheckViolationError, shelter.place_id, case_id, march(21, 23))
    await insert(havn, as_owner, shelter.place_id, case_id, march(22, 23))
    closes = "INSERT INTO out_of_service (id, place_id, during, reason) VALUES ($1, $2, $3, '')"
    values = (uuid4(), UUID(shelter.place_id), march(22, 25))
    org: dict[str, Any] = {} if as_owner else {"org": "reden"}
    speak = havn.sql if as_owner else havn.sql_as_runtime
    with pytest.raises(asyncpg.ExclusionViolationError):
        await speak("accommodation", closes, *values, **org)


@pytest.mark.row(55)
async def test_postgresql_keeps_two_people_from_being_in_one_bed_and_one_in_two(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=2)
    first, second = await housing.case(), await housing.case()
    await insert(havn, OWNER, shelter.place_ids[0], first, march(9, 12), "arrived")
    await refuses(havn, OWNER, asyncpg.UniqueViolationError, shelter.place_ids[0], second, march(12, 15), "arrived")
    await refuses(havn, OWNER, asyncpg.UniqueViolationError, shelter.place_ids[1], first, march(12, 15), "arrived")


async def test_nobody_leaves_before_arriving(havn: World, housing: Housing) -> None:
    placement_id = await housing.booked(await housing.case(), (await housing.shelter()).place_id)
    await housing.step(placement_id, "arrive")
    with pytest.raises(asyncpg.CheckViolationError):
        await havn.sql("accommodation", "UPDATE placement SET left_at = arrived_at - interval '1 minute'")
