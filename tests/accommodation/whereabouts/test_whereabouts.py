"""Where a child is placed, for the municipality that assesses what it needs: whom to go to, while the task runs; of a secret
facility never more than who runs it and the region (docs/rules.md, duty-3)."""

from typing import Any

import httpx
import pytest

from services.accommodation.whereabouts.domain import IdentificationAway
from shared.contract.organisations import Scope
from shared.http.peers import PeerAway, Peers
from tests.accommodation.housing import SHELTER, Housing, Shelter
from tests.identification.builders import DANISH_GIRL, name_of, open_case
from tests.identification.finding.people import Met
from tests.world import World

PATH = "/accommodation/v1/whereabouts"
HOME = "kommune-0461"
POLICE = "politi-fyn"
STRANGERS = ("kommune-0751", "us", POLICE, "hopenow", "reden", "familieretshuset", "iom", "socialtilsyn-midt")
NOTHING = "019cadab-2340-7d3e-9a52-3f6f0f0c8e21"


async def child(havn: World, *, sender: str = POLICE, municipality: str | None = "0461") -> Met:
    return Met(havn, (await open_case(havn, DANISH_GIRL, sender=sender, municipality=municipality)).id, [])


async def home_for(housing: Housing, **changes: Any) -> Shelter:
    return await housing.shelter(operator="reden", kind="residential_institution", accepts={"minors": True}, **changes)


async def ask(havn: World, case_id: str, by: str = HOME, **asked: Any) -> httpx.Response:
    return await havn.partner(by).get(PATH, **({"case_id": case_id, "purpose": "support"} | asked))


async def placed(havn: World, case_id: str, by: str = HOME) -> dict[str, Any] | None:
    answer = await ask(havn, case_id, by)
    assert answer.status_code == 200, answer.text
    assert answer.json()["case_id"] == case_id
    found: dict[str, Any] | None = answer.json()["placement"]
    return found


async def test_the_municipality_knows_whom_to_go_to(housing: Housing) -> None:
    case, shelter = await child(housing.havn), await home_for(housing)
    assert await placed(housing.havn, case.id) is None
    placement_id = await housing.booked(case.id, shelter.place_id)
    expected = {
        "booked": True,
        "from_on": "2026-03-09",
        "to_on": None,
        "region": "1082",
        "operator": "reden",
        "facility_id": shelter.facility_id,
        "contact": SHELTER["contact"],
    }
    assert await placed(housing.havn, case.id) == expected
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    assert await placed(housing.havn, case.id) == expected | {"booked": False}
    assert (await housing.step(placement_id, "leave")).status_code == 200
    assert await placed(housing.havn, case.id) is None


@pytest.mark.row(66)
async def test_of_a_secret_facility_it_knows_who_runs_it_and_the_region_alone(housing: Housing) -> None:
    case, shelter = await child(housing.havn), await home_for(housing, secret_address=True)
    placement_id = await housing.there(case.id, shelter.place_id)
    for by in (HOME, "cmm"):
        answer = await ask(housing.havn, case.id, by)
        found = answer.json()["placement"]
        assert (found["operator"], found["region"], found["facility_id"], found["contact"]) == (
            "reden",
            "1082",
            None,
            None,
        )
        for secret in (shelter.facility_id, shelter.place_id, placement_id, "Opdigtet Vej", "+45 00", "0751"):
            assert secret not in answer.text, secret


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_for_everybody_else_there_is_nothing_as_where_there_is_no_case(housing: Housing, stranger: str) -> None:
    case, shelter = await child(housing.havn), await home_for(housing)
    await housing.there(case.id, shelter.place_id)
    purpose = "supervision" if stranger.startswith("socialtilsyn") else "support"
    answers = [await ask(housing.havn, each, stranger, purpose=purpose) for each in (case.id, NOTHING)]
    assert [answer.status_code for answer in answers] == [404, 404], answers[0].text
    first, second = (
        {name: said for name, said in each.json().items() if name not in {"instance", "trace_id"}} for each in answers
    )
    assert first == second


async def test_before_the_task_and_after_it_there_is_nothing(housing: Housing) -> None:
    case, shelter = await child(housing.havn, municipality=None), await home_for(housing)
    await housing.there(case.id, shelter.place_id)
    assert (await ask(housing.havn, case.id)).status_code == 404
    assert (await case.post("/child-notification", {"municipality": "0461"})).status_code == 200
    assert await placed(housing.havn, case.id) is not None
    assert (await case.post("/child-assessment", {"assessed_at": "2026-03-09T12:00:00+01:00"}, by=HOME)).is_success
    assert (await ask(housing.havn, case.id)).status_code == 404


async def test_of_a_merged_case_it_knows_a_place_that_was_given_since_and_none_from_before(housing: Housing) -> None:
    havn = housing.havn
    known, own = await child(havn, municipality="0751"), await child(havn, sender="hopenow")
    shelter = await home_for(housing)
    placement_id = await housing.there(known.id, shelter.place_id)
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    assert (await own.merge(known)).status_code == 200
    await havn.settled()
    assert await placed(havn, own.id) is None, "a stay from before the merge tells of it"
    assert (await housing.step(placement_id, "leave")).status_code == 200
    await havn.set_clock("2026-03-10T09:00:00+01:00")
    again = await housing.shelter(operator="reden", kind="residential_institution", accepts={"minors": True})
    await housing.booked(known.id, again.place_id, from_on="2026-03-10")
    found = await placed(havn, own.id)
    assert found
    assert found["facility_id"] == again.facility_id
    assert known.id not in (await ask(havn, own.id)).text


async def test_every_read_says_why_and_is_kept_in_both_services(housing: Housing) -> None:
    case = await child(housing.havn)
    assert name_of(await ask(housing.havn, case.id, purpose=None)) == (400, "PurposeMissing")
    assert name_of(await ask(housing.havn, case.id, purpose="legal")) == (403, "PurposeNotYours")
    lacking = housing.havn.partner(HOME, scopes=[Scope.ACCOMMODATION_READ])
    assert name_of(await lacking.get(PATH, case_id=case.id, purpose="support")) == (403, "CasesNotReadable")
    await placed(housing.havn, case.id)
    for service in ("identification", "accommodation"):
        rows = await housing.havn.sql(
            service, "SELECT org, purpose FROM audit WHERE operation = 'whereabouts.read' AND refusal IS NULL"
        )
        assert [tuple(row) for row in rows] == [(HOME, "support")], service


async def test_while_identification_does_not_answer_nobody_is_told_anything(
    housing: Housing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> dict[str, Any]:
        raise PeerAway("identification does not answer.")

    case = await child(housing.havn)
    monkeypatch.setattr(Peers, "get", away)
    answer = await ask(housing.havn, case.id)
    assert name_of(answer) == (503, IdentificationAway.__name__)
    assert answer.headers["retry-after"] == "5"


async def test_a_child_that_lives_with_its_mother_is_where_she_is_and_gone_when_she_is(housing: Housing) -> None:
    case, home = await child(housing.havn), await housing.shelter(2)
    with_her = await housing.booked(await housing.case(), home.place_ids[0])
    assert (await housing.step(with_her, "arrive")).status_code == 200
    housing.move_clock("2026-03-12T12:00:00+01:00")
    joined = await housing.step(with_her, "companions", "cmm", body={"kind": "child", "case_id": case.id})
    assert joined.status_code == 201, joined.text
    found = await placed(housing.havn, case.id)
    assert found is not None
    assert (found["facility_id"], found["booked"]) == (home.facility_id, False)
    assert found["from_on"] == "2026-03-12", "since the child came, not its mother"
    assert (await housing.step(with_her, "leave", body={"disappeared": True})).status_code == 200
    assert await placed(housing.havn, case.id) is None
    await housing.havn.settled()
    (asked,) = (await case.get("/disappearances", purpose="support")).json()["items"]
    assert asked["answered_at"] is None, "whether the child is missing is asked as well"
