"""What was said with the steps in a case can be read again, for a purpose, by those who work on it."""

from typing import Any

import pytest

from tests.identification.builders import NEEDS_REVIEW, US_DECIDES, Opened, name_of, open_case
from tests.identification.life import done
from tests.identification.opening.doors import open_door
from tests.world import World

NOON = "2026-03-09T12:00:00+01:00"


async def notes(case: Opened, *, by: str = "cmm") -> dict[str, str]:
    items = (await done(case.get("/notes", by=by, purpose="identification")))["items"]
    return {item["kind"]: item["text"] for item in items}


async def test_every_word_comes_back_with_when_and_by_whom(havn: World) -> None:
    await havn.set_clock(NOON)
    ways = [{"channel": "phone", "value": "+45 20 00 00 00", "is_safe": True}]
    child = NEEDS_REVIEW | {"stated_age": 16, "age_basis": "stated", "contact_channels": ways}
    case = await open_door(havn, child, municipality="0101", reason="She called from a station.")
    await case.settle("CMM")
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("/custody", {"since": "2026-03-09T10:00:00+01:00", "place": "Station City"}, "caseworker"),
        (
            "/child-assessment",
            {"assessed_at": "2026-03-09T12:00:00+01:00", "note": "She stays with an aunt."},
            "caseworker",
        ),
        ("/representative", {"requested_on": "2026-03-09", "name": "Ms Made-Up"}, "caseworker"),
        ("/contact-attempts", {"channel": "phone", "reached": False, "note": "Nobody answers."}, "caseworker"),
        ("/legal-hold", {"reason": "The court asks for it."}, "lawyer"),
    ]
    for part, body, role in steps:
        made = await case.post(part, body, role=role)
        assert made.status_code in (200, 201), (part, made.text)
    await case.decide()
    longer = {"until": "2026-05-08", "reason": "special_reasons", "note": "She is ill."}
    await done(case.post(f"/periods/{(await case.grant())['period_id']}/extensions", longer), 201)
    assert await notes(case) == {
        "opening": "She called from a station.",
        "settlement": "The whole file was read.",
        "custody_place": "Station City",
        "child_assessment": "She stays with an aunt.",
        "representative": "Ms Made-Up",
        "contact_attempt": "Nobody answers.",
        "legal_hold": "The court asks for it.",
        "extension": "She is ill.",
    }
    items = {item["kind"]: item for item in (await case.get("/notes", purpose="legal")).json()["items"]}
    assert (items["settlement"]["by"], items["extension"]["at"], items["extension"]["by"]) == (
        "cmm",
        "2026-03-09T11:00:00Z",
        "cmm",
    )


async def test_notes_are_for_those_who_work_on_the_case_and_every_read_is_kept(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert await notes(case, by="us") == {}
    assert (await case.get("/notes")).status_code == 400
    for org in ("politi-oestjylland", "reden", "anklagemyndigheden"):
        assert (await case.get("/notes", by=org, purpose="legal")).status_code == 404, org
    assert name_of(await case.get("/notes", role="statistician", purpose="legal")) == (403, "RoleMissing")
    log = (await done(case.get("/access-log")))["items"]
    assert [(item["actor_org"], item["purpose"]) for item in log if item["operation"] == "note.list"][:1] == [
        ("us", "identification")
    ]


@pytest.mark.row(8)
async def test_us_reads_what_cmm_recommended_and_why(havn: World) -> None:
    await havn.set_clock(NOON)
    case = await open_case(havn, US_DECIDES)
    assert (await case.details())["recommendation"] is None
    for outcome, reasons in (("insufficient_basis", "She is afraid."), ("assessed_trafficked", "She has told all.")):
        await done(case.post("/recommendation", {"outcome": outcome, "reasons": reasons}), 201)
    read = (await done(case.get("/recommendation", by="us", role="decider", purpose="identification")))["items"]
    assert [(item["outcome"], item["reasons"], item["made_by"]) for item in read] == [
        ("insufficient_basis", "She is afraid.", "cmm"),
        ("assessed_trafficked", "She has told all.", "cmm"),
    ]
    standing = (await case.get(by="us")).json()["recommendation"]
    assert standing == {
        "recommendation_id": read[-1]["recommendation_id"],
        "outcome": "assessed_trafficked",
        "made_at": "2026-03-09T11:00:00Z",
    }
    assert (await case.get("/recommendation", by="politi-oestjylland", purpose="legal")).status_code == 404


async def test_the_case_shows_the_last_detention(havn: World) -> None:
    await havn.set_clock(NOON)
    case = await open_case(havn, US_DECIDES)
    assert (await case.details())["custody"] is None
    await done(case.post("/custody", {"since": "2026-03-09T10:00:00+01:00"}), 201)
    held = {"since": "2026-03-09T09:00:00Z", "ended_at": None, "reason": None}
    assert (await case.details())["custody"] == held
    await done(case.post("/custody/end", {"ended_at": "2026-03-09T11:00:00+01:00", "reason": "placed_34"}))
    assert (await case.details())["custody"] == held | {"ended_at": "2026-03-09T10:00:00Z", "reason": "placed_34"}


async def test_what_the_form_other_was_is_read_with_the_decision(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.decide("US", exploitation_forms=["OTHER"], other_form="Forced to beg and to marry.")
    (read,) = (await done(case.get("/decisions", purpose="legal")))["items"]
    assert read["other_form"] == "Forced to beg and to marry."


@pytest.mark.parametrize("role", ["caseworker", "health", "facility_manager"])
async def test_a_shelter_sees_what_the_person_needs_and_never_why(havn: World, role: str) -> None:
    case = await open_case(havn, US_DECIDES)
    stated = {"needs_midwife": True, "reasons": "She is in her sixth month."}
    assert (await case.havn.partner("cmm").put(case.path + "/health-needs", stated, if_match="*")).status_code == 200
    purpose = "support" if role == "health" else "accommodation"
    assert (await case.get("/health-needs", by="reden", role=role, purpose=purpose)).status_code == 404
    await done(
        case.post("/consents", {"recipient": "reden", "purpose": "accommodation", "scope": ["health_flags"]}), 201
    )
    seen = await done(case.get("/health-needs", by="reden", role=role, purpose=purpose))
    assert (seen["needs_midwife"], seen["reasons"]) == (True, None)
    asked_why = await case.get("/health-needs", by="reden", role=role, purpose="health")
    assert "sixth month" not in asked_why.text
