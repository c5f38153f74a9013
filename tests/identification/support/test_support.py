"""The support package: only a positive decision unlocks it; who gives it is sealed, and why it is needed stays with health."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, name_of, open_case
from tests.identification.finding.people import Met
from tests.identification.life import close, decided_case, done, put, told
from tests.world import World

KINDS = [
    "contact_person",
    "doctor",
    "psychologist",
    "midwife",
    "legal_aid",
    "education",
    "home_country_contact",
    "other",
]
CANNOT_WAIT = {"contact_person", "doctor", "psychologist", "midwife", "legal_aid", "other"}
SECRET = "Karla from the blue house."
NEEDS: dict[str, Any] = {
    "needs_midwife": True,
    "needs_doctor": False,
    "needs_psychologist": False,
    "needs_medication": True,
    "wheelchair": False,
    "reasons": "She is in her seventh month.",
}
FLAGS = {name: value for name, value in NEEDS.items() if name != "reasons"}


def measure(kind: str, **said: Any) -> dict[str, Any]:
    return {"kind": kind, "starts_on": "2026-03-10", "provider": SECRET, "note": "Every Tuesday."} | said


async def begun(case: Opened) -> set[str]:
    """The kinds of measures that may begin now."""
    answers = {kind: await case.post("/support-measures", measure(kind)) for kind in KINDS}
    refused = {kind: name_of(answer) for kind, answer in answers.items() if answer.status_code != 201}
    assert set(refused.values()) <= {(409, "SupportNotUnlocked"), (409, "CaseStatusDoesNotAllow")}
    return set(KINDS) - refused.keys()


async def test_only_a_positive_decision_unlocks_the_support_package(havn: World) -> None:
    assert await begun(await decided_case(havn)) == set(KINDS)
    assert await begun(await decided_case(havn, "not_trafficked")) == {"contact_person"}
    assert await begun(await decided_case(havn, "other_offence_262b")) == {"contact_person"}


async def test_a_courts_decision_unlocks_it_too_and_cmm_is_asked_to_open_it(havn: World) -> None:
    """R1: recorded, and CMM is still asked to open the support offer."""
    case = await open_case(havn, US_DECIDES)
    assert (await case.details())["support_to_open"] is False
    assert (await case.try_deciding("COURT", by="anklagemyndigheden")).status_code == 201
    assert (await case.details())["support_to_open"] is True
    await done(case.post("/support-measures", measure("education")), 201)
    assert (await case.details())["support_to_open"] is False


async def test_what_cannot_wait_may_begin_while_the_identification_is_pending(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.post("/support-measures", measure("education"))
    assert name_of(refused) == (409, "SupportNotUnlocked")
    assert set(refused.json()["allowed"]) == CANNOT_WAIT
    assert await begun(case) == CANNOT_WAIT
    await case.recommend()
    assert await begun(case) == CANNOT_WAIT
    assert await begun(await open_case(havn, NEEDS_REVIEW)) == CANNOT_WAIT


async def test_the_package_closes_when_the_decision_is_replaced_by_a_negative_one(havn: World) -> None:
    case = await decided_case(havn)
    first = (await case.details())["decisions"][0]["decision_id"]
    assert (await case.try_deciding("CMM", "not_trafficked", replaces=first)).status_code == 201
    assert await begun(case) == {"contact_person"}


async def test_of_a_closed_case_the_support_contact_remains(havn: World) -> None:
    case = await decided_case(havn, "not_trafficked")
    await close(case)
    assert await begun(case) == {"contact_person"}


async def test_a_measure_ends_once_and_not_before_it_began(havn: World) -> None:
    case = await decided_case(havn)
    begun = await done(case.post("/support-measures", measure("psychologist", ends_on="2026-12-31")), 201)
    path = f"/support-measures/{begun['measure_id']}/end"
    assert name_of(await case.post(path, {"on": "2026-03-09"})) == (422, "EndsBeforeStart")
    assert (await done(case.post(path, {"on": "2026-06-30"})))["ends_on"] == "2026-06-30"
    assert name_of(await case.post(path, {"on": "2026-07-01"})) == (409, "MeasureEnded")
    backwards = await case.post("/support-measures", measure("doctor", ends_on="2026-03-09"))
    assert name_of(backwards) == (422, "EndsBeforeStart")


async def test_that_there_is_a_contact_person_is_known_and_who_it_is_is_sealed(havn: World) -> None:
    case = await decided_case(havn)
    assert (await case.details())["has_contact_person"] is False
    await done(case.post("/support-measures", measure("doctor")), 201)
    assert (await case.details())["has_contact_person"] is False
    contact = await done(case.post("/support-measures", measure("contact_person")), 201)
    details = await case.details()
    assert details["has_contact_person"] is True
    assert SECRET not in str(details)
    rows = await havn.sql("identification", "SELECT details FROM support_measure")
    assert not any(b"Karla" in row["details"] for row in rows)
    assert (await case.get("/support-measures")).status_code == 400
    items = (await done(case.get("/support-measures", purpose="support")))["items"]
    assert [(item["kind"], item["provider"], item["note"]) for item in items] == [
        ("doctor", SECRET, "Every Tuesday."),
        ("contact_person", SECRET, "Every Tuesday."),
    ]
    await done(case.post(f"/support-measures/{contact['measure_id']}/end", {"on": "2026-03-11"}))
    assert (await case.details())["has_contact_person"] is False


async def test_the_event_of_a_measure_says_nothing_of_health(havn: World) -> None:
    case = await decided_case(havn)
    await done(case.post("/support-measures", measure("midwife")), 201)
    await done(case.post("/support-measures", measure("contact_person")), 201)
    first, second = await told(case, "support-started")
    assert (first["is_contact_person"], second["is_contact_person"]) == (False, True)
    assert "midwife" not in str(first)


async def test_support_is_for_those_who_work_on_the_case(havn: World) -> None:
    case = await decided_case(havn)
    begun = await done(case.post("/support-measures", measure("doctor")), 201)
    end = f"/support-measures/{begun['measure_id']}/end"
    for org in ("us", "anklagemyndigheden"):
        assert (await case.post("/support-measures", measure("doctor"), by=org)).status_code == 404
        assert (await case.post(end, {"on": "2026-06-30"}, by=org)).status_code == 404
    for org in ("us", "politi-oestjylland", "reden", "sygehus-riget"):
        assert (await case.get("/support-measures", by=org, purpose="support")).status_code == 404
    other = await decided_case(havn)
    assert (await other.post(end, {"on": "2026-06-30"})).status_code == 404


async def test_a_measure_that_the_contract_does_not_know_is_refused(havn: World) -> None:
    case = await decided_case(havn)
    for said in ({"kind": "holiday"}, {"starts_on": "soon"}, {"mood": "low"}):
        answer = await case.post("/support-measures", measure("doctor") | said)
        assert name_of(answer) == (422, "InvalidInput")
        assert [error["loc"][-1] for error in answer.json()["errors"]] == list(said)
    assert (await done(case.get("/support-measures", purpose="support")))["items"] == []


# ---------------------------------------------------------------- health


async def test_health_needs_are_flags_and_a_reason_that_stays_with_health(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert (await case.get("/health-needs", purpose="health")).status_code == 404, "nothing was said yet"
    stated = await done(put(case, "/health-needs", NEEDS))
    assert stated == NEEDS

    async def seen(by: str, role: str, purpose: str) -> Any:
        read = await done(case.get("/health-needs", by=by, role=role, purpose=purpose))
        assert {name: read[name] for name in FLAGS} == FLAGS
        return read["reasons"]

    assert await seen("cmm", "health", "health") == NEEDS["reasons"]
    assert await seen("cmm", "caseworker", "health") == NEEDS["reasons"]
    assert await seen("cmm", "caseworker", "accommodation") is None
    assert await seen("cmm", "lawyer", "health") is None
    for role in ("caseworker", "health"):
        assert await seen("us", role, "support") is None
        refused = await case.get("/health-needs", by="us", role=role, purpose="health")
        assert name_of(refused) == (403, "PurposeNotYours"), "why is read for health alone, which is not US's purpose"
    (row,) = await havn.sql("identification", "SELECT reasons FROM health_needs")
    assert b"month" not in row["reasons"]
    reads = await havn.sql("identification", "SELECT purpose FROM audit WHERE operation = 'health.read'")
    assert {"health", "accommodation", "support"} == {row["purpose"] for row in reads if row["purpose"]}


async def test_health_needs_are_replaced_as_a_whole_and_say_which_version_was_seen(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    cmm = havn.partner("cmm")
    assert name_of(await cmm.put(f"{case.path}/health-needs", NEEDS)) == (428, "IfMatchMissing")
    seen = await case.etag()
    await done(cmm.put(f"{case.path}/health-needs", NEEDS, if_match=seen))
    assert name_of(await cmm.put(f"{case.path}/health-needs", NEEDS, if_match=seen)) == (412, "Stale")
    read = await case.get("/health-needs", purpose="health")
    again = await done(cmm.put(f"{case.path}/health-needs", {"wheelchair": True}, if_match=read.headers["etag"]))
    assert again == dict.fromkeys(FLAGS, False) | {"wheelchair": True, "reasons": None}
    assert await done(case.get("/health-needs", purpose="health")) == again


@pytest.mark.parametrize("role", ["lawyer", "decider", "admin"])
async def test_health_needs_are_stated_by_health_or_a_caseworker_of_cmm(havn: World, role: str) -> None:
    case = await open_case(havn, US_DECIDES)
    assert (await put(case, "/health-needs", NEEDS, role=role)).status_code == 403
    assert name_of(await put(case, "/health-needs", NEEDS, by="us")) == (403, "NotForHealth")
    await done(put(case, "/health-needs", NEEDS, role="health"))


async def test_health_needs_of_a_case_that_is_not_yours_do_not_exist(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await done(put(case, "/health-needs", NEEDS))
    for org in ("us", "politi-oestjylland", "reden", "sygehus-riget", "anklagemyndigheden"):
        assert (await case.get("/health-needs", by=org, role="health", purpose="health")).status_code == 404
    assert (await put(case, "/health-needs", NEEDS, by="us")).status_code == 404


async def test_health_needs_are_those_of_the_person_in_whichever_of_two_merged_cases_they_were_stated(
    havn: World,
) -> None:
    known, own = [
        Met(havn, (await open_case(havn, CMM_DECIDES, sender=sender)).id, []) for sender in ("hopenow", "reden")
    ]
    stated = await done(put(own, "/health-needs", NEEDS))
    assert (await own.merge(known)).status_code == 200
    assert await done(known.get("/health-needs", purpose="health")) == stated
    anew = await done(put(known, "/health-needs", {"needs_doctor": True}))
    assert await done(known.get("/health-needs", purpose="health")) == anew
    assert await done(own.get("/health-needs", purpose="health")) == stated
    assert (await known.get("/health-needs", by="hopenow", purpose="health")).status_code == 404
