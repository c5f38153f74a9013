"""The deadlines of a merged case follow for whom its work goes on elsewhere, whatever changes that; a list asks for the status
that it shows."""

from typing import Any

import pytest

from tests.feeds import feed_of
from tests.identification.builders import CMM_DECIDES, US_DECIDES, listed, open_case
from tests.identification.finding.people import Met
from tests.identification.person.test_legal_status import record
from tests.world import World

POLICE = "politi-oestjylland"


async def running(case: Met) -> set[str]:
    rows = await case.havn.sql(
        "identification", "SELECT kind FROM deadline WHERE case_id::text = $1 AND done_at IS NULL", case.id
    )
    return {row["kind"] for row in rows}


async def test_deadlines_run_again_when_a_part_where_it_goes_on_ends_and_end_when_one_begins(
    havn: World,
) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    known = Met(havn, (await open_case(havn, US_DECIDES, sender="reden")).id, [])
    own = Met(havn, (await open_case(havn, US_DECIDES, sender="hopenow")).id, [])
    assert (await own.merge(known)).status_code == 200
    assert await running(own) == set(), "US works on both"
    await havn.sql("identification", "DELETE FROM case_party WHERE org = 'us' AND case_id::text = $1", known.id)
    await havn.application.sweep()
    assert await running(own) == {"decision"}, "US learns of no merge, and goes on"
    await record(known, "visa")
    await record(known, "no_legal_stay")
    assert (await known.details())["routing"]["authority"] == "US"
    await havn.application.sweep()
    assert await running(own) == set(), "US works on both by now"
    assert await running(known) == {"decision"}
    before = len(await havn.events("identification"))
    await havn.application.sweep()
    assert len(await havn.events("identification")) == before


async def test_a_list_of_one_status_asks_for_the_status_that_is_shown_under_an_alias(havn: World) -> None:
    known = Met(havn, (await open_case(havn, CMM_DECIDES, sender="reden")).id, [])
    own = Met(havn, (await open_case(havn, CMM_DECIDES)).id, [])
    further = Met(havn, (await open_case(havn, CMM_DECIDES, sender="hopenow")).id, [])
    assert (await own.merge(known)).status_code == 200
    await known.recommend()
    assert (await known.merge(further)).status_code == 200
    await further.decide()
    for organisation in (POLICE, "reden", "hopenow", "cmm"):
        shown = {item["case_id"]: item["status"] for item in await listed(havn, organisation)}
        assert shown, organisation
        for status in ("referred", "clarification", "recommended", "decided", "closed"):
            found = {item["case_id"] for item in await listed(havn, organisation, status=status)}
            assert found == {case_id for case_id, its in shown.items() if its == status}, (organisation, status)
    assert await listed(havn, POLICE, status="decided") != []


async def test_when_the_danger_is_assessed_again_runs_on_until_it_is_where_the_work_goes_on(havn: World) -> None:
    """The stricter of two goes on, under the case in which it was recorded; the person's interviews are counted in all of them,
    and who their contact is."""
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    known, own = [
        Met(havn, (await open_case(havn, CMM_DECIDES, sender=sender)).id, []) for sender in ("reden", "hopenow")
    ]
    cmm = havn.partner("cmm")

    async def assess(case: Met, level: str, on: str) -> None:
        assessed = await case.post("/risk-assessments", {"level": level, "assessed_on": on})
        assert assessed.status_code == 201, assessed.text

    async def shown() -> tuple[Any, ...]:
        case = await known.details()
        runs = [(each["case_id"], each["due_on"]) for each in case["deadlines"] if each["kind"] == "risk_reassessment"]
        listing = (await cmm.get("/identification/v1/deadlines", kind="risk_reassessment")).json()["items"]
        return case["risk"] and case["risk"]["level"], runs, [each["case_id"] for each in listing]

    await assess(known, "low", "2026-03-08")
    await assess(own, "high", "2026-03-06")
    await own.interview("2026-03-09T11:00:00+01:00", in_detention=True)
    contact = await own.post("/support-measures", {"kind": "contact_person", "starts_on": "2026-03-09"})
    assert contact.status_code == 201, contact.text
    await havn.set_clock("2026-03-09T12:00:01+01:00")
    assert (await own.merge(known)).status_code == 200
    counted = (await known.get("/interviews", purpose="support")).json()
    assert (counted["items"], counted["number"], counted["held_in_detention"]) == ([], 1, 1)
    assert (await known.details())["has_contact_person"] is True
    both = [(known.id, "2026-06-06"), (own.id, "2026-03-13")]
    assert await shown() == ("high", both, [own.id, known.id])
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    overdue = "/identification/v1/risk-assessments/overdue"
    assert [each["case_id"] for each in (await cmm.get(overdue)).json()["items"]] == [own.id]
    await assess(known, "medium", "2026-03-20")
    assert await shown() == ("medium", [(known.id, "2026-04-19")], [known.id])
    assert (await cmm.get(overdue)).json()["items"] == []
    assert (await own.unmerge()).status_code == 200
    assert (await own.details())["risk"]["level"] == "high"
    assert [each["case_id"] for each in (await cmm.get(overdue)).json()["items"]] == [own.id]


async def test_the_danger_is_assessed_for_all_cases_that_were_merged_one_into_the_other(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    own, middle, last = [
        Met(havn, (await open_case(havn, CMM_DECIDES, sender=sender)).id, [])
        for sender in ("reden", "hopenow", "amiami")
    ]
    first = await own.post("/risk-assessments", {"level": "acute", "assessed_on": "2026-03-08"})
    assert first.status_code == 201, first.text
    assert (await own.merge(middle)).status_code == 200
    assert (await middle.merge(last)).status_code == 200
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    cmm, overdue = havn.partner("cmm"), "/identification/v1/risk-assessments/overdue"
    assert [each["case_id"] for each in (await cmm.get(overdue)).json()["items"]] == [own.id]
    assert (await last.details())["risk"]["level"] == "acute"
    again = await last.post("/risk-assessments", {"level": "low", "assessed_on": "2026-03-20"})
    assert again.status_code == 201, again.text
    assert (await cmm.get(overdue)).json()["items"] == []
    assert (await last.details())["risk"]["level"] == "low"


HELD = {"in_custody": True, "custody_since": "2026-03-09T09:00:00+01:00"}


@pytest.mark.row(14)
@pytest.mark.parametrize("before", ["referred", "recommended", "decided"])
async def test_what_is_recorded_anew_leads_the_sender_s_case_on_however_far_the_other_one_had_come(
    havn: World, before: str
) -> None:
    """Side by side with a case of the same sender that nobody has merged."""
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    known = Met(havn, (await open_case(havn, CMM_DECIDES, sender="reden")).id, [])
    if before == "recommended":
        await known.recommend()
    elif before == "decided":
        await known.decide()
    own, alone = [Met(havn, (await open_case(havn, CMM_DECIDES, **HELD)).id, []) for _ in range(2)]
    assert (await own.merge(known)).status_code == 200

    async def as_shown(case: Met) -> tuple[Any, ...]:
        police = havn.partner(POLICE)
        status = (await police.get(f"{case.path}/status", purpose="identification")).json()
        (item,) = [each for each in await listed(havn, POLICE) if each["case_id"] == case.id]
        deadlines = (await police.get("/identification/v1/deadlines", case_id=case.id)).json()["items"]
        kept = {name: value for name, value in status.items() if name not in ("case_id", "as_of")}
        told = [
            each["type"]
            for each in await feed_of("/identification/v1/events", havn, POLICE)
            if each["subject"] == case.id
        ]
        steps = [each for each in told if "recommendation-made" in each or "decision-made" in each]
        return kept, item["status"], [(each["kind"], each["state"]) for each in deadlines], steps

    assert await as_shown(own) == await as_shown(alone)
    seen = []
    for step in ("interview", "recommend", "decide"):
        for case in (known, alone):
            if step == "interview":
                await case.interview("2026-03-09T11:00:00+01:00")
            elif step == "recommend":
                await case.recommend()
            else:
                replaces = (await known.details())["decisions"] if case is known else []
                more = {"replaces": replaces[-1]["decision_id"]} if replaces else {}
                decided = await case.try_deciding("CMM", "not_trafficked", **more)
                assert decided.status_code == 201, decided.text
        assert await as_shown(own) == await as_shown(alone)
        seen.append((await as_shown(own))[1])
        assert own.id in {each["case_id"] for each in await listed(havn, POLICE, status=seen[-1])}
    assert seen == ["clarification", "recommended", "decided"]
    _, _, deadlines, steps = await as_shown(own)
    assert deadlines == [], "the 72 hours end with the decision"
    assert len(steps) == 2, "though the clock has stood still since the merge"
    for case in (known, alone):
        filed = await case.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})
        assert filed.status_code == 201, filed.text
    for case in (own, alone):
        assert (await as_shown(case))[0]["removal_hold"] is True, "nobody is removed"
