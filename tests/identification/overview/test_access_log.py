"""Who saw or changed what of a case: complete, in order, refusals included; and reading the log is in the log."""

import pytest

from shared.identity.actor import Assurance
from tests.identification.builders import CASES, CMM_DECIDES, US_DECIDES, listed, name_of, open_case
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
