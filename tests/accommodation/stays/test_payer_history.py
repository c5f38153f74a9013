"""Who answers for a placed person follows the legal status, from its day on; where the person is does not."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, Outcome, ResidenceBasis
from shared.contract.events import CaseMerged, DecisionReplaced, LegalStatusChanged, PersonDescribed
from tests.accommodation.housing import Housing, decision, opening, routing
from tests.world import World


def status(
    case_id: str, basis: ResidenceBasis, on: date, *, asylum: bool = False, told: datetime | None = None
) -> LegalStatusChanged:
    return LegalStatusChanged(
        case_id=UUID(case_id),
        occurred_at=told or datetime.now(UTC),
        residence_basis=basis,
        valid_from=on,
        valid_until=None,
        asylum_pending=asylum,
        unpermitted_work=False,
    )


async def answered(havn: World, placement_id: str, org: str = "cmm") -> list[tuple[str, str, str, str]]:
    read = await havn.partner(org).get(
        f"/accommodation/v1/placements/{placement_id}/responsibility", purpose="accommodation"
    )
    assert read.status_code == 200, read.text
    return [tuple(item[name] for name in ("from_on", "row", "authority", "payer")) for item in read.json()["items"]]


@pytest.fixture
async def placed(housing: Housing) -> tuple[str, str]:
    """A woman with a visa, assessed as trafficked, has a place at a shelter from 2026-03-09."""
    case_id = await housing.case(routed_to=Authority.CMM)
    await housing.tell(decision(case_id))
    return case_id, await housing.booked(case_id, (await housing.shelter()).place_id)


async def test_nothing_has_turned(havn: World, placed: tuple[str, str]) -> None:
    assert await answered(havn, placed[1]) == [("2026-03-09", "A1", "CMM", "CMM")]


async def test_a_legal_status_turns_it_from_its_day_and_the_placement_stays(
    havn: World, housing: Housing, placed: tuple[str, str]
) -> None:
    case_id, placement_id = placed
    before = await where(havn, placement_id)
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 4, 1)))
    await housing.tell(status(case_id, ResidenceBasis.ASYLUM_SEEKER, date(2026, 5, 1), asylum=True))
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 6, 1)))
    assert await answered(havn, placement_id) == [
        ("2026-03-09", "A1", "CMM", "CMM"),
        ("2026-04-01", "B3", "US", "US"),
        ("2026-05-01", "B1", "US", "US"),
        ("2026-06-01", "A1", "CMM", "CMM"),
    ]
    assert await where(havn, placement_id) == before


async def where(havn: World, placement_id: str) -> dict[str, Any]:
    read = await havn.partner("cmm").get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
    told: dict[str, Any] = read.json()
    return told


async def test_of_two_from_one_day_the_one_told_last_holds(
    havn: World, housing: Housing, placed: tuple[str, str]
) -> None:
    case_id, placement_id = placed
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 4, 1)))
    await housing.tell(status(case_id, ResidenceBasis.VISA_FREE, date(2026, 4, 1)))
    assert await answered(havn, placement_id) == [("2026-03-09", "A1", "CMM", "CMM")]


async def test_what_is_recorded_in_the_very_instant_of_the_request_counts(havn: World, housing: Housing) -> None:
    """A clock that stands still tells nobody which of the two came first; what was known already is only said once more."""
    instant = datetime(2026, 3, 9, 11, tzinfo=UTC)
    await havn.set_clock(instant.isoformat())
    case_id = await housing.case(basis=ResidenceBasis.RESIDENCE_PERMIT, routed_to=Authority.CMM)
    placement_id = await housing.booked(case_id, (await housing.shelter()).place_id)
    assert await answered(havn, placement_id) == [("2026-03-09", "D", "CMM", "CMM")]
    await housing.tell(decision(case_id).model_copy(update={"occurred_at": instant}))
    assert await answered(havn, placement_id) == [("2026-03-09", "A1", "CMM", "CMM")]
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 9), told=instant))
    assert await answered(havn, placement_id) == [("2026-03-09", "B3", "US", "US")]


async def test_a_status_that_held_before_the_first_night_holds_from_the_first_night(
    havn: World, housing: Housing, placed: tuple[str, str]
) -> None:
    case_id, placement_id = placed
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 1, 1)))
    assert await answered(havn, placement_id) == [("2026-03-09", "B3", "US", "US")]


async def test_of_several_that_began_before_the_first_night_the_last_holds(
    havn: World, housing: Housing, placed: tuple[str, str]
) -> None:
    case_id, placement_id = placed
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 2, 1)))
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 1, 1)))
    assert await answered(havn, placement_id) == [("2026-03-09", "A1", "CMM", "CMM")]


async def test_a_turn_that_turns_nothing_is_not_told(havn: World, housing: Housing, placed: tuple[str, str]) -> None:
    case_id, placement_id = placed
    for day in (date(2026, 4, 1), date(2026, 5, 1)):
        await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, day))
    assert await answered(havn, placement_id) == [("2026-03-09", "A1", "CMM", "CMM"), ("2026-04-01", "B3", "US", "US")]


async def test_a_turn_on_the_day_before_the_last_counts(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, (await housing.shelter()).place_id, to_on="2026-04-01")
    await housing.tell(status(case_id, ResidenceBasis.ASYLUM_SEEKER, date(2026, 3, 31), asylum=True))
    assert [item[0] for item in await answered(havn, placement_id)] == ["2026-03-09", "2026-03-31"]


async def test_what_turns_after_the_last_night_is_no_longer_ours(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, (await housing.shelter()).place_id, to_on="2026-04-01")
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 4, 1)))
    assert [item[0] for item in await answered(havn, placement_id)] == ["2026-03-09"]


async def test_a_positive_decision_turns_it_and_one_that_no_longer_stands_does_not(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, (await housing.shelter()).place_id)
    made = decision(case_id).model_copy(update={"decided_on": date(2026, 3, 20)})
    await housing.tell(made)
    undecided, decided = ("2026-03-09", "D", "CMM", "CMM"), ("2026-03-20", "A1", "CMM", "CMM")
    assert await answered(havn, placement_id) == [undecided, decided]
    again = decision(case_id, outcome=Outcome.NOT_TRAFFICKED)
    replaced = DecisionReplaced(
        case_id=UUID(case_id),
        occurred_at=datetime.now(UTC),
        decision_id=made.decision_id,
        replaced_by=again.decision_id,
    )
    await housing.tell(again, replaced)
    assert await answered(havn, placement_id) == [undecided]


async def test_a_new_request_goes_by_the_status_of_its_day(havn: World, housing: Housing) -> None:
    case_id = await housing.case()
    await housing.tell(decision(case_id), status(case_id, ResidenceBasis.ASYLUM_SEEKER, date(2026, 3, 1), asylum=True))
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 4, 1)))
    asked = await housing.ask(case_id)
    assert asked.json()["responsibility"]["row"] == "B1"


async def test_a_stay_that_ends_with_its_paper_is_none_from_the_next_day_on(havn: World, housing: Housing) -> None:
    """Decided or not, unless it rests on something else by then (docs/rules.md, housing-11)."""
    shelter = await housing.shelter()
    opened = opening().model_copy(update={"residence_valid_until": date(2026, 3, 31)})
    await housing.tell(opened)
    case_id = str(opened.case_id)
    placement_id = await housing.there(case_id, shelter.place_id)
    undecided, illegal = ("2026-03-09", "D", "CMM", "CMM"), ("2026-04-01", "B3", "US", "US")
    assert await answered(havn, placement_id) == [undecided], "until then it may be made anew"
    await havn.set_clock("2026-04-02T12:00:00+02:00")
    assert await answered(havn, placement_id) == [undecided, illegal]
    assert (await housing.ask(case_id, from_on="2026-04-02")).json()["responsibility"]["row"] == "B3"
    longer = status(case_id, ResidenceBasis.VISA, date(2026, 3, 20)).model_copy(
        update={"valid_until": date(2026, 4, 10)}
    )
    await housing.tell(longer)
    assert await answered(havn, placement_id) == [undecided]
    await havn.set_clock("2026-04-11T12:00:00+02:00")
    assert await answered(havn, placement_id) == [undecided, ("2026-04-11", "B3", "US", "US")]
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 4, 11)))
    assert await answered(havn, placement_id) == [undecided]


async def test_where_the_work_goes_on_the_paper_of_that_case_ends(havn: World, housing: Housing) -> None:
    shelter, case_id = await housing.shelter(), await housing.case()
    goes_on_in = opening().model_copy(update={"residence_valid_until": date(2026, 3, 31)})
    await housing.tell(goes_on_in)
    placement_id = await housing.there(case_id, shelter.place_id)
    await housing.tell(
        CaseMerged(case_id=UUID(case_id), into=goes_on_in.case_id, occurred_at=datetime(2026, 3, 10, 12, tzinfo=UTC))
    )
    assert [row for _, row, *_ in await answered(havn, placement_id)] == ["D"]
    await havn.set_clock("2026-04-02T12:00:00+02:00")
    assert [row for _, row, *_ in await answered(havn, placement_id)] == ["D", "B3"]


@pytest.mark.parametrize("basis", [ResidenceBasis.DANISH_CITIZEN, ResidenceBasis.EU_RIGHT_OF_RESIDENCE])
async def test_what_a_stay_rests_on_without_a_paper_has_no_end(housing: Housing, basis: ResidenceBasis) -> None:
    opened = opening(basis=basis).model_copy(update={"residence_valid_until": date(2026, 3, 1)})
    await housing.tell(opened)
    assert (await housing.ask(str(opened.case_id))).json()["responsibility"]["row"] == "D"


async def test_whose_visa_had_run_out_when_the_case_was_opened_is_us_s_to_house(housing: Housing) -> None:
    opened = opening().model_copy(update={"residence_valid_until": date(2026, 2, 20)})
    await housing.tell(opened)
    assert (await housing.ask(str(opened.case_id))).json()["responsibility"]["row"] == "B3"


async def test_a_new_description_is_what_the_next_request_goes_by(havn: World, housing: Housing) -> None:
    case_id = await housing.case(Gender.WOMAN)
    described = PersonDescribed(
        case_id=UUID(case_id),
        occurred_at=datetime.now(UTC),
        gender=Gender.MAN,
        age_group=AgeGroup.ADULT,
        age_group_at_exploitation=None,
        citizenships=("THA",),
        residence_basis=ResidenceBasis.VISA,
    )
    await housing.tell(decision(case_id), described)
    assert (await housing.ask(case_id)).json()["responsibility"]["row"] == "A2"


async def test_strangers_are_not_told(havn: World, housing: Housing, placed: tuple[str, str]) -> None:
    for org in ("politi-fyn", "hopenow", "us"):
        read = await havn.partner(org).get(
            f"/accommodation/v1/placements/{placed[1]}/responsibility", purpose="accommodation"
        )
        assert read.status_code == 404, org
    await housing.tell(routing(placed[0], Authority.US))
    assert await answered(havn, placed[1], "us") == [("2026-03-09", "A1", "CMM", "CMM")]


async def test_the_shelter_is_told_the_authority_alone(havn: World, housing: Housing, placed: tuple[str, str]) -> None:
    case_id, placement_id = placed
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 4, 1)))
    path = f"/accommodation/v1/placements/{placement_id}/responsibility"
    assert (await havn.partner("reden").get(path, purpose="accommodation")).json() == {"items": [{"authority": "US"}]}


async def test_in_a_hostel_the_municipality_pays_for_a_man_with_legal_stay_and_elsewhere_cmm(
    havn: World, housing: Housing
) -> None:
    men = {"accepts": {"genders": ["man"]}}
    hostel = await housing.shelter(1, "amiami", kind="hostel_110", **men)
    centre = await housing.shelter(1, "amiami", kind="mens_crisis_centre", **men)
    man = await housing.case(Gender.MAN)
    placement_id = await housing.booked(man, hostel.place_id, operator="amiami")
    assert await answered(havn, placement_id) == [("2026-03-09", "D", "CMM", "CMM")], "not decided yet: CMM offers"
    await housing.tell(decision(man))
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.step(placement_id, "arrive", "amiami")
    assert (await answered(havn, placement_id))[-1][1:] == ("A2", "CMM", "municipality")
    moved = await housing.step(placement_id, "move", "amiami", {"reason": "need", "place_id": centre.place_id})
    assert moved.status_code == 200, moved.text
    assert (await answered(havn, moved.json()["placement_id"]))[-1][1:] == ("A2", "CMM", "CMM")


async def test_a_place_in_a_hostel_asked_for_after_the_decision_is_the_municipality_s_from_the_first_night(
    havn: World, housing: Housing
) -> None:
    hostel = await housing.shelter(1, "amiami", kind="hostel_110", accepts={"genders": ["man"]})
    man = await housing.case(Gender.MAN)
    await housing.tell(decision(man))
    placement_id = await housing.booked(man, hostel.place_id, operator="amiami")
    await havn.set_clock("2026-03-12T12:00:00+01:00")
    await housing.step(placement_id, "arrive", "amiami", {"arrived_at": "2026-03-09T18:00:00+01:00"})
    assert await answered(havn, placement_id) == [("2026-03-09", "A2", "CMM", "municipality")]
    cmm = havn.partner("cmm")
    bill = (await cmm.get("/accommodation/v1/costs", **{"from": "2026-03-01", "to": "2026-04-01"})).json()
    assert {(item["payer"], item["nights"]) for item in bill["items"]} == {("municipality", 4)}
    before = await havn.events("accommodation", "responsibility-changed")
    await housing.tell(status(man, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 3, 1)))
    assert await havn.events("accommodation", "responsibility-changed") == before


async def test_whoever_is_still_there_past_the_planned_day_is_paid_for_by_the_status_of_each_night(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case()
    placement_id = await housing.there(case_id, (await housing.shelter()).place_id, to_on="2026-03-10")
    await havn.set_clock("2026-03-14T12:00:00+01:00")
    told = datetime(2026, 3, 14, 11, tzinfo=UTC)
    await housing.tell(status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 14), told=told))
    expected = [("2026-03-09", "D", "CMM", "CMM"), ("2026-03-14", "B3", "US", "US")]
    assert await answered(havn, placement_id) == expected
    assert [event["placement_id"] for event in await havn.events("accommodation", "responsibility-changed")] == [
        placement_id
    ]
    assert (await housing.step(placement_id, "extend", "us", {"to_on": "2026-03-20", "reason": "x"})).status_code == 200
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    assert (await housing.step(placement_id, "leave")).status_code == 200
    assert await answered(havn, placement_id) == expected, "leaving changes no night of before"


async def test_who_pays_and_does_not_decide_is_shown_since_when_and_nothing_of_before(
    havn: World, housing: Housing
) -> None:
    """A row of the decided, and because of what, would tell the outcome of a case that is none of its."""
    case_id = await housing.case(routed_to=Authority.CMM)
    placement_id = await housing.there(case_id, (await housing.shelter()).place_id)
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    on = datetime(2026, 3, 20, 11, tzinfo=UTC)
    positive = decision(case_id).model_copy(update={"occurred_at": on, "decided_on": date(2026, 3, 15)})
    await housing.tell(positive, status(case_id, ResidenceBasis.NO_LEGAL_STAY, date(2026, 3, 18), told=on))
    assert [row for _, row, *_ in await answered(havn, placement_id)] == ["D", "A1", "B3"]
    assert await answered(havn, placement_id, "us") == [("2026-03-18", "B3", "US", "US")]


@pytest.mark.parametrize("is_placed", [True, False], ids=["placed", "waiting"])
async def test_an_asylum_claim_that_was_not_registered_is_us_s_once_an_authority_has_recorded_it(
    havn: World, housing: Housing, is_placed: bool
) -> None:
    """Row B4: the police for the immediate need, then US."""
    case_id = await housing.case(basis=ResidenceBasis.ASYLUM_SEEKER)
    claim = {"responsibility": {"asylum_registered": False}}
    shelter = await housing.shelter()
    asked = await housing.request(case_id, **claim)
    if is_placed:
        offered = await housing.offer(asked, shelter.place_id, expires_at="2026-03-10T12:00:00+01:00")
        accepted = await housing.answer(offered.json()["offer_id"], "accept")
        placement_id = accepted.json()["placement_id"]
        assert [row for _, row, *_ in await answered(havn, placement_id)] == ["B4"]
    await havn.set_clock("2026-03-11T12:00:00+01:00")
    on = datetime(2026, 3, 11, 11, tzinfo=UTC)
    await housing.tell(status(case_id, ResidenceBasis.ASYLUM_SEEKER, date(2026, 3, 11), asylum=True, told=on))
    if is_placed:
        assert await answered(havn, placement_id) == [
            ("2026-03-09", "B4", "police", "police"),
            ("2026-03-11", "B1", "US", "US"),
        ]
    else:
        read = await havn.partner("cmm").get(f"/accommodation/v1/placement-requests/{asked}", purpose="accommodation")
        assert (read.json()["responsibility"]["row"], read.json()["responsibility"]["payer"]) == ("B1", "US")
