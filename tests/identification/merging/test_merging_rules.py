"""What a merge leaves alone, what it refuses, and what comes back when it is undone."""

import asyncio
from uuid import UUID

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case, open_cases
from tests.identification.finding.people import Met, ids_found, meet
from tests.identification.life import close, decided_case, done, told
from tests.identification.retention.test_retention import sweep, victim
from tests.referrals.builders import POLICE
from tests.world import World


def as_met(case: Opened) -> Met:
    return Met(case.havn, case.id, [])


async def merged_into(case: Opened) -> str | None:
    into: str | None = (await case.details())["merged_into"]
    return into


async def test_an_erased_case_is_merged_with_nobody(havn: World) -> None:
    erased = as_met(await victim(havn))
    await sweep(havn, "2031-06-01T03:00:00+02:00")
    other = await meet(havn, given_name="Malee")
    for one, into in ((erased, other), (other, erased)):
        assert name_of(await one.merge(into)) == (410, "CaseIsErased")
    assert await merged_into(other) is None
    assert await told(other, "case-merged") == await told(erased, "case-merged") == []


async def test_neither_case_has_a_new_version_that_could_tell_of_a_merge_by_which_nothing_of_it_changes(
    havn: World,
) -> None:
    case, into = await meet(havn, given_name="Malee"), await meet(havn, given_name="Lily")
    for change in (case.merge(into), case.unmerge()):
        before = [await each.etag() for each in (case, into)]
        assert (await change).status_code == 200
        assert [await each.etag() for each in (case, into)] == before


@pytest.mark.parametrize("relation", ["child", "parent", "relative", "co_victim"])
async def test_two_who_are_linked_are_two_people_until_the_link_is_taken_away(havn: World, relation: str) -> None:
    one, other = await meet(havn, given_name="Malee"), await meet(havn, given_name="Mali")
    await done(one.post("/links", {"case_id": other.id, "relation": relation}), 201)
    for case, into in ((one, other), (other, one)):
        refused = await case.merge(into)
        assert name_of(refused) == (409, "TwoPeople")
        assert "DELETE .../links" in refused.json()["detail"]
        assert await merged_into(case) is None
    assert (await havn.partner("cmm").request("DELETE", f"{one.path}/links/{other.id}")).status_code == 200
    assert (await one.merge(other)).status_code == 200
    assert (await other.details())["linked"] == []


async def test_a_link_speaks_for_all_that_was_merged_before(havn: World) -> None:
    mother, daughter, again = [await meet(havn, given_name=name) for name in ("Malee", "Dao", "Dao")]
    await done(mother.post("/links", {"case_id": daughter.id, "relation": "child"}), 201)
    assert (await daughter.merge(again)).status_code == 200
    assert name_of(await mother.merge(again)) == (409, "TwoPeople")
    assert name_of(await again.merge(mother)) == (409, "TwoPeople")


async def test_a_merge_moves_no_status_and_copies_no_decision(havn: World) -> None:
    decided, fresh = as_met(await decided_case(havn)), await meet(havn, given_name="Lily")
    await decided.grant()
    before = await decided.details(), await fresh.details()
    assert (await decided.merge(fresh)).status_code == 200
    after = await decided.details(), await fresh.details()
    for one, other in zip(before, after, strict=True):
        for unchanged in ("status", "decisions", "periods", "routing", "identification_pending"):
            assert one[unchanged] == other[unchanged], unchanged
    assert (await decided.unmerge()).status_code == 200
    back = await decided.details()
    assert {name for name in back if back[name] != before[0][name]} <= {"version"}


async def test_in_a_closed_case_nothing_goes_on_until_it_is_opened_again(havn: World) -> None:
    ended, fresh = as_met(await decided_case(havn)), await meet(havn, given_name="Lily")
    await close(ended)
    assert name_of(await fresh.merge(ended)) == (409, "CaseStatusDoesNotAllow")
    await done(ended.post("/reopening", {"reason": "She was met again."}))
    assert (await fresh.merge(ended)).status_code == 200
    refused = await fresh.post("/missing", {"since": "2026-06-02"})
    assert name_of(refused) == (409, "CaseIsMerged")
    assert refused.json()["merged_into"] == ended.id
    await done(ended.post("/missing", {"since": "2026-06-02"}))


async def test_a_closed_case_may_be_merged_into_one_that_is_open(havn: World) -> None:
    ended, fresh = as_met(await decided_case(havn)), await meet(havn, given_name="Lily")
    await close(ended)
    assert (await ended.merge(fresh)).status_code == 200


async def test_two_subjects_of_one_referral_are_never_merged_nor_what_was_merged_into_them(havn: World) -> None:
    one, other = [as_met(case) for case in await open_cases(havn, CMM_DECIDES, CMM_DECIDES)]
    assert name_of(await one.merge(other)) == (409, "TwoPeople")
    third = await meet(havn, given_name="Rosa")
    assert (await third.merge(one)).status_code == 200
    assert name_of(await other.merge(one)) == name_of(await one.merge(other)) == (409, "TwoPeople")


async def test_a_merged_case_is_neither_merged_again_nor_into(havn: World) -> None:
    first, second, third = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    assert (await first.merge(second)).status_code == 200
    for refused in (await first.merge(third), await third.merge(first), await second.merge(first)):
        assert name_of(refused) == (409, "CaseIsMerged")
        assert refused.json()["merged_into"] == second.id
    assert [await merged_into(each) for each in (first, second, third)] == [second.id, None, None]


async def test_the_first_link_of_a_chain_is_undone_alone(havn: World) -> None:
    first, second, third = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    assert (await first.merge(second)).status_code == 200
    assert (await second.merge(third)).status_code == 200
    assert (await first.unmerge()).status_code == 200
    assert [await merged_into(each) for each in (first, second, third)] == [None, third.id, None]
    assert name_of(await first.unmerge()) == (409, "NotMerged")
    await first.interview("2026-03-03T10:00:00+01:00")
    (undone,) = await told(second, "case-unmerged")
    assert (undone["case_id"], undone["out_of"]) == (first.id, second.id)
    assert await told(first, "case-unmerged") == await told(third, "case-unmerged") == []


async def test_a_chain_gives_nobody_a_part_either(havn: World) -> None:
    theirs = as_met(await open_case(havn, CMM_DECIDES, sender="reden"))
    second, third = await meet(havn, given_name="Lily"), await meet(havn, given_name="Rosa")

    async def seen() -> list[int]:
        return [(await each.get(by="reden")).status_code for each in (theirs, second, third)]

    assert (await theirs.merge(second)).status_code == 200
    assert (await second.merge(third)).status_code == 200
    assert await seen() == [200, 404, 404]
    assert (await theirs.unmerge()).status_code == 200
    assert await seen() == [200, 404, 404]


async def test_the_hours_of_custody_go_back_with_whom_they_came_however_far_the_work_went_on(havn: World) -> None:
    """Held, then merged into a second case that is merged into a third: the third's 72 hours were never its own."""
    held, second, third = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    since = {"since": "2026-03-02T08:00:00+01:00"}
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    await done(held.post("/custody", since), 201)
    assert (await held.merge(second)).status_code == (await second.merge(third)).status_code == 200

    async def in_custody(case: Met) -> bool:
        return (await case.details())["custody"] is not None

    assert await in_custody(third)
    before = await third.etag()
    assert (await held.unmerge()).status_code == 200
    assert await third.etag() != before
    assert [await in_custody(each) for each in (held, second, third)] == [True, False, False]
    assert "custody" not in {each["kind"] for each in (await third.details())["deadlines"]}


async def test_a_case_above_of_which_nothing_becomes_keeps_its_etag(havn: World) -> None:
    first, second, third = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    assert (await first.merge(second)).status_code == (await second.merge(third)).status_code == 200
    before = await third.etag()
    assert (await first.unmerge()).status_code == 200
    assert await third.etag() == before


async def test_a_release_that_is_recorded_while_a_merge_is_undone_is_not_lost(havn: World) -> None:
    """The case above is locked while it is written to: the release comes before it, or after."""
    held, second, third = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    await havn.set_clock("2026-03-02T12:00:00+01:00")
    await done(held.post("/custody", {"since": "2026-03-02T08:00:00+01:00"}), 201)
    assert (await held.merge(second)).status_code == (await second.merge(third)).status_code == 200
    release = "UPDATE case_file SET custody_ended_at = '2026-03-02T10:00:00Z', version = version + 1 WHERE id = $1"
    async with havn.meanwhile("identification") as releasing:
        await releasing.execute(release, UUID(third.id))
        parting = asyncio.create_task(held.unmerge())
        await asyncio.sleep(0.5)
    assert (await parting).status_code == 200
    kept = "SELECT custody_since IS NULL AS never, custody_ended_at IS NULL AS on FROM case_file WHERE id = $1"
    ((never, goes_on),) = await havn.sql("identification", kept, UUID(third.id))
    assert never == goes_on, "no end without a beginning"


async def test_of_two_arrests_the_earlier_counts_and_an_undone_merge_gives_each_its_own(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Lily")
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    await done(first.post("/custody", {"since": "2026-03-02T07:00:00+01:00"}), 201)
    await done(second.post("/custody", {"since": "2026-03-02T09:00:00+01:00"}), 201)

    async def due(case: Met) -> list[str]:
        return [each["due_at"] for each in (await case.details())["deadlines"] if each["kind"] == "custody"]

    own = await due(second)
    assert (await first.merge(second)).status_code == 200
    assert await due(second) == ["2026-03-05T06:00:00Z"]
    assert (await first.unmerge()).status_code == 200
    assert await due(second) == own == ["2026-03-05T08:00:00Z"]


async def test_who_is_merged_is_linked_with_nobody_until_it_is_undone(havn: World) -> None:
    case, into, sister = [await meet(havn, given_name=name) for name in ("Malee", "Lily", "Rosa")]
    assert (await case.merge(into)).status_code == 200
    relative = {"case_id": case.id, "relation": "relative"}
    assert name_of(await sister.post("/links", relative)) == (409, "CaseIsMerged")
    assert name_of(await case.post("/links", relative | {"case_id": sister.id})) == (409, "CaseIsMerged")
    assert name_of(await case.post("/suspects", {"name": "Bo Berg"})) == (409, "CaseIsMerged")
    assert (await sister.details())["linked"] == []
    assert (await case.unmerge()).status_code == 200
    assert (await sister.post("/links", relative)).status_code == 201


async def test_a_new_assessment_is_asked_for_until_there_is_one_where_the_work_goes_on(havn: World) -> None:
    """The person is in no less danger for having had two cases."""
    case, into = await meet(havn, given_name="Malee"), await meet(havn, given_name="Lily")
    await done(case.post("/risk-assessments", {"level": "acute", "assessed_on": "2026-03-02"}), 201)
    await havn.set_clock("2026-03-20T12:00:00+01:00")

    async def overdue() -> list[str]:
        page = await done(havn.partner("cmm").get("/identification/v1/risk-assessments/overdue"))
        return [item["case_id"] for item in page["items"]]

    assert await overdue() == [case.id]
    assert (await case.merge(into)).status_code == 200
    assert await overdue() == [case.id]
    await havn.set_clock("2026-03-20T12:00:01+01:00")
    again = {"level": "low", "assessed_on": "2026-03-20"}
    refused = await case.post("/risk-assessments", again)
    assert (name_of(refused), refused.json()["merged_into"]) == ((409, "CaseIsMerged"), into.id)
    await done(into.post("/risk-assessments", again), 201)
    assert await overdue() == []
    assert (await case.unmerge()).status_code == 200
    assert await overdue() == [case.id]


async def test_an_undone_merge_gives_both_back_to_who_searches(havn: World) -> None:
    case = await meet(havn, given_name="Malee", family_name="Suwan")
    into = await meet(havn, given_name="Malee", family_name="Suwan")
    sought = {"given_name": "Malee", "family_name": "Suwan"}
    assert (await case.merge(into)).status_code == 200
    assert await ids_found(havn, **sought) == [into.id]
    assert (await case.unmerge()).status_code == 200
    assert set(await ids_found(havn, **sought)) == {case.id, into.id}


@pytest.mark.parametrize("stranger", ["us", "reden", "politi-oestjylland", "anklagemyndigheden"])
async def test_only_who_works_on_both_undoes_a_merge(havn: World, stranger: str) -> None:
    case, into = await meet(havn, given_name="Malee"), await meet(havn, given_name="Lily")
    assert (await case.merge(into)).status_code == 200
    before = await case.etag(), await into.etag()
    assert (await case.unmerge(by=stranger)).status_code in (403, 404)
    assert await merged_into(case) == into.id
    assert (await case.etag(), await into.etag()) == before


async def test_us_does_not_undo_a_merge_into_a_case_that_is_only_cmms(havn: World) -> None:
    theirs, ours = as_met(await open_case(havn, US_DECIDES)), await meet(havn, given_name="Lily")
    assert (await ours.merge(theirs)).status_code == 200
    assert name_of(await ours.unmerge(by="us")) == (404, "NotFound"), "of CMM's own case US knows nothing"
    assert await merged_into(ours) == theirs.id


async def test_a_merge_that_two_undo_at_once_is_undone_once(havn: World) -> None:
    case, into = await meet(havn, given_name="Malee"), await meet(havn, given_name="Lily")
    assert (await case.merge(into)).status_code == 200
    answers = await asyncio.gather(*(case.unmerge() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {name_of(answer) for answer in answers if answer.status_code == 409} == {(409, "NotMerged")}
    assert len(await told(into, "case-unmerged")) == 1


async def test_who_knows_the_merged_case_alone_reads_that_it_was_decided_as_in_a_case_of_its_own(havn: World) -> None:
    async def told_to_the_police(case: Met) -> tuple[str, bool]:
        state = (await case.get("/status", by=POLICE, purpose="identification")).json()
        return state["status"], state["identification_pending"]

    own = as_met(await open_case(havn, CMM_DECIDES, sender=POLICE))
    middle, last = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in ("hopenow", "amiami")]
    assert (await own.merge(middle)).status_code == 200
    assert (await middle.merge(last)).status_code == 200
    assert await told_to_the_police(own) == ("referred", True)
    await last.decide("CMM", outcome="not_trafficked")
    assert await told_to_the_police(own) == ("decided", False)
    await close(last)
    assert await told_to_the_police(own) == ("closed", False)


async def test_who_knows_the_merged_case_alone_learns_of_no_decision_from_before(havn: World) -> None:
    own, decided = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    await decided.decide("CMM")
    assert (await own.merge(decided)).status_code == 200
    state = (await own.get("/status", by=POLICE, purpose="identification")).json()
    assert (state["status"], state["identification_pending"]) == ("referred", True)


async def test_what_a_decision_has_given_goes_on_in_the_case_that_was_merged(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    for case in (own, other):
        await case.decide("CMM")
    granted = await own.post("/periods", {"requested_on": "2026-03-09"})
    assert granted.status_code == 201, granted.text
    before = (await own.details())["deadlines"]
    assert [each["kind"] for each in before] == ["restitution_period", "period_cap"]
    assert (await own.merge(other)).status_code == 200
    assert (await own.details())["deadlines"] == before, "the other case has no such period"
    period = granted.json()["period_id"]
    longer = {"until": "2026-05-06", "reason": "special_reasons"}
    extended = await own.post(f"/periods/{period}/extensions", longer)
    assert extended.status_code == 201, extended.text
    assert (await own.details())["deadlines"][0]["due_on"] == "2026-05-06"


async def test_a_merged_case_takes_nothing_that_is_not_of_its_own_decisions(havn: World) -> None:
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    assert (await own.merge(other)).status_code == 200
    merged = 409, "CaseIsMerged"
    assert name_of(await own.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "cmm"})) == merged
    assert name_of(await own.post("/periods", {"requested_on": "2026-03-09"})) == merged
    assert name_of(await own.try_deciding("CMM", "declined")) == merged
    await own.unmerge()
    await own.decide("CMM")
    assert (await own.merge(other)).status_code == 200
    assert name_of(await own.try_deciding("COURT", by="cmm")) == merged, (
        "what a court says is said where the work goes on"
    )
    assert name_of(await own.post("/interviews", {"held_at": "2026-03-09T10:00:00+01:00"})) == merged


async def test_a_merged_case_is_decided_again_where_an_appeal_has_referred_it_back(havn: World) -> None:
    """And the period that the new decision gives is granted there: in the other case nothing would give one."""
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    for case in (own, other):
        await case.decide("CMM", outcome="not_trafficked")
    assert (await own.merge(other)).status_code == 200
    filed = (await own.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})).json()
    back = {"outcome": "referred_back", "decided_on": "2026-03-09", "reasons": "Hear her."}
    assert (await own.post(f"/appeals/{filed['appeal_id']}/outcome", back)).status_code == 200
    assert (await own.details())["status"] == "recommended"
    decided = await own.try_deciding("CMM", "assessed_trafficked", replaces=filed["decision_id"])
    assert decided.status_code == 201, decided.text
    assert name_of(await other.post("/periods", {"requested_on": "2026-03-09"})) == (409, "NothingGrantsAPeriod")
    granted = await own.post("/periods", {"requested_on": "2026-03-09"})
    assert granted.status_code == 201, granted.text
    assert granted.json()["ends_on"] == "2026-04-08"


@pytest.mark.parametrize("is_later", [False, True], ids=["filed before the merge", "filed after it"])
async def test_an_appeal_in_a_merged_case_holds_the_person_and_has_an_outcome_there(
    havn: World, is_later: bool
) -> None:
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    for case in (own, other):
        await case.decide("CMM", outcome="not_trafficked")
    if is_later:
        assert (await own.merge(other)).status_code == 200
    filed = await own.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "cmm"})
    assert filed.status_code == 201, filed.text
    if not is_later:
        assert (await own.merge(other)).status_code == 200
    assert (await other.details())["removal_hold"] is True, "it is one person"
    closure = {"on": "2026-03-09", "reason": "All is done."}
    refused = await other.post("/closure", closure)
    assert name_of(refused) == (409, "AppealStillOpen")
    assert f"cases/{own.id}/appeals/{filed.json()['appeal_id']}/outcome" in refused.json()["detail"]
    path = f"/appeals/{filed.json()['appeal_id']}/outcome"
    decided = await own.post(path, {"outcome": "upheld", "decided_on": "2026-03-09"})
    assert decided.status_code == 200, decided.text
    assert (await other.details())["removal_hold"] is False
    assert (await other.post("/closure", closure)).status_code in (200, 201)


async def test_who_knows_the_merged_case_alone_reads_of_an_appeal_that_was_filed_since(havn: World) -> None:
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    assert (await own.merge(other)).status_code == 200
    await other.decide("CMM", outcome="not_trafficked")

    async def is_held() -> bool:
        return bool((await own.get("", by=POLICE)).json()["removal_hold"])

    assert await is_held() is False
    filed = await other.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})
    assert filed.status_code == 201, filed.text
    assert await is_held() is True


async def test_who_knows_the_merged_case_alone_reads_of_no_appeal_from_before(havn: World) -> None:
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    await other.decide("CMM", outcome="not_trafficked")
    assert (await other.post("/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})).status_code == 201
    assert (await own.merge(other)).status_code == 200
    said = (await own.get("", by=POLICE)).json()
    assert (said["removal_hold"], said["identification_pending"]) == (False, True)


async def test_cmm_ends_a_part_in_a_case_that_was_merged(havn: World) -> None:
    own, other = [as_met(await open_case(havn, CMM_DECIDES, sender=sender)) for sender in ("amiami", "hopenow")]
    assert (await own.merge(other)).status_code == 200
    assert (await own.post("/parties/amiami/end", {"reason": "She has asked for it."})).status_code == 200
    assert (await own.get("", by="amiami")).status_code == 404


async def test_what_was_recommended_in_a_case_that_was_merged_is_decided_where_the_work_goes_on(havn: World) -> None:
    own, other = [as_met(await open_case(havn, US_DECIDES, sender=sender)) for sender in (POLICE, "hopenow")]
    assert name_of(await other.try_deciding("US")) == (409, "CaseStatusDoesNotAllow")
    await own.recommend("assessed_trafficked")
    assert (await own.merge(other)).status_code == 200
    details = await other.details()
    assert (details["status"], details["recommendation"]["outcome"]) == ("referred", "assessed_trafficked")
    decided = await other.try_deciding("US")
    assert decided.status_code == 201, decided.text
    assert (await other.details())["status"] == "decided"
