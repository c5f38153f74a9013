"""Who sees what, told here once more in words and not by the table: so that a change of the table is seen, and meant."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, open_case
from tests.identification.consents.test_consents import consent
from tests.identification.life import close, done
from tests.identification.opening.doors import describe
from tests.referrals.builders import POLICE
from tests.world import World

PENDING, STATUS, AUTHORITY, OUTCOME = "identification_pending", "status", "deciding_authority", "outcome"
STANDING = {PENDING, STATUS, AUTHORITY, OUTCOME}
MALEE: dict[str, Any] = CMM_DECIDES | {
    "given_name": "Malee",
    "languages": ["tha"],
    "consents": [{"recipient": "hopenow", "purpose": "support"}],
}

PURPOSES = {"health": "health", "facility_manager": "accommodation", "admin": None}
"""For what these roles may read; an administrator reads nobody, and CMM's needs no purpose for how a case stands."""


async def seen(case: Opened, org: str, role: str = "caseworker") -> set[str]:
    """What the organisation's status of the case says anything of."""
    told = await done(case.get("/status", by=org, role=role, purpose=PURPOSES.get(role, "identification")))
    return {name for name in STANDING if told[name] is not None}


async def person(case: Opened, org: str, role: str = "caseworker") -> set[str] | None:
    """Which of name, way to reach, language and reference the person endpoint gives; None where it gives nothing at all."""
    read = await case.get("/person", by=org, role=role, purpose=PURPOSES.get(role, "support") or "support")
    if read.status_code in (403, 404):
        return None
    assert read.status_code == 200, read.text
    told = read.json()
    return {name for name in ("given_name", "safe_contact", "languages", "reference", "consents") if told[name]}


async def kinds(havn: World, org: str, role: str = "caseworker") -> dict[str, set[str]]:
    """The events in the organisation's feed, and what each says beyond the case and the time."""
    page = await done(havn.partner(org, role).get("/identification/v1/events", limit=100))
    always = {"case_id", "occurred_at"}
    return {item["type"].split(".")[3]: set(item["data"]) - always for item in page["items"]}


@pytest.fixture
async def decided(havn: World) -> Opened:
    """A case that reden referred and CMM decided; the person lets hopenow and the police of Funen know."""
    case = await open_case(havn, MALEE, sender="reden", safe_contact="The blue bakery.")
    await consent(case, "politi-fyn", "support")
    await case.decide()
    return case


@pytest.mark.parametrize(
    ("org", "facts"),
    [
        ("cmm", STANDING),
        ("reden", {STATUS, AUTHORITY}),
        ("hopenow", {STATUS}),
        ("politi-fyn", {STATUS, PENDING}),
        ("anklagemyndigheden", {STATUS, AUTHORITY}),
    ],
    ids=["centre", "referrer", "recipient", "recipient who is police", "prosecution"],
)
async def test_each_part_sees_this_much_of_the_standing(decided: Opened, org: str, facts: set[str]) -> None:
    assert await seen(decided, org) == facts


async def test_police_who_referred_see_that_it_is_pending_besides(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender=POLICE)
    assert await seen(case, POLICE) == {STATUS, AUTHORITY, PENDING}


@pytest.mark.parametrize(
    ("role", "standing", "details"),
    [
        ("caseworker", STANDING, {"given_name", "safe_contact", "languages", "reference", "consents"}),
        ("lawyer", STANDING, {"given_name", "safe_contact", "languages", "reference", "consents"}),
        ("decider", STANDING, {"given_name", "safe_contact", "languages", "reference", "consents"}),
        ("health", {STATUS, PENDING}, {"safe_contact", "languages"}),
        ("facility_manager", {STATUS, PENDING}, None),
    ],
)
async def test_within_cmm_each_role_sees_this_much(
    decided: Opened, role: str, standing: set[str], details: set[str] | None
) -> None:
    assert await seen(decided, "cmm", role) == standing
    assert await person(decided, "cmm", role) == details


async def test_an_administrator_sees_the_file_and_nobody_in_it(decided: Opened) -> None:
    assert await seen(decided, "cmm", "admin") == STANDING
    assert (await done(decided.get(role="admin")))["decisions"] != []
    assert not {"given_name", "safe_contact", "languages"} & (await person(decided, "cmm", "admin") or set())


@pytest.mark.parametrize(
    ("scope", "standing", "details"),
    [
        ("status", {STATUS}, None),
        ("outcome", {STATUS, OUTCOME}, None),
        ("contact", {STATUS}, {"safe_contact", "languages"}),
        ("person", {STATUS}, {"given_name"}),
        ("placement", {STATUS}, None),
        ("health_flags", {STATUS}, None),
    ],
)
async def test_each_scope_of_a_consent_opens_this_much(
    decided: Opened, scope: str, standing: set[str], details: set[str] | None
) -> None:
    await consent(decided, "newlives", scope=[scope])
    assert await seen(decided, "newlives") == standing
    assert await person(decided, "newlives") == details


async def test_what_each_may_fetch_of_the_events(decided: Opened) -> None:
    havn = decided.havn
    await close(decided)
    await done(decided.post("/reopening", {"reason": "She came back."}))
    referrers = {
        "case-opened": {"opened_on"},
        "case-routed": {"authority"},
        "recommendation-made": set(),
        "decision-made": {"authority"},
        "case-closed": {"on"},
        "case-reopened": {"on"},
    }
    assert await kinds(havn, "reden") == referrers
    without_authority = {name: set() if "authority" in told else told for name, told in referrers.items()}
    del without_authority["case-routed"]
    assert await kinds(havn, "hopenow") == without_authority
    assert await kinds(havn, "cmm", "dashboard") == without_authority
    assert await kinds(havn, "us") == {}
    assert await kinds(havn, "anklagemyndigheden") == {}
    await consent(decided, "hopenow", scope=["outcome"])
    assert (await kinds(havn, "hopenow"))["decision-made"] == {"outcome", "decided_on"}


async def test_a_consent_opens_nothing_to_the_municipality_of_a_child_beyond_itself(havn: World) -> None:
    case = await open_case(havn, DANISH_GIRL, sender="cmm", municipality="0461")
    assert await seen(case, "kommune-0461") == set(), "its task is to know the child, not the case"
    assert await kinds(havn, "kommune-0461") == {}
    await consent(case, "kommune-0461")
    assert await seen(case, "kommune-0461") == {STATUS}


async def test_who_decides_sees_the_person_and_loses_sight_when_others_are_to_decide(havn: World) -> None:
    case = await open_case(havn, US_DECIDES | {"given_name": "Malee"})
    assert await seen(case, "us") == {PENDING, STATUS, AUTHORITY}
    assert "given_name" in (await person(case, "us") or set())
    assert (await describe(case, MALEE)).status_code == 200
    assert (await case.get("/status", by="us", purpose="identification")).status_code == 404
    assert await person(case, "us") is None


@pytest.mark.row(126)
@pytest.mark.parametrize("role", ["facility_manager", "health", "admin"])
async def test_who_does_not_work_on_the_case_reads_no_word_that_was_said_in_it(decided: Opened, role: str) -> None:
    await decided.interview("2026-03-03T10:00:00+01:00", summary="She spoke of her sister.")
    for part in (
        "/interviews",
        "/decisions",
        "/appeals",
        "/criminal-track",
        "/support-measures",
        "/legal-status",
        "/indicators",
        "/rights-explained",
        "/risk-assessments",
        "/evidence",
        "/closures",
        "/notes",
        "/recommendation",
    ):
        refused = await decided.get(part, role=role, purpose="support")
        assert refused.status_code == 403, (part, refused.text)
        read = await decided.get(part, role="decider", purpose="support")
        assert read.status_code == 200, (part, read.text)
