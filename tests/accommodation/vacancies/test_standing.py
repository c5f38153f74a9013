"""How places stand on some nights: approved, and as whoever asks may see them."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Range
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.accommodation.case.nights import Nights, nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.vacancies import repository
from shared.contract.codes import Gender
from shared.contract.organisations import OrganisationKind
from shared.identity.actor import Actor, Assurance, Role
from tests.accommodation.housing import Housing
from tests.world import World

APPROVED = """INSERT INTO approval (id, facility_id, supervision, during, recorded_by, recorded_at, reference)
    VALUES (gen_random_uuid(), $1, 'socialtilsyn-midt', $2, 'cmm', now(), '')"""
NGO = Actor("hopenow", OrganisationKind.NGO, "s", "c", frozenset({Role.CASEWORKER}), frozenset(), Assurance.SUBSTANTIAL)


async def _is_approved(havn: World, housing: Housing, place_id: str, stay: Nights) -> bool:
    """Whether it is, among all places; by itself it must be the same."""
    case_id = UUID(await housing.case())
    async with havn.application.databases["accommodation"].transaction(Actor.system("accommodation")) as work:
        (among_all,) = await repository.candidates(work, stay)
        place, facility = await facilities.place_of(work, UUID(place_id))
        alone = await repository.one_for(work, case_id, stay, place=place, facility=facility, but_for=None)
    assert among_all.is_approved is alone.is_approved
    return alone.is_approved


@pytest.mark.parametrize(
    ("approvals", "stay", "is_covered"),
    [
        ([("01", "06")], ("02", "06"), True),
        ([("01", "06")], ("02", "07"), False),
        ([("03", "06")], ("02", "05"), False),
        ([("03", "06"), ("01", "03")], ("02", "06"), True),
        ([("01", "03"), ("04", "06")], ("02", "06"), False),
        ([("01", None)], ("02", "12"), True),
        ([("01", "06")], ("02", None), True),
        ([("01", "02")], ("02", None), False),
        ([], ("02", "03"), False),
    ],
)
async def test_approvals_cover_a_stay_when_one_follows_the_other_without_a_gap(
    havn: World,
    housing: Housing,
    approvals: list[tuple[str, str | None]],
    stay: tuple[str, str | None],
    *,
    is_covered: bool,
) -> None:
    facility_id = await housing.facility()
    place_id = await housing.place(facility_id)
    for begin, end in approvals:
        await havn.sql("accommodation", APPROVED, UUID(facility_id), Range(_day(begin), _day(end)))
    assert await _is_approved(havn, housing, place_id, nights(_day(stay[0]), _day(stay[1]))) is is_covered


_spans = st.tuples(st.integers(1, 20), st.integers(1, 10)).map(lambda span: (span[0], span[0] + span[1]))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(approvals=st.lists(_spans, max_size=5), stay=_spans)
async def test_a_stay_is_approved_exactly_when_each_of_its_nights_is(
    havn: World, housing: Housing, approvals: list[tuple[int, int]], stay: tuple[int, int]
) -> None:
    await havn.forget_everything()
    facility_id = await housing.facility()
    place_id = await housing.place(facility_id)
    for begin, end in approvals:
        during = Range(date(2026, 1, begin), date(2026, 1, end))
        await havn.sql("accommodation", APPROVED, UUID(facility_id), during)
    approved_nights = {night for begin, end in approvals for night in range(begin, end)}
    expected = set(range(*stay)) <= approved_nights
    asked = nights(date(2026, 1, stay[0]), date(2026, 1, stay[1]))
    assert await _is_approved(havn, housing, place_id, asked) is expected


def _day(month: str | None) -> date | None:
    return date(2026, int(month), 1) if month else None


async def test_another_facility_s_approval_is_none(havn: World, housing: Housing) -> None:
    place_id = await housing.place(await housing.facility())
    other = await housing.facility(accepts={"genders": [Gender.MAN]})
    await housing.approve(other)
    assert not await _is_approved(havn, housing, place_id, nights(date(2026, 3, 9), date(2026, 3, 12)))


async def test_the_database_itself_gives_no_secret_place_to_who_may_not_know_it(havn: World, housing: Housing) -> None:
    """The function that says how all places stand works as whoever asks."""
    secret, known = await housing.shelter(secret_address=True), await housing.shelter()
    seen: dict[str, set[Any]] = {}
    for actor in (NGO, Actor.system("accommodation")):
        async with havn.application.databases["accommodation"].transaction(actor) as work:
            asked = func.places_alike(Range(date(2026, 3, 9), None), work.now, None, None)
            rows = await work.session.execute(select(func.to_jsonb(asked)))
            seen[actor.org] = {str(row[0]) for row in rows}
    assert known.place_id in str(seen["hopenow"])
    assert secret.place_id not in str(seen["hopenow"])
    assert secret.place_id in str(seen["havn"])
