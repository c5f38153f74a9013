"""From which day each case's time runs, what keeps one longer and what does not; and a batch that runs over several rules."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.identification.retention import domain as retention
from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.life import done, put
from tests.identification.opening.doors import open_door
from tests.identification.retention.test_retention import OPENED, RETENTION, contact, forecast, negative, sweep, victim
from tests.referrals.builders import BODIES, POLICE
from tests.world import World

HALF_A_YEAR_LATER = "2026-09-02"


async def runs(havn: World, **asked: Any) -> dict[str, Any]:
    answer = await havn.partner("cmm", "admin").get(f"{RETENTION}/runs", **asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def merge(case: Opened, into: Opened) -> None:
    await done(case.post("/merge", {"into": into.id}))


# ---------------------------------------------------------------- contacts


@pytest.mark.parametrize(
    "sender", ["us", "anklagemyndigheden", "arbejdstilsynet", "skattestyrelsen", "socialtilsyn-nord", "politi-fyn"]
)
async def test_a_contact_that_any_authority_has_referred_is_no_mere_contact(havn: World, sender: str) -> None:
    (known,) = await havn.sql("referrals", "SELECT count(*) FROM organisation WHERE id = $1", sender)
    assert known[0] == 1, "else nothing is shown here"
    await havn.set_clock(OPENED)
    await open_case(havn, CMM_DECIDES, sender="cmm", channel="hotline")
    case_id = UUID((await open_case(havn, CMM_DECIDES, sender="cmm", channel="hotline")).id)
    await havn.sql("identification", "UPDATE case_referral SET referred_by = $1 WHERE case_id = $2", sender, case_id)
    due = (await forecast(havn, HALF_A_YEAR_LATER))["unlinked_contact"]
    assert len(due) == 1
    assert str(case_id) not in due


async def test_whom_cmm_met_itself_is_a_contact_and_whom_us_met_is_not(havn: World) -> None:
    await havn.set_clock(OPENED)
    ours = await open_door(havn, CMM_DECIDES, channel="hotline")
    await open_door(havn, US_DECIDES, by="us", channel="hotline")
    assert await forecast(havn, HALF_A_YEAR_LATER) == {"unlinked_contact": [ours.id]}


async def test_a_clock_that_runs_out_is_nothing_that_happened(havn: World) -> None:
    case = await contact(havn)
    await sweep(havn, "2026-08-01T10:00:00+02:00")
    told = await havn.events("identification", "deadline-approaching")
    assert told, "clocks have run out meanwhile"
    assert await forecast(havn, HALF_A_YEAR_LATER) == {"unlinked_contact": [case.id]}


async def test_an_alert_of_the_on_call_is_nothing_that_happened(havn: World) -> None:
    night = "2026-03-07T23:30:00+01:00"
    await havn.set_clock(night)
    held = {"in_custody": True, "custody_since": night, "occurred_at": night}
    case = await open_case(havn, CMM_DECIDES, sender="cmm", channel="hotline", **held)
    await havn.set_clock("2026-03-08T01:00:00+01:00")
    assert len(await havn.events("identification", "on-call-alerted")) > 1
    assert await forecast(havn, "2026-09-06") == {}
    assert await forecast(havn, "2026-09-07") == {"unlinked_contact": [case.id]}


async def test_a_contact_who_lets_somebody_know_is_no_mere_contact(havn: World) -> None:
    """Whatever somebody has begun for a person ends with a decision, not with time."""
    case = await contact(havn)
    consent = {"recipient": "hopenow", "purpose": "support", "scope": ["status"], "method": "oral"}
    await done(case.post("/consents", consent), 201)
    assert await forecast(havn, "2027-03-09") == {}, "also a year later"


async def test_a_contact_whose_assessment_is_recommended_is_kept(havn: World) -> None:
    case = await contact(havn)
    await case.recommend()
    assert await forecast(havn, "2030-01-01") == {}


CALLED: dict[str, Any] = {"channel": "hotline"}
BEGUN: dict[str, dict[str, Any]] = {
    "/interviews": {"held_at": OPENED},
    "/rights-explained": {"explained_at": OPENED, "rights": ["support"]},
    "/risk-assessments": {"level": "acute", "assessed_on": "2026-03-02"},
    "/support-measures": {"kind": "contact_person", "starts_on": "2026-03-02"},
    "/suspects": {"name": "Somchai"},
    "/evidence": {"content": "U2hlIHdyb3RlIGl0IGRvd24u"},
    "/missing": {"since": "2026-03-01"},
}
"""The first thing that somebody does for a person."""


@pytest.mark.parametrize("begun", BEGUN)
async def test_a_contact_for_whom_anything_was_begun_is_kept(havn: World, begun: str) -> None:
    case = await contact(havn)
    assert (await case.post(begun, BEGUN[begun])).status_code in (200, 201)
    assert await forecast(havn, "2030-01-01") == {}


@pytest.mark.parametrize("age", [{"stated_age": 15}, {"stated_age": 15, "birth_date": "2008-02-11"}])
@pytest.mark.parametrize("municipality", ["0461", None])
async def test_a_child_and_who_is_presumed_one_is_kept(
    havn: World, age: dict[str, Any], municipality: str | None
) -> None:
    case = await contact(havn, person=age, municipality=municipality)
    assert (await case.details())["age_group"] in ("minor", "presumed_minor")
    assert await forecast(havn, "2028-01-01") == {}
    grown_up = {"unlinked_contact": [case.id]} if municipality is None else {}
    assert await forecast(havn, "2040-01-01") == grown_up, "for whom a municipality acts is kept"


async def test_who_turned_out_not_to_be_the_child_that_a_municipality_was_told_of_is_kept(havn: World) -> None:
    case = await contact(havn, person={"stated_age": 15}, municipality="0461")
    await done(put(case, "/person", CMM_DECIDES | {"stated_age": 20, "age_basis": "assessed"}))
    assert await forecast(havn, "2040-01-01") == {}


@pytest.mark.parametrize("relation", ["child", "parent", "relative", "co_victim"])
async def test_contacts_that_are_linked_with_each_other_are_both_kept(havn: World, relation: str) -> None:
    one, other = await contact(havn), await contact(havn)
    await done(one.post("/links", {"case_id": other.id, "relation": relation}), 201)
    assert await forecast(havn, "2030-01-01") == {}


async def test_a_contact_in_which_another_ones_work_goes_on_is_kept(havn: World) -> None:
    one, other = await contact(havn), await contact(havn)
    await one.interview("2026-03-02T09:00:00+01:00")
    await merge(one, other)
    assert await forecast(havn, "2030-01-01") == {}


async def test_that_us_would_decide_is_no_reason_to_keep_a_contact(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_door(havn, US_DECIDES, anonymous=True, **CALLED)
    assert (await case.details())["routing"]["rule"] == "R6"
    assert await forecast(havn, HALF_A_YEAR_LATER) == {"unlinked_contact": [case.id]}


async def test_no_machine_erases_a_contact_whose_referral_was_withdrawn(havn: World) -> None:
    case, other = await contact(havn, sender="reden"), await contact(havn, sender="reden")
    assert set((await forecast(havn, HALF_A_YEAR_LATER))["unlinked_contact"]) == {case.id, other.id}
    (referral_id,) = (await case.details())["referral_ids"]
    withdrawing = havn.partner("reden").post(f"/referrals/v1/referrals/{referral_id}/withdraw", BODIES["withdraw"])
    assert (await withdrawing).status_code == 200
    await havn.settled()
    assert await forecast(havn, HALF_A_YEAR_LATER) == {"unlinked_contact": [other.id]}


# ---------------------------------------------------------------- decided


async def test_who_was_not_identified_is_kept_24_months_from_the_closure_where_that_came_later(havn: World) -> None:
    case = await negative(havn)
    await havn.set_clock("2026-06-01T10:00:00+02:00")
    await done(case.post("/closure", {"on": "2026-06-01", "reason": "Nothing more to do."}))
    assert await forecast(havn, "2028-05-31") == {}
    assert await forecast(havn, "2028-06-01") == {"not_identified": [case.id]}


async def test_a_later_decision_begins_the_24_months_anew_and_a_positive_one_ends_them(havn: World) -> None:
    case, other = await negative(havn), await open_case(havn, CMM_DECIDES)
    first = await other.decide(outcome="not_trafficked")
    second = (await case.details())["decisions"][0]["decision_id"]
    again = {"decided_on": "2026-05-04"}
    await havn.set_clock("2026-05-04T12:00:00+02:00")
    await done(case.try_deciding("CMM", "insufficient_basis", replaces=second, **again), 201)
    await done(other.try_deciding("CMM", "assessed_trafficked", replaces=first, **again), 201)
    assert await forecast(havn, "2028-05-03") == {}
    assert await forecast(havn, "2028-05-04") == {"not_identified": [case.id]}


async def test_a_victims_file_is_kept_five_years_from_the_last_follow_up(havn: World) -> None:
    case = await victim(havn)
    await havn.sql("identification", "UPDATE case_file SET last_follow_up_on = '2026-12-24'")
    assert await forecast(havn, "2031-12-23") == {}
    assert await forecast(havn, "2031-12-24") == {"closed_victim": [case.id]}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_file SET missing = true, age_group = 'adult'",
        "UPDATE case_file SET missing = true, age_group = 'minor', adult_on = '2031-06-01'",
        "INSERT INTO appeal (id, case_id, decision_id, filed_on, filed_by, recorded_at, recorded_by, outcome, decided_on)"
        " SELECT gen_random_uuid(), case_id, id, decided_on, 'person', recorded_at, 'cmm', 'upheld', decided_on FROM decision",
        "INSERT INTO return_plan (case_id, destination, agreed_on, departed_on, reintegration_until, recorded_at, recorded_by)"
        " SELECT id, 'ROU', '2030-01-01', '2030-11-30', '2031-05-31', opened_at, 'cmm' FROM case_file",
        "INSERT INTO return_plan (case_id, destination, agreed_on, recorded_at, recorded_by)"
        " SELECT id, 'ROU', '2026-04-01', opened_at, 'cmm' FROM case_file",
        "INSERT INTO period (id, case_id, decision_id, kind, requested_on, starts_on, ends_on, cap_on)"
        " SELECT gen_random_uuid(), case_id, id, 'restitution', decided_on, decided_on, '2031-05-31', '2031-05-31'"
        " FROM decision",
    ],
    ids=[
        *("missing adult", "missing, and of age today", "appeal decided", "reintegration over"),
        *("a return that closed with the case", "period over"),
    ],
)
async def test_what_is_over_keeps_nothing(havn: World, statement: str) -> None:
    case = await victim(havn)
    await havn.sql("identification", statement)
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [case.id]}


@pytest.mark.parametrize("last_day", ["period", "reintegration"])
async def test_on_its_last_day_a_period_still_keeps_the_case(havn: World, last_day: str) -> None:
    case = await victim(havn)
    statement = {
        "period": "INSERT INTO period (id, case_id, decision_id, kind, requested_on, starts_on, ends_on, cap_on)"
        " SELECT gen_random_uuid(), case_id, id, 'restitution', decided_on, decided_on, '2031-07-01', '2031-07-01'"
        " FROM decision",
        "reintegration": "INSERT INTO return_plan (case_id, destination, agreed_on, departed_on, reintegration_until,"
        " recorded_at, recorded_by) SELECT id, 'ROU', '2030-12-01', '2031-01-01', '2031-07-01', opened_at, 'cmm'"
        " FROM case_file",
    }[last_day]
    await havn.sql("identification", statement)
    assert await forecast(havn, "2031-07-01") == {}
    assert await forecast(havn, "2031-07-02") == {"closed_victim": [case.id]}


async def test_an_open_file_with_a_return_to_come_is_kept(havn: World) -> None:
    case = await negative(havn)
    plan = {"destination": "ROU", "agreed_on": "2026-03-09", "planned_departure_on": "2026-04-20"}
    await done(put(case, "/return-plan", plan))
    assert await forecast(havn, "2040-01-01") == {}


# ---------------------------------------------------------------- one person, several cases


async def test_merged_cases_go_together_and_each_is_told(havn: World) -> None:
    surviving = await victim(havn)
    merged = await open_case(havn, CMM_DECIDES | {"given_name": "Malee"})
    await havn.sql("identification", "UPDATE case_file SET merged_into = $1 WHERE id = $2", surviving.id, merged.id)
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [surviving.id]}
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    told = {event["case_id"] for event in await havn.events("identification", "case-erased")}
    assert told == {surviving.id, merged.id}
    assert await havn.sql("identification", "SELECT FROM data_key WHERE owner_id = $1", merged.id) == []


async def test_a_hold_on_a_merged_case_keeps_the_one_it_was_merged_into(havn: World) -> None:
    surviving = await victim(havn)
    merged = await open_case(havn, CMM_DECIDES)
    await done(merged.post("/legal-hold", {"reason": "The court asks for the file."}, role="lawyer"), 201)
    await havn.sql("identification", "UPDATE case_file SET merged_into = $1 WHERE id = $2", surviving.id, merged.id)
    assert await forecast(havn, "2031-06-01") == {}
    await havn.sql("identification", "UPDATE legal_hold SET ended_at = now()")
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [surviving.id]}


async def merge_twice(havn: World, deepest: Opened, surviving: Opened) -> None:
    """The one case was merged into another, which was merged into the last."""
    between = await open_case(havn, CMM_DECIDES)
    for case, into in ((deepest, between), (between, surviving)):
        await havn.sql("identification", "UPDATE case_file SET merged_into = $1 WHERE id = $2", into.id, case.id)


RUNS_IN_ONE = {
    "placement": "UPDATE case_file SET is_housed = true WHERE id = $1",
    "hold": "INSERT INTO legal_hold (id, case_id, placed_at, placed_by) SELECT gen_random_uuid(), id, opened_at, 'cmm'"
    " FROM case_file WHERE id = $1",
    "appeal": "INSERT INTO appeal (id, case_id, decision_id, filed_on, filed_by, recorded_at, recorded_by)"
    " SELECT gen_random_uuid(), $1, id, decided_on, 'person', recorded_at, 'cmm' FROM decision",
    "period": "INSERT INTO period (id, case_id, decision_id, kind, requested_on, starts_on, ends_on, cap_on)"
    " SELECT gen_random_uuid(), $1, id, 'restitution', decided_on, decided_on, '2031-06-01', '2031-06-01' FROM decision",
    "return": "INSERT INTO return_plan (case_id, destination, agreed_on, departed_on, reintegration_until, recorded_at,"
    " recorded_by) SELECT id, 'ROU', '2031-01-01', '2031-02-01', '2031-08-01', opened_at, 'cmm' FROM case_file WHERE id = $1",
    "follow-up": "UPDATE case_file SET last_follow_up_on = '2026-12-24' WHERE id = $1",
}


@pytest.mark.parametrize("runs", RUNS_IN_ONE)
async def test_whatever_runs_in_any_of_a_persons_cases_keeps_them_all(havn: World, runs: str) -> None:
    surviving, deepest = await victim(havn), await open_case(havn, CMM_DECIDES)
    await merge_twice(havn, deepest, surviving)
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [surviving.id]}
    await havn.sql("identification", RUNS_IN_ONE[runs], UUID(deepest.id))
    assert await forecast(havn, "2031-06-01") == {}


async def test_who_was_once_identified_in_any_of_her_cases_is_kept_as_a_victim(havn: World) -> None:
    surviving, once = await negative(havn), await open_case(havn, CMM_DECIDES)
    await once.decide(outcome="assessed_trafficked")
    await havn.set_clock("2026-06-01T10:00:00+02:00")
    await done(surviving.post("/closure", {"on": "2026-06-01", "reason": "Nothing more to do."}))
    assert await forecast(havn, "2028-06-01") == {"not_identified": [surviving.id]}
    await merge_twice(havn, once, surviving)
    assert await forecast(havn, "2028-06-01") == {}
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [surviving.id]}


# ---------------------------------------------------------------- the run


async def test_a_batch_counts_over_all_rules(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = [await contact(havn) for _ in range(2)]
    decided = await negative(havn)
    terms = retention.TERMS.on(date(2028, 6, 1)).model_copy(update={"batch": 2})
    monkeypatch.setattr(retention.TERMS, "on", lambda day: terms)
    await havn.set_clock("2028-06-01T10:00:00+02:00")
    await sweep(havn, "2028-06-01T10:00:05+02:00")
    first, second = [run for run in (await runs(havn))["items"][::-1] if run["case_ids"]]
    assert (set(first["case_ids"]), first["is_complete"]) == ({case.id for case in contacts}, False)
    assert (second["case_ids"], second["is_complete"]) == ([decided.id], True)


async def test_the_reports_come_in_pages_newest_first(havn: World) -> None:
    for day in (1, 2, 3):
        await sweep(havn, f"2026-06-0{day}T03:00:00+02:00")
    first = await runs(havn, limit=2)
    second = await runs(havn, limit=2, cursor=first["next_cursor"])
    days = [run["on"] for run in first["items"] + second["items"]]
    assert days[:3] == ["2026-06-03", "2026-06-02", "2026-06-01"]
    assert days == sorted(set(days), reverse=True), "one report a day"


async def test_a_stored_answer_is_kept_thirty_days(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, CMM_DECIDES)
    body, key = {"held_at": "2026-03-02T09:00:00+01:00"}, "the-same-call"
    first = await done(case.post("/interviews", body, idempotency_key=key), 201)
    await sweep(havn, "2026-03-31T10:00:00+02:00")
    assert await done(case.post("/interviews", body, idempotency_key=key), 201) == first
    await sweep(havn, "2026-04-02T10:00:00+02:00")
    assert (await done(case.post("/interviews", body, idempotency_key=key), 201))["number"] == 2


async def test_what_was_to_begin_later_holds_nobody_up_after_the_erasure(havn: World) -> None:
    """The day of a permit comes when its case is erased: there is nothing to change, and the others' days come as well."""
    gone = await contact(havn)
    await done(gone.post("/legal-status", {"residence_basis": "visa", "valid_from": "2026-12-01"}), 201)
    await havn.set_clock("2026-08-01T10:00:00+02:00")
    other = await open_case(havn, CMM_DECIDES, sender=POLICE)
    await done(other.post("/legal-status", {"residence_basis": "visa", "valid_from": "2026-12-01"}), 201)
    await sweep(havn, "2026-09-02T10:00:00+02:00")
    assert len(await havn.events("identification", "case-erased")) == 1
    await sweep(havn, "2026-12-01T10:00:00+01:00")
    assert (await other.details())["residence_basis"] == "visa"
    told = [event["key"] for event in await havn.events("identification") if event["occurred_at"] > "2026-12-01"]
    assert gone.id not in told


async def test_a_hold_on_an_undecided_day_is_refused_for_all_but_lawyers_and_changes_nothing(havn: World) -> None:
    case = await victim(havn)
    for role in ("caseworker", "decider", "admin"):
        assert (await case.post("/legal-hold", {"reason": "Ours."}, role=role)).status_code == 403, role
    assert (await case.post("/legal-hold", {}, role="lawyer")).status_code == 422
    stale = await case.post("/legal-hold", {"reason": "Ours."}, role="lawyer", if_match='"0"')
    assert name_of(stale) == (412, "Stale")
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [case.id]}
