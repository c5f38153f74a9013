"""A person takes consent back: where they are housed is no longer told to whom it was told by a referral or a request."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from shared.contract.codes import Authority, Purpose
from shared.contract.events import ConsentGiven, ConsentWithdrawn
from tests.accommodation.case.test_merged_cases import merged
from tests.accommodation.housing import Housing, part_ended
from tests.accommodation.stays.test_stays import placements
from tests.world import World

POLICE = "politi-oestjylland"


def withdrawn(case_id: str, org: str = POLICE, *, may_still_know: bool = False) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        case_id=UUID(case_id),
        occurred_at=datetime(2026, 3, 9, 11, 30, tzinfo=UTC),
        consent_id=uuid4(),
        recipient=org,
        purpose=Purpose.INVESTIGATION,
        may_still_know=may_still_know,
    )


def given(case_id: str, org: str = POLICE) -> ConsentGiven:
    return ConsentGiven(
        case_id=UUID(case_id),
        occurred_at=datetime(2026, 3, 9, 11, 40, tzinfo=UTC),
        consent_id=uuid4(),
        recipient=org,
        purpose=Purpose.INVESTIGATION,
    )


@pytest.mark.row(42)
async def test_the_referrer_no_longer_learns_whether_the_person_is_placed(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    await housing.booked(case_id, shelter.place_id)
    of_the_operator = await placements(havn, "reden", case_id)
    assert await placements(havn, POLICE, case_id) == [{"booked": True}]
    await housing.tell(withdrawn(case_id))
    assert await placements(havn, POLICE, case_id) == 404
    assert (await housing.ask(case_id, POLICE)).status_code == 404, "nor can it ask for a place for the person"
    assert len(await placements(havn, "cmm", case_id)) == 1
    assert await placements(havn, "reden", case_id) == of_the_operator, "to who houses the person nothing changes"
    await housing.tell(given(case_id))
    assert await placements(havn, POLICE, case_id) == [{"booked": True}]


async def test_what_it_had_asked_for_itself_is_closed_too(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id, POLICE)
    police = havn.partner(POLICE)
    assert (
        await police.get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
    ).status_code == 200
    await housing.tell(withdrawn(case_id))
    assert (
        await police.get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
    ).status_code == 404
    assert await placements(havn, POLICE, case_id) == 404


async def test_a_further_referral_is_a_case_of_its_own_and_brings_nothing_of_this_one_back(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    await housing.booked(case_id, shelter.place_id)
    await housing.tell(withdrawn(case_id))
    again = await housing.case()
    assert await placements(havn, POLICE, again) == []
    await housing.tell(merged(again, case_id))
    assert await placements(havn, POLICE, again) == []
    assert await placements(havn, POLICE, case_id) == 404
    await housing.tell(given(case_id))
    assert await placements(havn, POLICE, case_id) == [{"booked": True}]


async def test_a_consent_gives_no_part_back_that_has_ended(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    await housing.booked(case_id, shelter.place_id)
    await housing.tell(withdrawn(case_id), part_ended(case_id, POLICE), given(case_id))
    assert await placements(havn, POLICE, case_id) == 404


async def test_what_another_leave_or_the_law_covers_stays(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case(routed_to=Authority.US)
    await housing.booked(case_id, shelter.place_id)
    await housing.tell(withdrawn(case_id, may_still_know=True), withdrawn(case_id, "us"))
    assert await placements(havn, POLICE, case_id) == [{"booked": True}]
    assert len(await placements(havn, "us", case_id)) == 1
