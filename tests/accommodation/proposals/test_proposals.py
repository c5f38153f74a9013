"""Who is responsible is asked again when stay, decision or age change it, and what does not suit any more is a proposed move."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender, ResidenceBasis
from shared.contract.events import LegalStatusChanged, PersonDescribed
from tests.accommodation.housing import Housing, problem, routing, rules_of
from tests.accommodation.stays.test_payer_history import answered, status
from tests.world import World

PROPOSALS = "/accommodation/v1/move-proposals"


async def proposals(havn: World, org: str = "cmm") -> list[dict[str, Any]]:
    read = await havn.partner(org).get(PROPOSALS, purpose="accommodation")
    assert read.status_code == 200, read.text
    items: list[dict[str, Any]] = read.json()["items"]
    return items


def asylum(case_id: str, on: date) -> LegalStatusChanged:
    return status(case_id, ResidenceBasis.ASYLUM_SEEKER, on, asylum=True)


@pytest.fixture
async def man(housing: Housing) -> tuple[str, str]:
    """A man with a visa who is at a crisis centre for men since 2026-03-09."""
    case_id = await housing.case(Gender.MAN)
    shelter = await housing.shelter(kind="mens_crisis_centre", accepts={"genders": ["man"]})
    return case_id, await housing.there(case_id, shelter.place_id)


@pytest.mark.row(70)
async def test_another_stay_is_asked_for_again_and_a_move_is_proposed(
    havn: World, housing: Housing, man: tuple[str, str]
) -> None:
    case_id, placement_id = man
    await housing.tell(asylum(case_id, date(2026, 3, 9)))
    (proposed,) = await proposals(havn)
    assert (proposed["placement_id"], proposed["row"], proposed["payer"]) == (placement_id, "B2", "US")
    assert (proposed["status"], proposed["because"], proposed["options"]) == ("open", "legal_status", ["asylum_centre"])
    assert await answered(havn, placement_id) == [("2026-03-09", "B2", "US", "US")]
    assert (await havn.sql("accommodation", "SELECT payer FROM placement"))[0][0] == "US", "who pays reaches it now"
    (seen,) = await proposals(havn, "us")
    assert seen["row"] == "B2", "US pays from now on"
    assert await answered(havn, placement_id, "us") == [("2026-03-09", "B2", "US", "US")]
    (told,) = await proposals(havn, "reden")
    assert told["authority"] == "US"
    assert not {"row", "payer", "options", "because"} & told.keys(), "nothing of outcome and stay for the shelter"
    assert await proposals(havn, "politi-fyn") == []
    recorded = await havn.sql("accommodation", "SELECT payload FROM event_history WHERE type LIKE '%.move-proposed.%'")
    assert len(recorded) == 1
    assert "US" not in str(recorded[0][0]), "the event says nothing of the stay"


@pytest.mark.row(70)
async def test_a_stay_recorded_for_a_day_to_come_is_proposed_ahead_and_takes_effect_on_its_day(
    havn: World, housing: Housing, man: tuple[str, str]
) -> None:
    case_id, _ = man
    await housing.tell(asylum(case_id, date(2026, 3, 16)))
    assert [each["from_on"] for each in await proposals(havn)] == ["2026-03-16"]
    payer = "SELECT payer FROM placement"
    assert (await havn.sql("accommodation", payer))[0][0] == "CMM"
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    assert (await havn.sql("accommodation", payer))[0][0] == "US"
    assert len(await proposals(havn)) == 1, "it is proposed once"
    # What is so no longer is withdrawn.
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 3, 16)))
    assert [each["status"] for each in await proposals(havn)] == ["moot"]


@pytest.mark.parametrize(("since", "from_on"), [(None, "2026-03-20"), (date(2026, 3, 17), "2026-03-17")])
async def test_whoever_comes_of_age_is_asked_for_again(
    havn: World, housing: Housing, since: date | None, from_on: str
) -> None:
    """From the birthday, also where Havn was not running on that day."""
    case_id = await housing.case(Gender.WOMAN, ResidenceBasis.RESIDENCE_PERMIT, age_group=AgeGroup.MINOR)
    home = await housing.shelter(kind="residential_institution", accepts={"minors": True})
    placement_id = await housing.there(case_id, home.place_id)
    waiting = await housing.request(case_id, from_on="2026-04-01")
    described = PersonDescribed(
        case_id=UUID(case_id),
        occurred_at=datetime(2026, 3, 20, 8, tzinfo=UTC),
        gender=Gender.WOMAN,
        age_group=AgeGroup.ADULT,
        age_group_at_exploitation=None,
        citizenships=("THA",),
        residence_basis=ResidenceBasis.RESIDENCE_PERMIT,
        of_age_since=since,
    )
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    await housing.tell(described)
    assert await answered(havn, placement_id) == [
        ("2026-03-09", "C2", "municipality", "municipality"),
        (from_on, "D", "CMM", "CMM"),
    ]
    (proposed,) = await proposals(havn)
    assert proposed["because"] == "person"
    asked = await havn.partner("cmm").get(f"/accommodation/v1/placement-requests/{waiting}", purpose="accommodation")
    assert asked.json()["responsibility"]["row"] == "D", "what waits is asked for again"
    assert asked.json()["needs"]["minor"] is False


async def test_an_assessment_recorded_late_counts_though_somebody_said_meanwhile_that_it_is_a_child(
    havn: World, housing: Housing
) -> None:
    case_id = await housing.case(Gender.WOMAN, ResidenceBasis.RESIDENCE_PERMIT)
    home = await housing.shelter()
    placement_id = await housing.there(case_id, home.place_id)
    rows = list[list[tuple[str, str]]]()
    said = ((12, AgeGroup.PRESUMED_MINOR, None), (15, AgeGroup.ADULT, date(2026, 3, 10)))
    for day, age_group, since in said:
        await havn.set_clock(datetime(2026, 3, day, 12, tzinfo=UTC))
        described = PersonDescribed(
            case_id=UUID(case_id),
            occurred_at=datetime(2026, 3, day, 11, tzinfo=UTC),
            gender=Gender.WOMAN,
            age_group=age_group,
            age_group_at_exploitation=None,
            citizenships=("THA",),
            residence_basis=ResidenceBasis.RESIDENCE_PERMIT,
            age_assessed=since is not None,
            of_age_since=since,
        )
        await housing.tell(described)
        rows.append([(from_on, row) for from_on, row, *_ in await answered(havn, placement_id)])
    as_a_child, as_assessed = rows
    assert as_a_child == [("2026-03-09", "D"), ("2026-03-12", "C2")]
    assert as_assessed == [("2026-03-09", "D")], "from the day on which it was said otherwise"


@pytest.mark.parametrize("word", ["needs", "responsibility"])
async def test_whom_the_requester_called_a_minor_is_one_still_when_the_case_says_something_new(
    housing: Housing, word: str
) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case(basis=ResidenceBasis.VISA)
    waiting = await housing.request(case_id, **{word: {"minor": True}})
    await housing.tell(status(case_id, ResidenceBasis.RESIDENCE_PERMIT, date(2026, 3, 9)))
    assert rules_of(await housing.offer(waiting, shelter.place_id)) == ["minors"]


async def test_that_somebody_stays_all_the_same_is_said_with_a_reason_by_who_may(
    havn: World, housing: Housing, man: tuple[str, str]
) -> None:
    case_id, placement_id = man
    await housing.tell(asylum(case_id, date(2026, 3, 9)), routing(case_id, Authority.US))
    (proposed,) = await proposals(havn)
    path = f"{PROPOSALS}/{proposed['proposal_id']}/keep"
    refused = await havn.partner("reden").post(path, {"reason": "We like him."})
    assert (refused.status_code, problem(refused)) == (403, "NotYourProposal")
    assert (await havn.partner("hopenow").post(path, {"reason": "No."})).status_code == 404
    kept = await havn.partner("us").post(path, {"reason": "He is ill."})
    assert (kept.status_code, kept.json()["status"], kept.json()["kept_because"]) == (200, "kept", "He is ill.")
    again = await havn.partner("cmm").post(path, {"reason": "Again."})
    assert (again.status_code, problem(again)) == (409, "ProposalIsSettled")
    await housing.step(placement_id, "leave")
    assert [each["status"] for each in await proposals(havn)] == ["moot"]
