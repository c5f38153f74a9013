"""The deadlines of a merged case follow for whom its work goes on elsewhere, whatever changes that; a list asks for the status
that it shows."""

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
