"""Whether somebody may be removed: said alike by list, detail and status, and by no way to who may not know of a merge."""

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, open_case
from tests.identification.merging.test_merging_rules import as_met
from tests.referrals.builders import POLICE
from tests.world import World

FLAGS = ("identification_pending", "removal_hold")


async def protection(case: Opened, *, by: str) -> dict[str, set[str]]:
    """Of `FLAGS` those that are up, by each way of asking."""
    listed = (await case.havn.partner(by).get("/identification/v1/cases")).json()["items"]
    asked = {
        "list": next(each for each in listed if each["case_id"] == case.id),
        "detail": (await case.get(by=by)).json(),
        "status": (await case.get("/status", by=by, purpose="identification")).json(),
    }
    return {way: {flag for flag in FLAGS if said[flag]} for way, said in asked.items()}


def all_ways(*flags: str) -> dict[str, set[str]]:
    return {way: set(flags) for way in ("list", "detail", "status")}


async def test_list_detail_and_status_of_a_merged_case_protect_the_person_alike(havn: World) -> None:
    """US decides in the merged case and has no part where the work goes on: of that it learns nothing, and removes nobody."""
    own, other = as_met(await open_case(havn, US_DECIDES)), as_met(await open_case(havn, CMM_DECIDES, sender="hopenow"))
    await own.decide("US", outcome="not_trafficked")
    assert (await own.merge(other)).status_code == 200
    assert (await other.get(by="us")).status_code == 404
    for org in ("us", POLICE):
        assert await protection(own, by=org) == all_ways(FLAGS[0]), f"{org}: undecided where the work goes on"
    await other.decide("CMM", outcome="not_trafficked")
    for org in ("us", POLICE):
        assert await protection(own, by=org) == all_ways(), org
    filed = await other.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})
    assert filed.status_code == 201, filed.text
    for org in ("us", POLICE):
        assert await protection(own, by=org) == all_ways(*FLAGS), org


async def test_an_appeal_in_a_merged_case_holds_the_person_by_each_way_of_asking(havn: World) -> None:
    """For who works on both; who has referred the person in both learns of no merge."""
    own, other = [as_met(await open_case(havn, CMM_DECIDES)) for _ in range(2)]
    for case in (own, other):
        await case.decide("CMM", outcome="not_trafficked")
    assert (await own.merge(other)).status_code == 200
    filed = await own.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "cmm"})
    assert filed.status_code == 201, filed.text
    assert await protection(other, by="cmm") == all_ways(FLAGS[1])
    assert await protection(other, by=POLICE) == all_ways()
    assert await protection(own, by=POLICE) == all_ways(FLAGS[1])


async def test_an_appeal_holds_the_person_through_a_case_between_that_the_reader_knows_nothing_of(havn: World) -> None:
    first, last = [as_met(await open_case(havn, US_DECIDES)) for _ in range(2)]
    between = as_met(await open_case(havn, CMM_DECIDES, sender="hopenow"))
    await first.decide("US", outcome="not_trafficked")
    filed = await first.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})
    assert filed.status_code == 201, filed.text
    assert (await first.merge(between)).status_code == 200
    assert (await between.merge(last)).status_code == 200
    for org in ("us", "cmm"):
        assert await protection(last, by=org) == all_ways(*FLAGS), org
    assert await protection(last, by=POLICE) == all_ways(FLAGS[0])
