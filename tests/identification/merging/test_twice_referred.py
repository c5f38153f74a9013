"""Who does not work on the case into which another was merged learns of no merge, whatever else they have to do with it
(docs/rules.md, identity-3)."""

from tests.identification.builders import CMM_DECIDES, US_DECIDES, open_case
from tests.identification.merging.test_merging import numbered
from tests.identification.merging.test_merging_rules import as_met, merged_into
from tests.referrals.builders import POLICE
from tests.world import World

CASES = "/identification/v1/cases"


async def test_who_has_referred_the_person_twice_reads_under_each_id_that_she_was_decided_about(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    first, second = [as_met(await open_case(havn, CMM_DECIDES, sender=POLICE)) for _ in range(2)]
    await havn.set_clock("2026-03-09T08:00:00+01:00")
    assert (await second.merge(first)).status_code == 200
    before = [await numbered(havn, POLICE, case.id) for case in (first, second)]
    await havn.set_clock("2026-03-10T08:00:00+01:00")
    await first.decide("CMM", outcome="not_trafficked")
    for case, known in zip((first, second), before, strict=True):
        state = (await case.get("/status", by=POLICE, purpose="identification")).json()
        assert (state["status"], state["identification_pending"]) == ("decided", False)
        events = await numbered(havn, POLICE, case.id)
        assert [name for name, _ in events[len(known) :]] == ["recommendation-made", "decision-made"]
        assert [number for _, number in events] == list(range(1, len(events) + 1)), "and no number tells of a merge"
    decided = (await havn.partner(POLICE).get(CASES, status="decided")).json()["items"]
    assert {case["case_id"] for case in decided} == {first.id, second.id}


async def test_us_goes_on_in_its_case_where_it_has_no_part_in_the_other(havn: World) -> None:
    own = as_met(await open_case(havn, US_DECIDES, sender=POLICE))
    cmms = as_met(await open_case(havn, CMM_DECIDES, sender="hopenow"))
    assert (await own.merge(cmms)).status_code == 200
    assert await merged_into(own) == cmms.id
    assert (await cmms.get("/status", by="us", purpose="identification")).status_code == 404
    details = (await own.get("", by="us")).json()
    assert details["merged_into"] is None
    known = await own.post("/legal-status", {"residence_basis": "visa", "valid_from": "2026-02-01"}, by="us")
    assert known.status_code == 201, known.text
