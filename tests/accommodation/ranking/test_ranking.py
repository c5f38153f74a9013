"""The order of what fits is weighed by a dated table, and the order that a choice was made from can be computed again."""

import json
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.accommodation.placements.codes import FitRule
from services.accommodation.ranking import domain as ranking
from services.accommodation.ranking.codes import Criterion
from services.accommodation.ranking.schemas import KeptRanking, RankedPlace
from services.accommodation.tables import FOLDER
from shared.contract.codes import ErasureExtent
from shared.contract.events import CaseErased
from tests.accommodation.housing import NOW, Housing, problem
from tests.world import World

WEIGHTS = json.loads((FOLDER / "ranking-2021.json").read_text())


@pytest.mark.row(61)
async def test_the_order_that_a_choice_was_made_from_is_computed_again_to_the_same(
    havn: World, housing: Housing
) -> None:
    await housing.shelter(languages=["dan"])
    thai = await housing.shelter(languages=["tha", "eng"])
    secret = await housing.shelter(secret_address=True)
    request = await housing.request(await housing.case(), needs={"languages": ["tha", "eng"]})
    matches = await housing.matches(request)
    assert matches["weights"] == "ranking-2021"
    assert matches["items"][1]["points"]["language"] == 60, "two languages, thirty each"
    offer = (await housing.offer(request, thai.place_id)).json()["offer_id"]
    # What is true later changes nothing of what was known then.
    await housing.shelter(languages=["tha", "eng"], secret_address=True, accepts={"wheelchair": False})
    again = (await havn.partner("cmm").get(f"/accommodation/v1/offers/{offer}/ranking")).json()
    assert [item["place_id"] for item in again["items"]] == [item["place_id"] for item in matches["items"]]
    assert [item["points"] for item in again["items"]] == [item["points"] for item in matches["items"]]
    assert (again["chosen_by"], again["weights"], again["is_same_order"]) == ("ranking-2021", "ranking-2021", True)
    assert (again["items"][0]["place_id"], again["chosen_rank"], again["fitted"]) == (secret.place_id, 2, 3)
    assert all(each["why"] and each["why_da"] for each in again["criteria"])
    unknown = await havn.partner("cmm").get(f"/accommodation/v1/offers/{offer}/ranking", weights="ranking-1999")
    assert (unknown.status_code, problem(unknown)) == (422, "NoSuchWeights")


async def test_the_ranking_is_for_who_chose_from_it_and_goes_with_the_case_s_key(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    offer = await housing.held(case_id, shelter.place_id)
    for org, status in (("reden", 403), ("politi-fyn", 404), ("cmm", 200)):
        read = await havn.partner(org).get(f"/accommodation/v1/offers/{offer}/ranking")
        assert read.status_code == status, org
    erased = CaseErased(
        case_id=UUID(case_id), occurred_at=datetime.fromisoformat(NOW), extent=ErasureExtent.CASE, erasure_id=None
    )
    await housing.tell(erased)
    assert await havn.sql("accommodation", "SELECT 1 FROM ranking") == []


@pytest.mark.row(60)
async def test_every_rule_is_answered_with_pass_or_fail_and_why_in_both_languages(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(accepts={"genders": ["man"]})
    request = await housing.request(await housing.case())
    path = f"/accommodation/v1/placement-requests/{request}/places/{shelter.place_id}"
    checked = (await havn.partner("cmm").get(path)).json()
    assert [each["rule"] for each in checked["rules"]] == [rule.value for rule in FitRule]
    assert [each["rule"] for each in checked["rules"] if not each["passes"]] == ["gender"]
    assert all(each["why"] and each["why_da"] for each in checked["rules"])
    passed = next(each for each in checked["rules"] if each["rule"] == "occupied")
    assert passed["why_da"] == "Pladsen er fri alle nætterne."


def test_other_weights_give_another_order_of_the_same_places() -> None:
    ids = [uuid4(), uuid4()]
    features = [{Criterion.SECRET_ADDRESS: 1}, {Criterion.LANGUAGE: 2}]
    places = [
        RankedPlace(place_id=each, facility_id=each, features=has) for each, has in zip(ids, features, strict=True)
    ]
    kept = KeptRanking(places=places, fitted=2)
    of_then = ranking.weights_called("ranking-2021")
    assert [place.place_id for place, _ in ranking.again(kept, of_then)] == ids
    changed = {
        name: weight | {"points": 500} if name == "language" else weight for name, weight in WEIGHTS["criteria"].items()
    }
    others = ranking.Weights.model_validate(WEIGHTS | {"version": "other", "criteria": changed})
    assert [place.place_id for place, _ in ranking.again(kept, others)] == ids[::-1]


def test_weights_weigh_every_criterion_and_there_are_some_for_every_day() -> None:
    less = {name: weight for name, weight in WEIGHTS["criteria"].items() if name != "kind"}
    with pytest.raises(ValidationError, match="nothing is said of kind"):
        ranking.Weights.model_validate(WEIGHTS | {"criteria": less})
    assert ranking.weights_on(date(1999, 1, 1)).version == ranking.TABLES.all[0].version
