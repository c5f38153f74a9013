"""How long things are kept: what would be erased, what was, and that nothing of it can be read afterwards."""

from datetime import date
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.retention import domain as retention
from shared.data.sealed import key_of
from shared.data.vault import SealBroken
from shared.identity.actor import Actor
from shared.kernel.clock import months_after
from tests.accommodation.housing import Housing
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, Opened, listed, name_of, open_case
from tests.identification.consents.test_consents import consent
from tests.world import World

RETENTION = "/identification/v1/retention"
OPENED = "2026-03-02T10:00:00+01:00"
CANARIES = ("Canaria", "Kanarifugl", "1405981AB2", "blue bakery", "kanari.dk", "spoke of her cousin", "Because of her")
PERSON: dict[str, Any] = CMM_DECIDES | {
    "given_name": "Canaria",
    "family_name": "Kanarifugl",
    "identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}],
}


async def forecast(havn: World, on: str) -> dict[str, list[str]]:
    answer = await havn.partner("cmm", "admin").get(RETENTION, on=on)
    assert answer.status_code == 200, answer.text
    rules = answer.json()["rules"]
    assert all(rule["count"] == len(rule["case_ids"]) for rule in rules)
    return {rule["rule"]: rule["case_ids"] for rule in rules if rule["case_ids"]}


async def sweep(havn: World, moment: str) -> None:
    """The clock moves there, and what is due then is done."""
    await havn.set_clock(moment)
    await havn.application.workers["identification"].sweep()
    await havn.settled()


async def contact(havn: World, **said: Any) -> Opened:
    """A hotline contact without a name."""
    await havn.set_clock(OPENED)
    person = CMM_DECIDES | said.pop("person", {})
    return await open_case(havn, person, sender=said.pop("sender", "cmm"), **({"channel": "hotline"} | said))


async def negative(havn: World, outcome: str = "not_trafficked") -> Opened:
    await havn.set_clock(OPENED)
    case = await open_case(havn, PERSON, safe_contact="The blue bakery.")
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    await case.interview("2026-03-03T10:00:00+01:00", summary="She spoke of her cousin.")
    await consent(case, "hopenow", scope="Only as kanari.dk says.")
    await case.decide(outcome=outcome, reasons="Because of her papers.")
    return case


async def victim(havn: World) -> Opened:
    case = await negative(havn, "assessed_trafficked")
    await havn.set_clock("2026-06-01T10:00:00+02:00")
    closed = await case.post("/closure", {"on": "2026-06-01", "reason": "She went home."})
    assert closed.status_code in (200, 201), closed.text
    return case


async def test_an_unlinked_contact_is_kept_six_months(havn: World) -> None:
    case = await contact(havn)
    assert await forecast(havn, "2026-09-01") == {}
    assert await forecast(havn, "2026-09-02") == {"unlinked_contact": [case.id]}


async def test_that_a_paper_ran_out_meanwhile_keeps_nobody_longer(havn: World) -> None:
    """The machine routes the case again; nobody has heard of the person."""
    ending = {"citizenships": ["THA"], "residence_basis": "visa", "residence_valid_until": "2026-04-01"}
    case = await contact(havn, person=ending)
    await sweep(havn, "2026-04-20T12:00:00+02:00")
    assert (await case.details())["routing"]["rule"] == "R6"
    assert await forecast(havn, "2026-09-02") == {"unlinked_contact": [case.id]}


@pytest.mark.parametrize(
    "said",
    [
        {"person": {"identifiers": [{"type": "other", "value": "LGBT-77"}]}},
        {"sender": "politi-fyn"},
        {"sender": "kommune-0461"},
        {"channel": "police_operation"},
    ],
    ids=["identified", "police", "municipality", "channel"],
)
async def test_a_contact_that_is_linked_to_anything_is_kept(havn: World, said: dict[str, Any]) -> None:
    await contact(havn, **said)
    assert await forecast(havn, "2028-01-01") == {}


async def test_a_contact_for_whom_a_place_was_asked_is_kept(havn: World) -> None:
    case = await contact(havn)
    before = (await case.get()).headers["etag"]
    await Housing(havn).request(case.id)
    await havn.settled()
    assert (await case.get()).headers["etag"] == before, "nothing that is shown has changed"
    assert await forecast(havn, "2028-01-01") == {}


async def test_who_has_a_place_of_which_nothing_was_noted_is_kept_once_something_is_heard_of_it(havn: World) -> None:
    case, housing = await contact(havn, person={"gender": "woman"}), Housing(havn)
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    shelter = await housing.shelter()
    placement_id = await housing.booked(case.id, shelter.place_id)
    await havn.settled()
    await havn.sql("identification", "UPDATE case_file SET placement_asked_at = NULL")
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    await havn.settled()
    assert await forecast(havn, "2028-01-01") == {}


async def test_nobody_is_erased_who_lives_in_a_place(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    case, housing = await open_case(havn, CMM_DECIDES | {"gender": "woman"}), Housing(havn)
    await case.decide(outcome="not_trafficked")
    shelter = await housing.shelter()
    placement_id = await housing.booked(case.id, shelter.place_id)
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    await havn.settled()
    assert await forecast(havn, "2028-03-09") == {}
    assert (await housing.step(placement_id, "leave")).status_code == 200
    await havn.settled()
    assert await forecast(havn, "2028-03-09") == {"not_identified": [case.id]}


async def test_whatever_happens_to_a_contact_begins_its_six_months_anew(havn: World) -> None:
    case = await contact(havn)
    await havn.set_clock("2026-05-05T10:00:00+02:00")
    told_of_her = {"residence_basis": "visa", "valid_from": "2026-05-05"}
    assert (await case.post("/legal-status", told_of_her)).status_code == 201
    assert await forecast(havn, "2026-11-04") == {}
    assert await forecast(havn, "2026-11-05") == {"unlinked_contact": [case.id]}


@pytest.mark.parametrize("outcome", ["not_trafficked", "declined", "insufficient_basis"])
async def test_who_was_not_identified_is_kept_24_months_from_the_decision(havn: World, outcome: str) -> None:
    case = await negative(havn, outcome)
    assert await forecast(havn, "2028-03-08") == {}
    assert await forecast(havn, "2028-03-09") == {"not_identified": [case.id]}


async def test_a_victims_file_is_kept_five_years_from_the_closure(havn: World) -> None:
    case = await victim(havn)
    assert await forecast(havn, "2031-05-31") == {}
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [case.id]}


async def test_a_victims_file_that_is_not_closed_is_kept(havn: World) -> None:
    await negative(havn, "assessed_trafficked")
    assert await forecast(havn, "2060-01-01") == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_file SET removal_hold = true",
        "UPDATE case_file SET missing = true, age_group = 'presumed_minor'",
        "INSERT INTO appeal (id, case_id, decision_id, filed_on, filed_by, recorded_at, recorded_by)"
        " SELECT gen_random_uuid(), case_id, id, decided_on, 'person', recorded_at, 'cmm' FROM decision",
        "INSERT INTO return_plan (case_id, destination, agreed_on, departed_on, reintegration_until, recorded_at, recorded_by)"
        " SELECT id, 'ROU', '2031-01-01', '2031-02-01', '2031-08-01', opened_at, 'cmm' FROM case_file",
        "INSERT INTO period (id, case_id, decision_id, kind, requested_on, starts_on, ends_on, cap_on)"
        " SELECT gen_random_uuid(), case_id, id, 'restitution', decided_on, decided_on, '2031-06-01', '2031-06-01'"
        " FROM decision",
    ],
    ids=["removal hold", "missing child", "open appeal", "return", "period"],
)
async def test_nothing_is_erased_while_something_runs_for_the_person(havn: World, statement: str) -> None:
    await victim(havn)
    await havn.sql("identification", statement)
    assert await forecast(havn, "2031-06-01") == {}


async def test_a_legal_hold_keeps_the_case_until_it_is_ended(havn: World) -> None:
    case = await victim(havn)
    placed = await case.post("/legal-hold", {"reason": "The court asks for the file."}, role="lawyer")
    assert (placed.status_code, placed.json()["on_hold"]) == (201, True)
    assert name_of(await case.post("/legal-hold", {"reason": "Again."}, role="lawyer")) == (409, "AlreadyOnHold")
    assert await forecast(havn, "2031-06-01") == {}
    ended = await case.post("/legal-hold/end", None, role="lawyer")
    assert (ended.status_code, ended.json()["on_hold"]) == (200, False)
    assert name_of(await case.post("/legal-hold/end", None, role="lawyer")) == (409, "NotOnHold")
    assert await forecast(havn, "2031-06-01") == {"closed_victim": [case.id]}
    for part, body in (("/legal-hold", {"reason": "Ours."}), ("/legal-hold/end", None)):
        assert (await case.post(part, body, by="us", role="lawyer")).status_code == 404


@pytest.mark.row(147)
async def test_a_dry_run_changes_nothing_and_the_sweep_does_what_it_said_once_a_day_with_a_report(havn: World) -> None:
    case = await victim(havn)
    await havn.set_clock("2031-05-31T10:00:00+02:00")
    said = await forecast(havn, "2031-06-01")
    assert (await case.get("/person", purpose="support")).json()["given_name"] == "Canaria"
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    await sweep(havn, "2031-06-01T04:00:00+02:00")
    runs = (await havn.partner("cmm", "admin").get(f"{RETENTION}/runs")).json()["items"]
    today = [run for run in runs if run["on"] == "2031-06-01"]
    assert [(run["case_ids"], run["erased"], run["is_complete"]) for run in today] == [
        (said["closed_victim"], {"unlinked_contact": 0, "not_identified": 0, "closed_victim": 1}, True)
    ]
    assert [event["case_id"] for event in await havn.events("identification", "case-erased")] == [case.id]


async def test_a_full_batch_goes_on_with_the_next_run(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {(await contact(havn)).id for _ in range(3)}
    terms = retention.TERMS.on(date(2026, 9, 2)).model_copy(update={"batch": 2})
    monkeypatch.setattr(retention.TERMS, "on", lambda day: terms)
    await sweep(havn, "2026-09-02T10:00:00+02:00")
    await sweep(havn, "2026-09-02T10:00:05+02:00")
    runs = (await havn.partner("cmm", "admin").get(f"{RETENTION}/runs")).json()["items"]
    done = [run for run in runs[::-1] if run["case_ids"]]
    assert [(len(run["case_ids"]), run["is_complete"]) for run in done] == [(2, False), (1, True)]
    assert {case_id for run in done for case_id in run["case_ids"]} == cases


async def dump(havn: World, service: str = "identification") -> str:
    """Every row of every table, as text."""
    tables = await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await havn.sql(service, f"SELECT t::text AS row FROM {table['tablename']} t") for table in tables]
    return "\n".join(str(row["row"]) for found in rows for row in found)


@pytest.mark.row(148)
async def test_after_erasure_no_table_holds_anything_of_the_person(havn: World) -> None:
    case = await victim(havn)
    hashes = [bytes(row["hash"]).hex() for row in await havn.sql("identification", "SELECT hash FROM known_identifier")]
    (sealed,) = await havn.sql("identification", "SELECT person FROM case_file")
    (stored,) = await havn.sql("identification", "SELECT owner_id, wrapped FROM data_key")
    before = await dump(havn)
    assert all(each in before for each in [*hashes, bytes(sealed["person"]).hex(), bytes(stored["wrapped"]).hex()])
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    after = await dump(havn)
    for canary in (*CANARIES, *hashes, bytes(sealed["person"]).hex(), bytes(stored["wrapped"]).hex()):
        assert canary not in after, canary
    for table, column in await havn.sql(
        "identification",
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.columns o"
        " USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND c.data_type = 'bytea' AND o.column_name = 'case_id'",
    ):
        left = await havn.sql(
            "identification", f"SELECT FROM {table} WHERE length({column}) > 0 AND case_id = $1", case.id
        )
        assert left == [], (table, column)
    assert await havn.sql("identification", "SELECT FROM idempotency WHERE created_at < '2031-05-01'") == []


@pytest.mark.row(148)
async def test_without_the_key_not_even_a_restored_dump_of_the_sealed_bytes_opens(havn: World) -> None:
    case = await victim(havn)
    (old,) = await havn.sql("identification", "SELECT person FROM case_file")
    (key,) = await havn.sql("identification", "SELECT * FROM data_key WHERE owner_id = $1", case.id)
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    await havn.sql("identification", "UPDATE case_file SET person = $1, erased_at = NULL", old["person"])
    refused = await case.get("/person", purpose="support")
    assert name_of(refused) == (410, "KeyDestroyed")
    database = havn.application.databases["identification"]
    async with database.transaction(Actor.system("identification")) as work:
        with pytest.raises(SealBroken):
            await key_of(work, key["owner_id"])
    # A backup of the whole database brings the key back; the ledger, kept outside it, destroys it again.
    await havn.sql(
        "identification",
        "INSERT INTO data_key VALUES ($1, $2, $3, $4)",
        key["owner_id"],
        key["wrapped"],
        key["wrapped_by"],
        key["created_at"],
    )
    assert (await case.get("/person", purpose="support")).json()["given_name"] == "Canaria"
    async with database.transaction(Actor.system("identification")) as work:
        ledger = [row["owner_id"] for row in await havn.sql("identification", "SELECT owner_id FROM erased_key")]
        assert await retention.reapply(work, ledger) == 1
    assert (await case.get("/person", purpose="support")).status_code == 410
    assert "Canaria" not in await dump(havn)


async def test_to_cmm_an_erased_case_is_a_glimpse_and_to_others_it_is_gone(havn: World) -> None:
    case = await victim(havn)
    assert len(await listed(havn, "hopenow")) == 1
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    (glimpse,) = await listed(havn, "cmm")
    assert (glimpse["case_id"], glimpse["outcome"]) == (case.id, "assessed_trafficked")
    assert "citizenships" not in glimpse
    refused = await case.get("/person", purpose="support")
    assert name_of(refused) == (410, "PersonIsErased")
    assert "2031-06-01" in refused.json()["detail"]
    assert name_of(await case.post("/consents", {"recipient": "hopenow", "purpose": "support"})) == (
        410,
        "CaseIsErased",
    )
    for org in ("hopenow", "politi-oestjylland", "us", "anklagemyndigheden"):
        assert await listed(havn, org) == []
        assert (await case.get(by=org)).status_code == 404
    assert (await case.get("/access-log")).status_code == 200


@pytest.mark.row(148)
async def test_statistics_are_the_same_after_an_erasure(havn: World) -> None:
    await victim(havn)
    await havn.settled()
    cmm = havn.partner("cmm", "statistician", "caseworker")
    path = "/stats/v1/victims?by=year,gender&from=2026&to=2026&audience=internal"
    before = (await cmm.get(path)).json()["rows"]
    assert sum(row["count"] or 0 for row in before) == 1
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    assert (await cmm.get(path)).json()["rows"] == before


async def test_the_same_person_met_again_after_the_erasure_has_a_new_case(havn: World) -> None:
    case = await victim(havn)
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    again = await open_case(havn, PERSON)
    assert again.id != case.id
    assert (await again.get("/person", purpose="support")).json()["given_name"] == "Canaria"


async def test_nobody_but_havn_itself_erases_not_even_in_the_database(havn: World) -> None:
    case = await victim(havn)
    for org in ("cmm", "us", ""):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await havn.sql_as_runtime("identification", "SELECT erase_case($1::uuid, now(), 'x')", case.id, org=org)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await havn.sql_as_runtime("identification", "DELETE FROM data_key", org=org)


async def test_caseworkers_of_cmm_see_what_will_be_erased_and_nobody_elsewhere_does(havn: World) -> None:
    case = await contact(havn)
    for role in ("caseworker", "decider", "lawyer", "auditor", "admin"):
        due = await havn.partner("cmm", role).get(RETENTION, on="2026-09-02")
        assert due.json()["rules"][0]["case_ids"] == [case.id], role
    assert (await havn.partner("cmm", "statistician").get(RETENTION)).status_code == 403
    for org in ("us", "reden", "politi-fyn"):
        for role in ("caseworker", "admin"):
            assert (await havn.partner(org, role).get(RETENTION)).status_code == 403, org


async def test_the_reports_of_the_runs_are_for_administrators(havn: World) -> None:
    assert (await havn.partner("cmm").get(f"{RETENTION}/runs")).status_code == 403
    assert (await havn.partner("us", "admin").get(f"{RETENTION}/runs")).status_code == 403


async def test_a_case_that_needs_review_and_came_from_an_ngo_by_street_work_is_a_contact_too(havn: World) -> None:
    await havn.set_clock(OPENED)
    case = await open_case(havn, NEEDS_REVIEW, sender="reden", channel="outreach")
    assert await forecast(havn, "2026-09-02") == {"unlinked_contact": [case.id]}


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_months_before_a_day_are_never_more_than_that(day: date, months: int) -> None:
    earlier = months_after(day, -months)
    assert (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month) == months
    assert earlier.day <= day.day
