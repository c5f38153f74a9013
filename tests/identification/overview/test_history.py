"""The events are the case: folded they give what is stored, and told again to empty services they give the same rows."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from services import repairs
from services.cli import app
from services.identification.case.codes import CaseStatus
from services.identification.overview.history import fold
from shared.contract import events
from shared.contract.codes import AppealOutcome, Authority, ErasureExtent, Outcome, ResidenceBasis
from shared.contract.events import Event
from shared.messaging import rebuilding
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, open_case
from tests.identification.life import appeal, close, decided_case, done, follow_up, outcome, plan_return
from tests.world import World

CASE, DAY = uuid4(), date(2026, 3, 9)
NOT_DERIVED = {
    *("alembic_version", "organisation", "event_history", "outbox", "event_sequence"),
    *("audit", "idempotency", "data_key", "dead_letter"),
}
"""What a service does not have from the others' events, or what tells how it came to have it."""


def told(kind: type[Event], **said: Any) -> Event:
    """An event of the case; what `said` leaves out is taken as null."""
    nothing = dict.fromkeys(kind.model_fields)
    return kind.model_construct(**nothing | {"case_id": CASE} | said)


def decided(decision_id: UUID, authority: Authority = Authority.CMM, what: Outcome = Outcome.NOT_TRAFFICKED) -> Event:
    return told(events.DecisionMade, decision_id=decision_id, authority=authority, outcome=what)


def test_a_case_begins_referred_and_comes_as_far_as_its_last_event() -> None:
    first = uuid4()
    story: list[tuple[Event, CaseStatus]] = [
        (told(events.CaseRouted, authority=Authority.CMM), CaseStatus.REFERRED),
        (told(events.InterviewHeld), CaseStatus.CLARIFICATION),
        (decided(uuid4(), Authority.COURT), CaseStatus.CLARIFICATION),
        (told(events.RecommendationMade), CaseStatus.RECOMMENDED),
        (told(events.InterviewHeld), CaseStatus.RECOMMENDED),
        (decided(first), CaseStatus.DECIDED),
        (told(events.RecommendationMade), CaseStatus.DECIDED),
        (told(events.CaseClosed, on=DAY), CaseStatus.CLOSED),
        (told(events.CaseReopened, on=DAY), CaseStatus.DECIDED),
    ]
    for number, (_, status) in enumerate(story, 1):
        assert fold(event for event, _ in story[:number]).status is status, number
    closed = fold(event for event, _ in story[:-1])
    assert (closed.closed_on, closed.authority) == (DAY, Authority.CMM)
    assert fold(event for event, _ in story).closed_on is None


@pytest.mark.parametrize(
    ("what", "is_replaced", "status"),
    [
        (AppealOutcome.REFERRED_BACK, False, CaseStatus.RECOMMENDED),
        (AppealOutcome.REFERRED_BACK, True, CaseStatus.DECIDED),
        (AppealOutcome.UPHELD, False, CaseStatus.DECIDED),
        (AppealOutcome.CHANGED, False, CaseStatus.DECIDED),
    ],
)
def test_only_an_appeal_that_is_referred_back_leads_back(
    what: AppealOutcome, is_replaced: bool, status: CaseStatus
) -> None:
    first, second, filed = uuid4(), uuid4(), uuid4()
    replacing = [decided(second), told(events.DecisionReplaced, decision_id=first, replaced_by=second)]
    story = [
        decided(first),
        told(events.AppealFiled, appeal_id=filed, decision_id=first),
        *(replacing if is_replaced else []),
        told(events.AppealDecided, appeal_id=filed, outcome=what, removal_hold=False),
    ]
    assert fold(story[:2]).removal_hold is True
    assert (fold(story).status, fold(story).removal_hold) == (status, False)
    assert fold(story).decisions == ({first: False, second: True} if is_replaced else {first: True})


def test_a_period_ends_where_its_last_extension_says() -> None:
    period = uuid4()
    granted = told(events.PeriodGranted, period_id=period, ends_on=DAY)
    extended = told(events.PeriodExtended, period_id=period, ends_on=date(2026, 5, 8))
    assert fold([granted]).periods == {period: DAY}
    assert fold([granted, extended]).periods == {period: date(2026, 5, 8)}


def test_flags_are_as_they_were_told_last() -> None:
    story = [told(events.PersonMissing), told(events.CaseErased, extent=ErasureExtent.CASE)]
    life = fold(story)
    assert (life.missing, life.is_erased) == (True, True)
    assert not fold([*story, told(events.PersonFound)]).missing


def test_a_fact_that_moves_nothing_leaves_the_case_as_it_is() -> None:
    status_changed = told(events.LegalStatusChanged, residence_basis=ResidenceBasis.VISA)
    assert fold([told(events.CaseOpened), status_changed]) == fold([])


# ---------------------------------------------------------------- lives, played through the front door


async def play(havn: World) -> list[Opened]:
    """Cases of every kind of life."""
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    left = await decided_case(havn)
    period = await left.grant()
    longer = {"until": "2026-05-08", "reason": "cooperation_on_return"}
    await done(left.post(f"/periods/{period['period_id']}/extensions", longer), 201)
    await done(left.post("/support-measures", {"kind": "contact_person", "starts_on": "2026-03-10"}), 201)
    await havn.set_clock("2027-01-20T12:00:00+01:00")
    await plan_return(left, departed_on="2026-07-20")
    await done(follow_up(left, 1, "2026-08-20", contacted=False), 201)
    await close(left, "2027-01-20")
    heard = await decided_case(havn, "not_trafficked")
    first = (await heard.details())["decisions"][0]["decision_id"]
    await close(heard)
    await done(outcome(heard, await appeal(heard), "referred_back"))
    await done(heard.try_deciding(decided_on="2026-06-01", replaces=first), 201)
    gone = await open_case(havn, US_DECIDES)
    await gone.interview("2026-03-03T10:00:00+01:00")
    await done(gone.post("/missing", {"since": "2026-04-01"}))
    court = await open_case(havn, NEEDS_REVIEW)
    await done(court.try_deciding("COURT", by="anklagemyndigheden"), 201)
    await done(court.post("/criminal-track", {"kind": "judgment", "section": "262a", "on": "2026-03-09"}), 201)
    waiting = await open_case(havn, CMM_DECIDES)
    await done(waiting.try_deciding("COURT", "not_trafficked", by="cmm"), 201)
    await appeal(waiting)
    grown = await open_case(havn, CMM_DECIDES | {"birth_date": "2009-01-21", "stated_age": None})
    await grown.decide()
    await havn.set_clock("2027-01-21T12:00:00+01:00")  # of age
    await havn.settled()
    return [left, heard, gone, court, waiting, grown]


def check(havn: World, command: str = "check") -> tuple[int, str]:
    """What `havn events check`, or another of its commands, says about this Havn's database."""
    settings = havn.application.platform.settings
    told = {"HAVN_HOME": str(settings.home), "HAVN_DATABASE_URL": havn.server_url}
    done = CliRunner().invoke(app, ["events", command], env=told)
    return done.exit_code, done.output


async def test_every_case_is_as_its_history_tells_and_one_that_is_not_is_named(havn: World) -> None:
    cases = await play(havn)
    code, said = await asyncio.to_thread(check, havn)
    assert (code, said.strip()) == (0, f"{len(cases)} cases are as their history tells."), said
    await havn.sql("identification", "UPDATE case_file SET missing = true WHERE id = $1", UUID(cases[0].id))
    await havn.sql("identification", "UPDATE period SET ends_on = '2026-05-09'")
    code, said = await asyncio.to_thread(check, havn)
    assert code == 1
    assert f"{cases[0].id}: missing, periods differ" in " ".join(said.split())


async def derived(havn: World, service: str) -> dict[str, list[str]]:
    """What the service has from the others' events."""
    tables = await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for name in sorted({row["tablename"] for row in tables} - NOT_DERIVED):
        rows = await havn.sql(service, f"SELECT * FROM {name}")
        found[name] = sorted(str({key: value for key, value in row.items() if key != "position"}) for row in rows)
    return {name: rows for name, rows in found.items() if rows}


async def test_events_told_again_to_empty_services_give_the_same_rows(havn: World) -> None:
    await play(havn)
    before = {service: await derived(havn, service) for service in ("stats", "accommodation")}
    assert {"person", "decision", "departure", "inbox"} <= before["stats"].keys()
    assert "'age_group_at_decision': 'presumed_minor'" in str(before["stats"]["description"])
    for service in before:
        tables = await havn.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = {row["tablename"] for row in tables} - {"alembic_version", "organisation"}
        emptied = " ".join(f"DELETE FROM {name};" for name in sorted(names))
        await havn.sql(service, f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {emptied} END $$")
        assert await derived(havn, service) == {}
    for service in ("referrals", "identification"):
        await havn.sql(service, "INSERT INTO outbox (position) SELECT position FROM event_history ORDER BY position")
    await havn.settled()
    for service, rows in before.items():
        assert await derived(havn, service) == rows, service


async def test_statistics_made_anew_have_the_same_rows_as_made_event_by_event(
    havn: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairs, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(rebuilding, "BATCH", 20)
    await play(havn)
    before = await derived(havn, "stats")
    await havn.sql("stats", "DELETE FROM person")
    await havn.sql("stats", "UPDATE decision SET decided_on = '2020-01-01'")
    await havn.sql("stats", "UPDATE inbox SET last_sequence = last_sequence + 1")
    code, said = await asyncio.to_thread(check, havn, "rebuild")
    assert code == 0, said
    assert await derived(havn, "stats") == before
    told = sum([len(await havn.events(service)) for service in ("identification", "referrals")])
    *progress, end = said.strip().splitlines()
    assert end == f"stats: made anew from {told} events."
    assert progress[0].startswith(f"stats: 20 of {told} events, "), said
    assert progress[-1].startswith(f"stats: {told} of {told} events, "), said
