"""Who saw or changed what of a case: complete, in order, refusals included; and reading the log is in the log."""

import pytest

from shared.identity.actor import Assurance
from tests.accommodation.housing import NOW, Housing
from tests.away import away_from
from tests.identification.builders import CASES, CMM_DECIDES, US_DECIDES, Opened, listed, name_of, open_case
from tests.identification.consents.test_consents import consent
from tests.referrals.builders import POLICE
from tests.world import World

INTERVIEW = {
    "held_at": "2026-03-03T10:00:00+01:00",
    "language": "tha",
    "interpreter": True,
    "companion": False,
    "anonymous": False,
    "in_detention": False,
    "summary": "She spoke.",
}


@pytest.mark.row(142)
async def test_the_log_tells_of_a_scripted_session_completely_and_in_order(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    before = len((await case.get("/access-log")).json()["items"])
    await case.get("/person", purpose="support")
    await case.get("/person", by="us", purpose="legal")
    await case.interview("2026-03-03T10:00:00+01:00", summary="She spoke of the bakery.")
    assert len(await listed(havn, POLICE)) == 1
    await case.get("/status", by=POLICE, purpose="investigation")
    assert (await case.get("/person", by=POLICE, purpose="investigation")).status_code == 404
    assert (await case.get("/status", by="politi-fyn", purpose="investigation")).status_code == 404
    assert (await havn.partner("cmm", "statistician").get(case.path)).status_code == 403
    await consent(case, "hopenow")
    await case.get("/timeline")
    log = (await case.get("/access-log")).json()["items"][before:]
    told = [(row["actor_org"], row["operation"], row["purpose"], row["outcome"]) for row in log]
    script = [
        ("cmm", "case.access_log", None, "allowed"),
        ("cmm", "person.read", "support", "allowed"),
        ("us", "person.read", "legal", "allowed"),
        ("cmm", "interview.add", None, "allowed"),
        (POLICE, "case.list", None, "allowed"),
        (POLICE, "case.status", "investigation", "allowed"),
        (POLICE, "read_person", "investigation", "refused"),
        ("politi-fyn", "read_status", "investigation", "refused"),
        ("cmm", "read_case", None, "refused"),
        ("cmm", "consent.add", None, "allowed"),
        ("cmm", "case.timeline", None, "allowed"),
    ]
    assert [row for row in told if row in script] == script, told
    assert "bakery" not in str(log)
    read = next(row for row in log if row["operation"] == "person.read")
    assert "citizenships" in read["fields"]
    assert read["actor"]
    assert [row["at"] for row in log] == sorted(row["at"] for row in log)


async def test_the_log_says_through_which_client_and_issuer_and_how_surely(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    jensen = havn.partner("us", subject="jensen", assurance=Assurance.HIGH)
    await jensen.get(f"{case.path}/person", purpose="legal")
    await case.get("/person", by=POLICE, purpose="investigation")
    for _ in range(2):
        await jensen.post(f"{case.path}/interviews", INTERVIEW, idempotency_key="once")
    log = (await case.get("/access-log")).json()["items"]
    read = next(row for row in log if row["operation"] == "person.read")
    assert {name: read[name] for name in ("actor_org", "actor", "client_id", "assurance", "outcome")} == {
        "actor_org": "us",
        "actor": "jensen",
        "client_id": "us",
        "assurance": "high",
        "outcome": "allowed",
    }
    assert read["issuer"].startswith("http")
    assert (read["refusal"], read["is_replay"]) == (None, False)
    assert [row["is_replay"] for row in log if row["operation"] == "interview.add"] == [False, True]
    refused = next(row for row in log if row["operation"] == "read_person")
    assert (refused["outcome"], refused["refusal"], refused["client_id"]) == ("refused", "CaseNotFound", POLICE)


async def test_the_log_comes_in_pages_without_a_gap(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    for _ in range(5):
        await case.get()
    whole = (await case.get("/access-log")).json()["items"]
    cmm = havn.partner("cmm")
    page = (await cmm.get(f"{case.path}/access-log", limit=3)).json()
    rows = page["items"]
    while page["next_cursor"] and len(rows) < len(whole):
        page = (await cmm.get(f"{case.path}/access-log", limit=3, cursor=page["next_cursor"])).json()
        rows += page["items"]
    assert rows[: len(whole)] == whole


async def test_an_auditor_reads_the_log_and_not_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    auditor = havn.partner("cmm", "auditor")
    assert (await auditor.get(f"{case.path}/access-log")).status_code == 200
    assert (await auditor.get(case.path)).status_code == 403
    assert (await auditor.get(f"{case.path}/person", purpose="supervision")).status_code == 403


async def test_the_log_is_for_those_who_work_on_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    assert (await case.get("/access-log")).status_code == 200
    for org in ("us", "hopenow", "anklagemyndigheden", "politi-fyn"):
        assert name_of(await case.get("/access-log", by=org)) == (404, "NotFound")


async def test_the_database_gives_the_log_to_nobody_else(havn: World) -> None:
    case = await open_case(havn, US_DECIDES, sender="hopenow")
    rows = {
        org: len(await havn.sql_as_runtime("identification", "SELECT * FROM accesses_of($1, 0, 100)", case.id, org=org))
        for org in ("cmm", "us", "hopenow", "politi-fyn", "")
    }
    looked_for = 1  # whom else the case may be about: that is CMM's to read
    assert rows["cmm"] - looked_for == rows["us"] > 0
    assert rows["hopenow"] == rows["politi-fyn"] == rows[""] == 0
    own = await havn.sql_as_runtime("identification", "SELECT DISTINCT org FROM audit", org="us")
    assert {row["org"] for row in own} <= {"us"}


async def test_a_case_that_does_not_exist_has_no_log(havn: World) -> None:
    assert (
        await havn.partner("cmm").get(f"{CASES}/00000000-0000-4000-8000-000000000000/access-log")
    ).status_code == 404


# ---------------------------------------------------------------- of all services in one


async def lines(havn: World, case: Opened) -> list[tuple[str, str, str, str | None]]:
    """The whole log of the case as CMM's auditor reads it: of which service, who, what, and the error's name."""
    log = (await havn.partner("cmm", "auditor").get(f"{case.path}/access-log", limit=100)).json()
    assert log["next_cursor"] is None
    return [(row["service"], row["actor_org"], row["operation"], row["refusal"]) for row in log["items"]]


@pytest.mark.row(142)
async def test_cmm_reads_in_one_log_who_looked_at_the_referral_and_at_where_the_person_lives(havn: World) -> None:
    await havn.set_clock(NOW)
    case = await open_case(havn, CMM_DECIDES | {"gender": "woman"})
    referral = f"/referrals/v1/referrals/{(await case.details())['referral_ids'][0]}"
    police, stranger = havn.partner(POLICE), havn.partner("politi-fyn")
    assert (await police.get(referral, purpose="identification")).status_code == 200
    assert (await police.get(referral, purpose="health")).status_code == 403
    assert (await police.get(f"{referral}/status")).status_code == 200
    assert (await stranger.get(referral, purpose="identification")).status_code == 404
    housing = Housing(havn)
    placement_id = await housing.there(case.id, (await housing.shelter(secret_address=True)).place_id)
    place = f"/accommodation/v1/placements/{placement_id}"
    assert (await stranger.get(place, purpose="accommodation")).status_code == 404
    assert (await havn.partner("reden").get(place, purpose="accommodation")).status_code == 200
    read = await lines(havn, case)
    for line in (
        ("referrals", POLICE, "referral.submit", None),
        ("referrals", POLICE, "referral.read", None),
        ("referrals", POLICE, "read_referral", "PurposeNotYours"),
        ("referrals", "politi-fyn", "read_referral", "ReferralNotFound"),
        ("accommodation", "politi-fyn", "read_placement", "PlacementNotFound"),
        ("accommodation", "reden", "placement.read", None),
    ):
        assert line in read, read
    assert sum(line[2] == "referral.status" for line in read) == 1, read
    instants = [row["at"] for row in (await case.get("/access-log")).json()["items"]]
    assert instants == sorted(instants)


async def test_the_log_of_all_services_comes_in_pages_without_a_gap(havn: World) -> None:
    await havn.set_clock(NOW)
    case = await open_case(havn, CMM_DECIDES | {"gender": "woman"})
    housing = Housing(havn)
    await housing.there(case.id, (await housing.shelter()).place_id)
    referral = f"/referrals/v1/referrals/{(await case.details())['referral_ids'][0]}"
    for _ in range(4):
        await havn.partner(POLICE).get(referral, purpose="identification")
    cmm, path = havn.partner("cmm"), f"{case.path}/access-log"
    await havn.set_clock("2026-03-09T13:00:00+01:00")
    whole = (await cmm.get(path)).json()["items"]
    await havn.set_clock("2026-03-09T14:00:00+01:00")  # that somebody reads it is noted too, and comes later
    for limit in (1, 3, 7):
        rows, cursor = [], None
        while len(rows) < len(whole):
            page = (await cmm.get(path, limit=limit, **({"cursor": cursor} if cursor else {}))).json()
            assert len(page["items"]) == limit
            rows, cursor = rows + page["items"], page["next_cursor"]
        assert rows[: len(whole)] == whole, limit
    assert {row["service"] for row in whole} == {"identification", "referrals", "accommodation"}


@pytest.mark.parametrize("service", ["referrals", "accommodation"])
async def test_while_a_service_is_away_there_is_no_log_rather_than_one_with_a_gap(havn: World, service: str) -> None:
    case = await open_case(havn, US_DECIDES)
    async with away_from(havn, "identification", service):
        refused = await case.get("/access-log")
        assert (await case.get("/access-log", by="us")).status_code == 200, "US is shown what identification has"
    assert name_of(refused) == (503, "ServiceAway")
    assert (refused.headers["retry-after"], service in refused.json()["detail"]) == ("5", True)


@pytest.mark.parametrize("service", ["referrals", "accommodation"])
async def test_the_logs_of_the_others_are_for_cmm_alone(havn: World, service: str) -> None:
    case, path = await open_case(havn, US_DECIDES, sender="hopenow"), f"/{service}/v1/access-log"
    for org in ("us", "hopenow", "reden", "politi-fyn"):
        assert name_of(await havn.partner(org).get(path, case_id=case.id)) == (404, "NotFound"), org
    for role in ("health", "facility_manager", "statistician", "dashboard"):
        assert (await havn.partner("cmm", role).get(path, case_id=case.id)).status_code == 403
    assert (await havn.partner("cmm", "auditor").get(path, case_id=case.id)).status_code == 200


async def test_a_cursor_of_the_release_before_leads_on(havn: World) -> None:
    """It named the place in identification's log alone."""
    case = await open_case(havn, CMM_DECIDES)
    path = f"/identification/v1/cases/{case.id}/access-log"
    cursors = havn.application.platform.cursors
    before = cursors.issue([1], holder="cmm", query=f"{path}?[]")
    page = await havn.partner("cmm").get(path, cursor=before)
    assert page.status_code == 200, page.text
    assert page.json()["items"]


async def test_who_decides_reads_it_in_pages_and_nothing_of_how_much_else_went_on(havn: World) -> None:
    case, other = await open_case(havn, US_DECIDES), await open_case(havn, CMM_DECIDES)
    for each in (case, other, other, other, case, case):
        await each.get()
    us, path = havn.partner("us"), f"{CASES}/{case.id}/access-log"
    whole = (await us.get(path)).json()["items"]
    rows, cursor, places = [], None, []
    while len(rows) < len(whole):
        page = (await us.get(path, limit=2, **({"cursor": cursor} if cursor else {}))).json()
        rows, cursor = rows + page["items"], page["next_cursor"]
        places += havn.application.platform.cursors.read(cursor, holder="us", query=f"{path}?[]")
    assert rows[: len(whole)] == whole
    assert places == [2 * (number + 1) for number in range(len(places))], "entries, and no positions"
    assert {row["service"] for row in whole} == {"identification"}
