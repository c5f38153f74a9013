"""Who the person is: read with a purpose that is kept, changed on a fresh copy, and routed again until the decision."""

from typing import Any

import httpx
import pytest

from shared.contract import types
from tests.identification.builders import CMM_DECIDES, EUROPEAN, NEEDS_REVIEW, US_DECIDES, Opened, open_case
from tests.identification.finding.people import Met
from tests.referrals.builders import send, subject
from tests.world import World

MALEE: dict[str, Any] = CMM_DECIDES | {"given_name": "Malee", "birth_date": "2001-05-14", "stated_age": 24}


async def change(case: Opened, person: dict[str, Any], *, by: str = "cmm") -> httpx.Response:
    etag = await case.etag(by=by)
    return await case.havn.partner(by).put(f"{case.path}/person", person, if_match=etag)


async def routed(case: Opened) -> tuple[str, str]:
    routing = (await case.details())["routing"]
    return routing["authority"], routing["rule"]


async def test_a_person_is_read_for_a_purpose_and_every_read_is_kept(havn: World) -> None:
    case = await open_case(havn, MALEE, safe_contact="Through the blue bakery.")
    refused = await case.get("/person")
    assert refused.status_code == 400
    assert refused.json()["type"].endswith("/PurposeMissing")
    assert (await case.get("/person", purpose="curiosity")).status_code == 422
    read = await case.get("/person", purpose="support")
    assert (read.json()["given_name"], read.json()["birth_date"]) == ("Malee", "2001-05-14")
    assert read.json()["safe_contact"] == "Through the blue bakery."
    (kept,) = await havn.sql("identification", "SELECT * FROM audit WHERE operation = 'person.read'")
    assert (kept["org"], kept["purpose"], str(kept["subject_id"])) == ("cmm", "support", case.id)
    assert {"given_name", "safe_contact"} <= set(kept["fields"])
    assert "Malee" not in str(dict(kept))


async def test_a_change_replaces_the_description_on_a_fresh_copy_only(havn: World) -> None:
    case = await open_case(havn, MALEE)
    cmm, path = havn.partner("cmm"), f"{case.path}/person"
    assert (await cmm.put(path, CMM_DECIDES)).status_code == 428
    seen = (await case.get("/person", purpose="support")).headers["etag"]
    aliases = CMM_DECIDES | {"given_name": "Malai", "aliases": ["Lek"], "gender": "trans_woman"}
    assert (await cmm.put(path, aliases, if_match=seen)).status_code == 200
    assert (await cmm.put(path, MALEE, if_match=seen)).status_code == 412
    told = (await case.get("/person", purpose="support")).json()
    assert (told["given_name"], told["aliases"], told["family_name"]) == ("Malai", ["Lek"], None)
    assert (await case.details())["gender"] == "trans_woman"
    assert (await cmm.put(path, {"shoe_size": 38}, if_match="*")).status_code == 422


async def test_only_those_who_work_on_the_case_change_it(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW, sender="hopenow")
    for org, status in {"us": 404, "hopenow": 403, "anklagemyndigheden": 404, "politi-fyn": 403}.items():
        answer = await havn.partner(org).put(f"{case.path}/person", CMM_DECIDES, if_match="*")
        assert answer.status_code == status, org


async def test_changed_facts_are_routed_again_and_others_are_not(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    assert await routed(case) == ("needs_review", "R7")
    assert (await change(case, NEEDS_REVIEW | {"given_name": "Malee"})).status_code == 200
    assert len(await havn.events("identification", "case-routed")) == 1
    await change(case, US_DECIDES)
    assert await routed(case) == ("US", "R6")
    assert (await case.get(by="us")).json()["status"] == "referred", "US works on it now"
    await change(case, EUROPEAN)
    assert await routed(case) == ("CMM", "R4")
    assert (await case.get(by="us")).status_code == 404, "and has no part in it"
    told = [event["authority"] for event in await havn.events("identification", "case-routed")]
    assert told == ["needs_review", "US", "CMM"]


async def test_a_settlement_falls_with_the_facts_it_was_made_on(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    await case.settle("CMM")
    await change(case, {"residence_basis": "unknown"})
    told = (await case.details())["routing"]
    assert {name: told[name] for name in ("authority", "rule", "table_version", "settled_by")} == {
        "authority": "needs_review",
        "rule": "R7",
        "table_version": "routing-2021",
        "settled_by": None,
    }


async def test_after_the_decision_nothing_is_routed_again(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    assert (await change(case, US_DECIDES)).status_code == 200
    assert await routed(case) == ("CMM", "R5")
    assert len(await havn.events("identification", "case-routed")) == 1


async def test_us_may_find_out_that_it_is_not_for_us_to_decide(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    changed = await change(case, EUROPEAN | {"given_name": "Ana"}, by="us")
    assert changed.status_code == 200, changed.text
    assert (await case.get("/timeline", by="us")).status_code == 404
    told = (await case.get("/person", purpose="support")).json()
    assert told["given_name"] == "Ana", "what US wrote last is kept"
    assert await routed(case) == ("CMM", "R4")


async def test_us_keeps_the_referrers_glimpse_of_whom_it_referred(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, sender="us")
    await change(case, EUROPEAN)
    told = (await case.get(by="us")).json()
    assert (told["status"], told["identification_pending"]) == ("referred", True)
    assert set(told) == {
        "case_id",
        "status",
        "opened_on",
        "identification_pending",
        "removal_hold",
        "deciding_authority",
        "outcome",
    }
    assert told["outcome"] is None


async def test_the_birth_date_that_was_stated_is_never_overwritten(havn: World) -> None:
    await havn.set_clock("2026-05-04T10:00:00+02:00")
    stated = EUROPEAN | {"birth_date": "2011-02-01", "age_basis": "stated"}
    case = await open_case(havn, stated)
    papers = EUROPEAN | {"birth_date": "2008-02-01", "age_basis": "documented"}
    for said in (papers, papers | {"stated_birth_date": "1999-01-01"}):
        changed = await change(case, said)
        assert changed.json()["stated_birth_date"] == "2011-02-01"
    told = (await case.get("/person", purpose="support")).json()
    assert (told["birth_date"], told["stated_birth_date"]) == ("2008-02-01", "2011-02-01")
    assert (await case.details())["age_group"] == "presumed_minor", "until the age is assessed"
    await change(case, papers | {"age_basis": "assessed"})
    assert (await case.details())["age_group"] == "adult"


async def test_an_assessment_of_the_age_has_a_date_and_a_source(havn: World) -> None:
    await havn.set_clock("2026-05-04T10:00:00+02:00")
    case = await open_case(havn, EUROPEAN | {"stated_age": 16})
    assessed = EUROPEAN | {"stated_age": 20, "age_basis": "assessed"}

    async def kept(said: dict[str, Any]) -> tuple[str | None, str | None]:
        assert (await change(case, said)).status_code == 200
        told = (await case.get("/person", purpose="support")).json()
        return told["age_assessed_on"], told["age_assessed_by"]

    assert await kept(EUROPEAN | {"stated_age": 16, "age_assessed_on": "2026-05-01"}) == (None, None)
    assert await kept(assessed) == ("2026-05-04", "cmm")
    source = {"age_assessed_on": "2026-04-28", "age_assessed_by": "Dental X-ray, Rigshospitalet."}
    assert await kept(assessed | source) == ("2026-04-28", "Dental X-ray, Rigshospitalet.")
    await havn.set_clock("2026-05-05T10:00:00+02:00")
    assert await kept(assessed | {"gender": "woman"}) == ("2026-04-28", "Dental X-ray, Rigshospitalet.")
    assert await kept(EUROPEAN | {"stated_age": 15}) == ("2026-04-28", "Dental X-ray, Rigshospitalet."), "it holds"
    assert await kept(assessed | {"stated_age": 17}) == ("2026-05-05", "cmm"), "of another age another assessment"


async def test_an_identifier_that_cmm_adds_is_known_from_then_on(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    passport = {"identifiers": [{"type": "passport", "value": "AA123456"}]}
    await change(case, CMM_DECIDES | passport)
    again = Met(havn, (await open_case(havn, passport, sender="reden")).id, [])
    assert again.id != case.id
    assert (await again.question_with(case))["matched_on"] == ["number"]


async def test_who_was_referred_before_a_rule_is_read_and_described_after_it(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(types, "COUNTRIES", types.COUNTRIES | {"XYZ"})
        sent = await send(havn, subject("P01") | CMM_DECIDES | {"citizenships": ["XYZ"]}, kind="identification")
    await havn.settled()
    (told,) = (await sent.read()).json()["subjects"]
    case = Opened(havn, told["case_id"])
    read = await case.get("/person", purpose="support")
    assert (read.json()["citizenships"], told["citizenships"]) == (["XYZ"], ["XYZ"])
    assert (await change(case, {"citizenships": ["XYZ"]})).status_code == 422
    assert (await change(case, MALEE)).status_code == 200
