"""What becomes known of a person after a place was offered counts for whatever begins their stay there or lets it go on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contract.codes import AgeGroup, Gender, ResidenceBasis
from shared.contract.events import PersonDescribed
from tests.accommodation.housing import Housing, problem, rules_of
from tests.world import World

ADULTS: dict[str, Any] = {"accepts": {"genders": ["woman"], "minors": False}}


def described(
    case_id: str,
    *,
    gender: Gender = Gender.WOMAN,
    age_group: AgeGroup = AgeGroup.ADULT,
    at: str = "2026-03-09T18:00:00+01:00",
    age_assessed: bool | None = None,
) -> PersonDescribed:
    return PersonDescribed(
        case_id=UUID(case_id),
        occurred_at=datetime.fromisoformat(at).astimezone(UTC),
        gender=gender,
        age_group=age_group,
        age_group_at_exploitation=None,
        citizenships=("THA",),
        residence_basis=ResidenceBasis.VISA,
        age_assessed=age_assessed,
    )


async def keep(havn: World, org: str = "cmm") -> None:
    """The proposed move is answered: the person stays all the same."""
    read = await havn.partner(org).get("/accommodation/v1/move-proposals", purpose="accommodation")
    (proposed,) = [each for each in read.json()["items"] if each["status"] == "open"]
    path = f"/accommodation/v1/move-proposals/{proposed['proposal_id']}/keep"
    kept = await havn.partner(org).post(path, {"reason": "She goes to school here."})
    assert kept.status_code == 200, kept.text


@pytest.mark.parametrize(
    ("known", "rules"),
    [
        ({"age_group": AgeGroup.MINOR}, ["minors", "options"]),
        ({"age_group": AgeGroup.PRESUMED_MINOR}, ["minors", "options"]),
        ({"gender": Gender.MAN}, ["gender", "options"]),
    ],
)
async def test_an_offer_that_does_not_fit_any_more_is_not_accepted(
    havn: World, housing: Housing, known: dict[str, Any], rules: list[str]
) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    offer_id = await housing.held(case_id, shelter.place_id)
    await housing.tell(described(case_id, **known))
    refused = await housing.answer(offer_id, "accept")
    assert rules_of(refused) == rules
    assert "offered anew" in refused.json()["detail"], "it says what to do"
    assert "på ny" in refused.json()["instead_da"]
    assert await havn.sql("accommodation", "SELECT id FROM placement") == [], "nothing is booked"
    assert (await housing.answer(offer_id, "decline")).status_code == 200, "and the place can be given to somebody else"


async def test_who_comes_to_a_place_that_does_not_fit_any_more_is_taken_in_with_a_warning(housing: Housing) -> None:
    shelter = await housing.shelter(places=2, **ADULTS)
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR))
    came = await housing.step(placement_id, "arrive")
    assert came.status_code == 200, came.text
    assert [each["rule"] for each in came.json()["warnings"]] == ["minors", "options"]
    assert all(each["why"] and each["why_da"] for each in came.json()["warnings"])
    other = await housing.step(await housing.booked(await housing.case(), shelter.place_ids[1]), "arrive")
    assert other.json()["warnings"] == []


async def test_a_request_that_waits_again_is_asked_for_by_what_is_known_now(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    request_id = await housing.request(case_id)
    offered = await housing.offer(request_id, shelter.place_id)
    accepted = await housing.answer(offered.json()["offer_id"], "accept")
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR))
    why = {"reason": "The boiler has burst."}
    cancelled = await housing.step(accepted.json()["placement_id"], "cancel", body=why)
    assert cancelled.status_code == 200, cancelled.text
    read = await havn.partner("cmm").get(f"/accommodation/v1/placement-requests/{request_id}", purpose="accommodation")
    assert (read.json()["status"], read.json()["responsibility"]["row"]) == ("open", "C2")
    assert read.json()["needs"]["minor"] is True
    assert rules_of(await housing.offer(request_id, shelter.place_id)) == ["minors", "options"]


async def test_what_was_excepted_when_it_was_offered_is_so_at_the_answer(housing: Housing) -> None:
    shelter = await housing.shelter(accepts={"wheelchair": False})
    request_id = await housing.request(await housing.case(referred_by="reden"), "reden", needs={"wheelchair": True})
    why: dict[str, Any] = {"exceptions": [{"rule": "wheelchair", "reason": "Two of us carry her."}]}
    offered = await housing.offer(request_id, shelter.place_id, "reden", **why)
    assert (await housing.answer(offered.json()["offer_id"], "accept")).status_code == 200


async def test_who_asked_for_a_place_is_not_shown_by_what_the_case_says_that_it_does_not_fit(housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True, **ADULTS)
    case_id = await housing.case(referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow")
    await housing.answer((await housing.offer(request_id, shelter.place_id)).json()["offer_id"], "decline")
    offer_id = (await housing.offer(request_id, shelter.place_id, "reden")).json()["offer_id"]
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR))
    refused = await housing.answer(offer_id, "accept", "hopenow")
    assert (refused.status_code, problem(refused)) == (409, "NotAccepted")
    assert "rules" not in refused.json()
    assert "minor" not in refused.text
    assert (await housing.answer(offer_id, "decline", "hopenow")).status_code == 200


async def test_a_stay_goes_on_by_what_is_known_of_the_person_now(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=2, **ADULTS)
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id, to_on="2026-03-20")
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR))
    later: dict[str, Any] = {"to_on": "2026-03-27", "reason": "Her flat is not ready."}
    alone = later | {"exceptions": [{"rule": "minors", "reason": "Her sister is here."}]}
    for body in (later, alone):
        refused = await housing.step(placement_id, "extend", body=body)
        assert rules_of(refused) == ["minors", "options"]
        assert "keep" in refused.json()["detail"]
        assert "keep" in refused.json()["instead_da"]
    moved = {"reason": "need", "place_id": shelter.place_ids[1]}
    not_moved = await housing.step(placement_id, "move", body=moved)
    assert rules_of(not_moved) == ["minors", "options"]
    assert "confirmed" in not_moved.json()["detail"]
    read = await havn.partner("reden").get(f"/accommodation/v1/placements/{placement_id}", purpose="accommodation")
    assert (read.json()["status"], read.json()["to_on"]) == ("arrived", "2026-03-20"), "nobody is put out"


async def test_a_minor_goes_on_among_adults_when_the_authority_and_the_operator_say_so(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id, to_on="2026-03-20")
    await housing.tell(described(case_id, age_group=AgeGroup.MINOR))
    later: dict[str, Any] = {"to_on": "2026-03-27", "reason": "Her flat is not ready."}
    await keep(havn)
    assert rules_of(await housing.step(placement_id, "extend", "cmm", body=later)) == ["minors"], "one alone is not two"
    extended = await housing.step(placement_id, "extend", body=later)
    assert (extended.status_code, extended.json()["exceptions"]) == (200, ["options", "minors"])


async def test_a_minor_whom_two_people_took_in_goes_on_without_being_asked_for_again(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(kind="hostel_110", accepts={"genders": ["man", "woman"]})
    case_id = await housing.case(referred_by="reden")
    request_id = await housing.request(case_id, "reden", needs={"minor": True}, to_on="2026-03-20")
    why: dict[str, Any] = {"exceptions": [{"rule": "minors", "reason": "His brother lives there."}]}
    offered = await housing.offer(request_id, shelter.place_id, "reden", subject="anna", **why)
    path = f"/accommodation/v1/offers/{offered.json()['offer_id']}"
    assert (
        await havn.partner("reden", subject="bo").post(f"{path}/confirm", {"reason": "So do I."})
    ).status_code == 200
    placement_id = (await housing.answer(offered.json()["offer_id"], "accept")).json()["placement_id"]
    extended = await housing.step(placement_id, "extend", "cmm", {"to_on": "2026-03-27", "reason": "Not ready."})
    assert extended.status_code == 200, extended.text


async def test_what_speaks_against_a_stay_is_set_aside_by_who_may_with_a_reason_that_is_sealed(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id, to_on="2026-03-20")
    await housing.tell(described(case_id, gender=Gender.TRANS_MAN))
    later: dict[str, Any] = {"to_on": "2026-03-27", "reason": "His flat is not ready."}
    assert "gender" in rules_of(await housing.step(placement_id, "extend", body=later))
    why: dict[str, Any] = {"exceptions": [{"rule": "gender", "reason": "He has friends here."}]}
    assert "gender" in rules_of(await housing.step(placement_id, "extend", "cmm", body=later | why)), (
        "the operator's to say"
    )
    assert rules_of(await housing.step(placement_id, "extend", body=later | why)) == ["options"]
    await keep(havn)
    extended = await housing.step(placement_id, "extend", body=later | why)
    assert (extended.status_code, extended.json()["exceptions"]) == (200, ["options", "gender"])
    further = later | {"to_on": "2026-03-28"}
    assert (await housing.step(placement_id, "extend", body=further)).status_code == 200, "it is excepted from then on"
    stored = (await havn.sql("accommodation", "SELECT leaving FROM placement"))[0]["leaving"]
    assert b"friends" not in stored


async def test_a_move_by_an_offer_is_refused_when_the_place_does_not_fit_any_more(housing: Housing) -> None:
    here, there = await housing.shelter(**ADULTS), await housing.shelter(operator="hopenow", **ADULTS)
    case_id = await housing.case()
    placement_id = await housing.there(case_id, here.place_id, to_on="2026-03-20")
    request_id = await housing.request(case_id, to_on="2026-03-20")
    offered = await housing.offer(request_id, there.place_id, instead_of=placement_id)
    assert offered.status_code == 201, offered.text
    offer_id = offered.json()["offer_id"]
    assert (await housing.answer(offer_id, "accept", "hopenow")).status_code == 200
    await housing.tell(described(case_id, gender=Gender.MAN))
    refused = await housing.step(placement_id, "move", "cmm", {"reason": "need", "offer_id": offer_id})
    assert rules_of(refused) == ["gender", "options"]
    assert "cancel" in refused.json()["detail"]


# ---------------------------------------------------------------- an age that is assessed


@pytest.mark.row(65)
@pytest.mark.parametrize("word", ["needs", "responsibility"])
async def test_an_assessed_age_holds_against_what_the_requester_says(housing: Housing, word: str) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    before = await housing.request(case_id, **{word: {"minor": True}})
    assert rules_of(await housing.offer(before, shelter.place_id))[0] == "minors", "nobody has assessed the age"
    await housing.tell(described(case_id, age_assessed=True))
    asked = await housing.ask(case_id, **{word: {"minor": True}})
    assert asked.json()["responsibility"]["differs"] == ["minor"]
    offered = await housing.offer(asked.json()["request_id"], shelter.place_id)
    assert offered.status_code == 201, offered.text
    await housing.answer(offered.json()["offer_id"], "decline")
    assert (await housing.offer(before, shelter.place_id)).status_code == 201, "what was said before it counts no more"


@pytest.mark.row(65)
async def test_an_assessment_holds_until_a_new_one_and_whatever_else_is_described(housing: Housing) -> None:
    shelter = await housing.shelter(**ADULTS)
    case_id = await housing.case()
    steps = [(True, AgeGroup.ADULT, []), (None, AgeGroup.ADULT, []), (True, AgeGroup.MINOR, ["minors", "options"])]
    for assessed, age_group, rules in [*steps, (False, AgeGroup.ADULT, ["minors"])]:
        await housing.tell(described(case_id, age_assessed=assessed, age_group=age_group))
        request_id = await housing.request(case_id, needs={"minor": True})
        checked = await housing.havn.partner("cmm").get(
            f"/accommodation/v1/placement-requests/{request_id}/places/{shelter.place_id}"
        )
        assert [rule["rule"] for rule in checked.json()["rules"] if not rule["passes"]] == rules
        withdrawn = await housing.havn.partner("cmm").post(
            f"/accommodation/v1/placement-requests/{request_id}/withdraw", {}
        )
        assert withdrawn.status_code == 200, withdrawn.text
