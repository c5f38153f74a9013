"""Decisions: by the routed authority's decider alone, after a recommendation, never overwritten; and what a court adds."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, name_of, open_case
from tests.identification.life import close
from tests.world import World

PROSECUTION = "anklagemyndigheden"
ASYLUM: dict[str, Any] = {"citizenships": ["NGA"], "residence_basis": "asylum_seeker", "asylum_pending": True}


async def recommended_case(havn: World, person: dict[str, Any]) -> Opened:
    case = await open_case(havn, person)
    await case.recommend()
    return case


WHO_MAY_DECIDE: list[tuple[dict[str, Any], list[tuple[str, str, str, int]]]] = [
    (
        CMM_DECIDES,
        [
            ("CMM", "cmm", "caseworker", 403),
            ("CMM", "cmm", "lawyer", 403),
            ("US", "cmm", "decider", 403),
            ("US", "us", "decider", 404),
            ("CMM", "us", "decider", 404),
            ("CMM", PROSECUTION, "decider", 404),
            ("CMM", "cmm", "decider", 201),
        ],
    ),
    (
        US_DECIDES,
        [
            ("US", "us", "caseworker", 403),
            ("CMM", "us", "decider", 403),
            ("CMM", "cmm", "decider", 403),
            ("US", "cmm", "decider", 403),
            ("US", "politi-oestjylland", "decider", 403),
            ("US", "us", "decider", 201),
        ],
    ),
]
"""For each case: the authority that is named, who asks in which role, and the answer; who may decide comes last."""


@pytest.mark.row(8)
@pytest.mark.parametrize(("person", "attempts"), WHO_MAY_DECIDE)
async def test_only_a_decider_of_the_routed_authority_decides(
    havn: World, person: dict[str, Any], attempts: list[tuple[str, str, str, int]]
) -> None:
    case = await recommended_case(havn, person)
    for authority, by, role, status in attempts:
        answer = await case.try_deciding(authority, by=by, role=role)
        assert answer.status_code == status, (authority, by, role, answer.text)
        assert (await case.details())["status"] == ("decided" if status == 201 else "recommended")


async def test_a_decision_is_kept_with_the_legal_status_of_its_day(havn: World) -> None:
    case = await recommended_case(havn, CMM_DECIDES)
    decided = await case.try_deciding(
        exploitation_forms=["FORCED_LABOUR", "BEGGING"],
        notified_on="2026-03-10",
        legal_status="visa",
        reasons="He kept her passport.",
    )
    assert decided.json()["is_current"]
    (told,) = (await case.details())["decisions"]
    assert told == {
        "decision_id": decided.json()["decision_id"],
        "authority": "CMM",
        "outcome": "assessed_trafficked",
        "exploitation_forms": ["FORCED_LABOUR", "BEGGING"],
        "decided_on": "2026-03-09",
        "notified_on": "2026-03-10",
        "legal_status": "visa",
        "asylum_pending": False,
        "rule": "R5",
        "table_version": "routing-2021",
        "recorded_by": "cmm",
        "decided_by": "cmm",
        "replaces": None,
        "is_current": True,
    }
    (row,) = await havn.sql("identification", "SELECT reasons FROM decision")
    assert b"passport" not in row["reasons"]
    (event,) = await havn.events("identification", "decision-made")
    assert (event["authority"], event["outcome"], event["decided_on"]) == ("CMM", "assessed_trafficked", "2026-03-09")


async def test_the_legal_status_at_the_decision_outlives_later_changes(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    lost = {"residence_basis": "no_legal_stay", "citizenships": ["PHL"]}
    changed = await havn.partner("cmm").put(f"{case.path}/person", lost, if_match=await case.etag())
    assert changed.status_code == 200, changed.text
    told = await case.details()
    assert told["residence_basis"] == "no_legal_stay"
    assert told["decisions"][0]["legal_status"] == "residence_permit"


async def test_a_positive_decision_has_a_form_of_exploitation_even_if_unknown(havn: World) -> None:
    for outcome, forms in {"assessed_trafficked": ["UNKNOWN"], "not_trafficked": []}.items():
        case = await open_case(havn, CMM_DECIDES)
        await case.decide("CMM", outcome)
        assert (await case.details())["decisions"][0]["exploitation_forms"] == forms


@pytest.mark.row(8)
@pytest.mark.parametrize(
    "outcome",
    ["assessed_trafficked", "not_trafficked", "insufficient_basis", "other_offence_262b"],
)
async def test_an_assessment_needs_a_recommendation(havn: World, outcome: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.try_deciding("CMM", outcome)
    assert name_of(refused) == (409, "CaseStatusDoesNotAllow")
    assert (refused.json()["current_status"], refused.json()["allowed"]) == ("referred", ["recommended"])
    await case.interview("2026-03-03T10:00:00+01:00")
    assert (await case.try_deciding("CMM", outcome)).json()["current_status"] == "clarification"
    await case.recommend()
    assert (await case.try_deciding("CMM", outcome)).status_code == 201


@pytest.mark.parametrize("outcome", ["declined", "disappeared", "withdrawn"])
async def test_what_ends_without_an_assessment_needs_none(havn: World, outcome: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.try_deciding("CMM", outcome)).status_code == 201
    assert (await case.details())["identification_pending"] is False


async def test_nobody_decides_before_it_is_settled_who(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    assert name_of(await case.try_deciding()) == (409, "AuthorityNotSettled")
    assert name_of(await case.try_deciding("CMM", "declined")) == (409, "AuthorityNotSettled")


async def test_the_dates_of_a_decision_are_danish_days_in_order(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, occurred_at="2026-03-02T00:30:00+01:00")
    await case.recommend()
    assert name_of(await case.try_deciding(decided_on="2026-03-01")) == (422, "DecidedBeforeReferral")
    by_court = await case.try_deciding("COURT", by="cmm", decided_on="2025-11-03")
    assert by_court.status_code == 201, "a court may have recognised the person long before anybody refers them (R1)"
    refused = await case.try_deciding(decided_on="2026-03-02", notified_on="2026-03-01")
    assert name_of(refused) == (422, "NotifiedBeforeDecision")
    for said in ({"decided_on": "02-03-2026"}, {"outcome": "guilty"}, {"authority": "needs_review"}, {"mood": "low"}):
        body = {"authority": "CMM", "outcome": "not_trafficked", "decided_on": "2026-03-02"} | said
        assert (await case.post("/decisions", body, role="decider", if_match="*")).status_code == 422
    assert (await case.try_deciding(decided_on="2026-03-02", notified_on="2026-03-02")).status_code == 201


async def test_a_decision_says_which_version_of_the_case_it_decides(havn: World) -> None:
    case = await recommended_case(havn, CMM_DECIDES)
    body = {"authority": "CMM", "outcome": "assessed_trafficked", "decided_on": "2026-03-09"}
    assert name_of(await case.post("/decisions", body, role="decider")) == (428, "IfMatchMissing")
    seen = await case.etag()
    await case.interview("2026-03-08T10:00:00+01:00")
    assert name_of(await case.try_deciding(if_match=seen)) == (412, "Stale")
    assert (await case.details())["decisions"] == []
    assert (await case.try_deciding(if_match=await case.etag())).status_code == 201


@pytest.mark.row(11)
async def test_a_later_decision_names_the_one_it_replaces_and_overwrites_nothing(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide("CMM", "insufficient_basis")
    refused = await case.try_deciding()
    assert name_of(refused) == (409, "AlreadyDecided")
    assert refused.json()["current_decision"] == first
    for unknown in ("00000000-0000-4000-8000-000000000000", case.id):
        assert name_of(await case.try_deciding(replaces=unknown)) == (422, "ReplacesNothing")
    second = await case.try_deciding(decided_on="2026-04-20", replaces=first)
    assert second.status_code == 201, second.text
    told = (await case.details())["decisions"]
    assert [(each["outcome"], each["is_current"], each["replaces"]) for each in told] == [
        ("insufficient_basis", False, None),
        ("assessed_trafficked", True, first),
    ]
    assert name_of(await case.try_deciding(replaces=first)) == (422, "ReplacesNothing"), "it is no longer a current one"
    (event,) = await havn.events("identification", "decision-replaced")
    assert (event["decision_id"], event["replaced_by"]) == (first, second.json()["decision_id"])


async def test_a_decision_does_not_depend_on_cooperation_with_the_police_or_on_an_investigation(havn: World) -> None:
    silent, heard = await open_case(havn, CMM_DECIDES), await open_case(havn, CMM_DECIDES)
    waived = {"kind": "charge_waiver_request", "on": "2026-03-05", "section": "262a"}
    assert (await heard.post("/criminal-track", waived)).status_code == 201
    for case in (silent, heard):
        await case.decide()
        assert (await case.grant())["kind"] == "restitution"


@pytest.mark.row(8)
async def test_a_decision_keeps_who_decided_and_on_what_basis(havn: World) -> None:
    case = await recommended_case(havn, ASYLUM)
    body = {"authority": "US", "outcome": "assessed_trafficked", "decided_on": "2026-03-09", "reasons": "Her account."}
    decider = havn.partner("us", "decider", subject="us-decider-7")
    decided = await decider.post(f"{case.path}/decisions", body, if_match="*")
    assert decided.status_code == 201, decided.text
    (told,) = (await case.details())["decisions"]
    assert (told["recorded_by"], told["decided_by"], told["decided_on"]) == ("us", "us-decider-7", "2026-03-09")
    assert (told["rule"], told["legal_status"], told["asylum_pending"]) == ("R2", "asylum_seeker", True)


@pytest.mark.row(11)
async def test_a_negative_decision_is_reconsidered_and_the_reasons_of_both_stay_readable(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide("CMM", "not_trafficked", reasons="No force was seen.")
    again = await case.try_deciding(decided_on="2026-05-04", replaces=first, reasons="Now it was.")
    assert again.status_code == 201, again.text
    assert (await case.get("/decisions")).status_code == 400, "reasons are read for a purpose"
    read = await case.get("/decisions", purpose="legal")
    items = read.json()["items"]
    assert [(each["outcome"], each["reasons"], each["is_current"], each["replaces"]) for each in items] == [
        ("not_trafficked", "No force was seen.", False, None),
        ("assessed_trafficked", "Now it was.", True, first),
    ]
    assert "force" not in str(await case.details())
    (kept,) = await havn.sql(
        "identification", "SELECT purpose, subject_id FROM audit WHERE operation = 'decision.list'"
    )
    assert (kept["purpose"], str(kept["subject_id"])) == ("legal", case.id)


async def test_decisions_come_in_pages(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    ids = [await case.decide("CMM", "not_trafficked")]
    for _ in range(2):
        again = await case.try_deciding("CMM", "not_trafficked", replaces=ids[-1])
        ids.append(again.json()["decision_id"])
    seen, cursor = [], None
    while True:
        page = (await case.get("/decisions", purpose="legal", limit=1, cursor=cursor)).json()
        seen += [each["decision_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids


async def test_the_reasons_of_decisions_are_for_those_who_work_on_the_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide(reasons="The whole picture.")
    for org in ("us", "politi-oestjylland", "reden"):
        assert (await case.get("/decisions", by=org, purpose="legal")).status_code == 404
    assert (await case.get("/decisions", by=PROSECUTION, purpose="prosecution")).json()["items"] == []
    assert (await case.try_deciding("COURT", by=PROSECUTION, reasons="The verdict.")).status_code == 201
    (read,) = (await case.get("/decisions", by=PROSECUTION, purpose="prosecution")).json()["items"]
    assert (read["authority"], read["reasons"]) == ("COURT", "The verdict.")


@pytest.mark.parametrize("by", [PROSECUTION, "cmm"])
async def test_the_prosecution_reads_no_stay_with_a_judgment_nor_another_decision_by_a_consent(
    havn: World, by: str
) -> None:
    seeker = {"citizenships": ["ERI"], "residence_basis": "asylum_seeker", "asylum_pending": True}
    case = await open_case(havn, seeker, sender="hopenow")
    await case.decide("US", outcome="not_trafficked", reasons="Of US.")
    before = (await case.get("/status", by=PROSECUTION, purpose="prosecution")).json()
    consent = {"recipient": PROSECUTION, "purpose": "prosecution", "scope": ["outcome"], "method": "oral"}
    assert (await case.post("/consents", consent)).status_code == 201
    after = (await case.get("/status", by=PROSECUTION, purpose="prosecution")).json()
    assert (after["deciding_authority"], after["status"]) == (before["deciding_authority"], before["status"])
    assert (before["outcome"], after["outcome"]) == (None, "not_trafficked"), "a consent takes nothing away"
    recorded = await case.try_deciding("COURT", by=by, reasons="The verdict.")
    assert recorded.status_code == 201, recorded.text
    read = await case.get("/decisions", by=PROSECUTION, purpose="prosecution")
    (judgment,) = read.json()["items"]
    assert judgment["authority"] == "COURT"
    assert not {"legal_status", "asylum_pending", "rule", "table_version"} & judgment.keys()
    assert "asylum" not in read.text
    one = await case.get("/decisions", by=PROSECUTION, purpose="prosecution", limit=1)
    assert one.json()["next_cursor"] is None, "nor how many others there are"


@pytest.mark.parametrize("outcome", ["other_offence_262b", "not_trafficked", "insufficient_basis", "declined"])
async def test_nothing_but_an_assessment_as_trafficked_is_counted(havn: World, outcome: str) -> None:
    """Human exploitation (262 b) is not trafficking: it is counted apart, never in the count."""
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide("CMM", outcome, exploitation_forms=["FORCED_LABOUR"])
    assert await counted(havn) == 0
    assert (await case.try_deciding("CMM", "other_offence_262b", replaces=first)).status_code == 201
    assert await counted(havn) == 0


async def counted(havn: World) -> int:
    await havn.settled()
    victims = await havn.partner("cmm").get("/stats/v1/victims", by="year")
    return sum(row["count"] for row in victims.json()["rows"])


# ---------------------------------------------------------------- courts


@pytest.mark.parametrize("by", ["cmm", PROSECUTION])
async def test_cmm_or_the_prosecution_records_what_a_court_has_decided(havn: World, by: str) -> None:
    case = await open_case(havn, US_DECIDES)
    for role in ("caseworker", "lawyer"):
        assert (await case.try_deciding("COURT", by=by, role=role)).status_code == 403
    recorded = await case.try_deciding("COURT", by=by, if_match=await case.etag(by=by))
    assert recorded.status_code == 201, recorded.text
    told = await case.details()
    assert [each["authority"] for each in told["decisions"]] == ["COURT"]
    assert told["status"] == "decided"


async def test_nobody_else_records_a_courts_decision(havn: World) -> None:
    case = await recommended_case(havn, US_DECIDES)
    assert name_of(await case.try_deciding("COURT", by="us")) == (403, "WrongAuthority")
    assert (await case.try_deciding("COURT", by="politi-oestjylland")).status_code == 403


async def test_the_prosecution_may_record_also_in_a_case_that_it_referred(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender=PROSECUTION)
    assert (await case.try_deciding("COURT", by=PROSECUTION)).status_code == 201


async def test_the_prosecution_sees_its_courts_decisions_and_no_other(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    first = await case.try_deciding("COURT", "not_trafficked", by=PROSECUTION)
    assert name_of(await case.try_deciding("COURT", by=PROSECUTION)) == (409, "AlreadyDecided")
    again = await case.try_deciding("COURT", by=PROSECUTION, replaces=first.json()["decision_id"])
    assert again.status_code == 201, again.text
    rows = await havn.sql_as_runtime("identification", "SELECT authority FROM decision", org=PROSECUTION)
    assert [row["authority"] for row in rows] == ["COURT", "COURT"]
    seen = (await case.get(by=PROSECUTION)).json()
    assert (seen["case_id"], "decisions" in seen, "assessed_trafficked" in str(seen)) == (case.id, False, False)


async def test_a_court_may_come_before_and_after_an_authority(havn: World) -> None:
    before = await open_case(havn, US_DECIDES)
    assert (await before.try_deciding("COURT", by="cmm")).status_code == 201
    await before.decide("US")
    after = await open_case(havn, US_DECIDES)
    await after.decide("US", "not_trafficked")
    assert (await after.try_deciding("COURT", by="cmm")).status_code == 201
    for case, authorities in ((before, ["COURT", "US"]), (after, ["US", "COURT"])):
        told = (await case.details())["decisions"]
        assert [each["authority"] for each in told] == authorities
        assert all(each["is_current"] for each in told)
        state = (await case.get("/status")).json()
        assert state["outcome"] == "assessed_trafficked"


async def test_a_recognition_by_a_court_settles_an_open_routing_and_cmm_opens_the_support(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    assert (await case.try_deciding("COURT", by=PROSECUTION)).status_code == 201
    routing = (await case.details())["routing"]
    assert (routing["authority"], routing["rule"]) == ("COURT", "R1")
    await case.recommend()
    assert name_of(await case.try_deciding("US", by="us")) == (404, "NotFound")
    assert (await case.try_deciding("CMM")).status_code == 201


async def test_a_court_that_does_not_recognise_the_person_leaves_it_to_the_authority(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.try_deciding("COURT", "not_trafficked", by=PROSECUTION)).status_code == 201
    told = await case.details()
    assert (told["status"], told["identification_pending"]) == ("referred", True)
    await case.decide()
    assert (await case.get("/status")).json()["outcome"] == "assessed_trafficked"


@pytest.mark.parametrize(("facts", "authority"), [(US_DECIDES, "US"), (NEEDS_REVIEW, "needs_review")])
async def test_whom_a_higher_court_does_not_recognise_and_nobody_else_has_decided_about_is_pending_again(
    havn: World, facts: dict[str, Any], authority: str
) -> None:
    """So that nobody is removed while the identification runs, and somebody has to decide."""
    case = await open_case(havn, facts, sender="politi-oestjylland")
    first = await case.try_deciding("COURT", by="anklagemyndigheden")
    assert first.status_code == 201, first.text
    assert (await case.details())["status"] == "decided"
    await havn.set_clock("2026-06-01T12:00:00+02:00")
    overturned = await case.try_deciding(
        "COURT",
        "not_trafficked",
        by="anklagemyndigheden",
        decided_on="2026-05-28",
        replaces=first.json()["decision_id"],
    )
    assert overturned.status_code == 201, overturned.text
    told = await case.details()
    assert (told["status"], told["deciding_authority"] or "needs_review") == ("clarification", authority)
    due = {each["kind"]: each["due_on"] for each in told["deadlines"] if each["state"] != "done"}
    assert due["decision"] == "2026-06-27", "thirty days from the higher court's judgment"
    police = await case.get("/status", by="politi-oestjylland", purpose="identification")
    assert police.json()["identification_pending"] is True


async def test_a_closed_case_is_opened_again_when_a_higher_court_takes_the_recognition_back(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = (await case.try_deciding("COURT", by="anklagemyndigheden")).json()["decision_id"]
    await close(case, "2026-03-09")
    overturned = await case.try_deciding("COURT", "not_trafficked", by="anklagemyndigheden", replaces=first)
    assert overturned.status_code == 201, overturned.text
    told = await case.details()
    assert (told["status"], told["identification_pending"]) == ("clarification", True)
    await case.decide()
    assert (await case.details())["status"] == "decided", "there is a way on"


async def test_what_the_authority_has_decided_stands_when_a_higher_court_takes_a_recognition_back(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = (await case.try_deciding("COURT", by="anklagemyndigheden")).json()["decision_id"]
    await case.decide()
    overturned = await case.try_deciding("COURT", "not_trafficked", by="anklagemyndigheden", replaces=first)
    assert overturned.status_code == 201, overturned.text
    assert (await case.details())["status"] == "decided"


async def test_r1_after_a_court_cmm_is_asked_to_open_the_support_offer(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    assert (await case.try_deciding("COURT", "not_trafficked", by=PROSECUTION)).status_code == 201
    asked = "/identification/v1/alerts"
    assert [each["kind"] for each in (await havn.partner("cmm").get(asked)).json()["items"]] == []
    first = (await case.details())["decisions"][0]["decision_id"]
    recognised = await case.try_deciding("COURT", by=PROSECUTION, replaces=first)
    assert recognised.status_code == 201, recognised.text
    (alert,) = (await havn.partner("cmm").get(asked)).json()["items"]
    assert (alert["kind"], alert["case_id"]) == ("support_offer", case.id)
    assert (await case.details())["support_to_open"] is True
