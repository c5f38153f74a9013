"""A Danish citizen stays by right, and an asylum case goes on, whatever a paper says that ends."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, ResidenceBasis
from shared.contract.events import CaseOpened, PersonDescribed
from tests.accommodation.housing import Housing, decision, opening, routing
from tests.accommodation.stays.test_payer_history import answered, status
from tests.world import World

PAPER_HAD_ENDED = {"residence_valid_until": date(2026, 2, 20)}
DANISH: list[tuple[str, ...]] = [("DNK",), ("DNK", "THA"), ("THA", "GRL"), ("FRO",)]
SAID_OF_THE_STAY = [each for each in ResidenceBasis if each is not ResidenceBasis.ASYLUM_SEEKER]


def of_citizens(citizenships: tuple[str, ...], basis: ResidenceBasis = ResidenceBasis.VISA, **more: Any) -> CaseOpened:
    return opening(basis=basis, municipality="0461").model_copy(update={"citizenships": citizenships, **more})


def described(opened: CaseOpened, citizenships: tuple[str, ...], at: datetime | None = None) -> PersonDescribed:
    return PersonDescribed(
        case_id=opened.case_id,
        occurred_at=at or datetime.now(UTC),
        gender=opened.gender,
        age_group=opened.age_group,
        age_group_at_exploitation=None,
        citizenships=citizenships,
        residence_basis=opened.residence_basis,
    )


async def row(housing: Housing, opened: CaseOpened) -> str:
    return str((await housing.ask(str(opened.case_id))).json()["responsibility"]["row"])


@pytest.mark.parametrize("basis", SAID_OF_THE_STAY)
async def test_a_decided_citizen_is_the_municipalitys_whatever_is_said_of_the_stay(
    housing: Housing, basis: ResidenceBasis
) -> None:
    opened = of_citizens(("DNK",), basis, **PAPER_HAD_ENDED)
    await housing.tell(opened, decision(opened.case_id, legal_status=basis))
    assert await row(housing, opened) == "A3"


@pytest.mark.parametrize("citizenships", DANISH)
async def test_us_houses_no_danish_girl_whose_other_passports_visa_has_ended(
    havn: World, housing: Housing, citizenships: tuple[str, ...]
) -> None:
    """SC04: US never receives anything about her."""
    opened = of_citizens(citizenships, age_group=AgeGroup.MINOR, **PAPER_HAD_ENDED)
    await housing.tell(opened, status(str(opened.case_id), ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 1)))
    assert await row(housing, opened) == "C2"
    of_case = f"/accommodation/v1/placement-requests?case_id={opened.case_id}&purpose=accommodation"
    assert (await havn.partner("us").get(of_case)).json()["items"] == []


async def test_who_is_found_to_be_a_citizen_is_us_s_no_more_from_that_day(havn: World, housing: Housing) -> None:
    opened = of_citizens(("THA",), ResidenceBasis.NO_LEGAL_STAY)
    await housing.tell(
        opened,
        routing(opened.case_id, Authority.US),
        decision(opened.case_id, Authority.US, legal_status=ResidenceBasis.NO_LEGAL_STAY),
    )
    placement_id = await housing.there(str(opened.case_id), (await housing.shelter()).place_id)
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    await housing.tell(
        routing(opened.case_id, Authority.CMM), described(opened, ("DNK",), datetime(2026, 3, 20, 11, tzinfo=UTC))
    )
    us, municipality = ("2026-03-09", "B3", "US", "US"), ("2026-03-20", "A3", "municipality", "municipality")
    assert await answered(havn, placement_id) == [us, municipality]
    assert await row(housing, opened) == "A3"
    await havn.set_clock("2026-03-25T12:00:00+01:00")
    await housing.tell(described(opened, ("THA",), datetime(2026, 3, 25, 11, tzinfo=UTC)))
    again = ("2026-03-25", "B3", "US", "US")
    assert await answered(havn, placement_id) == [us, municipality, again], "it was an error"


async def test_one_description_may_say_gender_and_citizenship(havn: World, housing: Housing) -> None:
    opened = of_citizens(("THA",), ResidenceBasis.NO_LEGAL_STAY)
    await housing.tell(opened, decision(opened.case_id, legal_status=ResidenceBasis.NO_LEGAL_STAY))
    placement_id = await housing.booked(str(opened.case_id), (await housing.shelter()).place_id)
    await havn.set_clock("2026-03-10T12:00:00+01:00")
    both = described(opened, ("DNK",), datetime(2026, 3, 10, 11, tzinfo=UTC))
    await housing.tell(both.model_copy(update={"gender": Gender.MAN}))
    assert [row for _, row, *_ in await answered(havn, placement_id)] == ["B3", "A3"]


@pytest.mark.parametrize(("gender", "expected"), [(Gender.WOMAN, "B1"), (Gender.MAN, "B2")])
async def test_no_paper_that_ends_ends_an_asylum_case(
    havn: World, housing: Housing, gender: Gender, expected: str
) -> None:
    """Said by the routing of the opening, and by a later status."""
    for how in ("opening", "status"):
        await havn.set_clock("2026-03-09T12:00:00+01:00")
        until = {"residence_valid_until": date(2026, 3, 31)} if how == "opening" else {}
        opened = opening(gender).model_copy(update=until)
        await housing.tell(opened, routing(opened.case_id, Authority.US).model_copy(update={"rule": "R2"}))
        if how == "status":
            later = status(str(opened.case_id), ResidenceBasis.VISA, date(2026, 3, 9), asylum=True)
            await housing.tell(later.model_copy(update={"valid_until": date(2026, 3, 31)}))
        shelter = await housing.shelter(
            accepts={"genders": ["woman", "man"]}, kind="asylum_centre", operator="roede-kors"
        )
        placement_id = await housing.booked(
            str(opened.case_id), shelter.place_id, operator="roede-kors", to_on="2026-06-01"
        )
        await havn.set_clock("2026-04-02T12:00:00+02:00")
        assert [row for _, row, *_ in await answered(havn, placement_id)] == [expected], how
        over = status(str(opened.case_id), ResidenceBasis.NO_LEGAL_STAY, date(2026, 4, 2))
        await housing.tell(over.model_copy(update={"occurred_at": datetime(2026, 4, 2, 10, tzinfo=UTC)}))
        assert [row for _, row, *_ in await answered(havn, placement_id)] == [expected, "B3"], "the asylum case is over"


async def test_a_citizenship_that_was_an_error_leaves_the_paper_to_end_on_its_day(
    havn: World, housing: Housing
) -> None:
    opened = of_citizens(("DNK",), residence_valid_until=date(2026, 3, 31))
    await housing.tell(opened)
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    await housing.tell(described(opened, ("THA",), datetime(2026, 3, 20, 11, tzinfo=UTC)))
    assert await row(housing, opened) == "D"
    await havn.set_clock("2026-04-02T12:00:00+02:00")
    assert await row(housing, opened) == "B3"
