"""Two cases about one person: the work goes on in one, nothing is copied, and the merge can be undone."""

from typing import Any

import pytest

from tests.feeds import feed_of
from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, listed, name_of, open_case
from tests.identification.finding.people import Met, ecpr, ids_found, meet
from tests.referrals.builders import POLICE
from tests.world import World

REDEN = "reden"


def as_met(case: Opened) -> Met:
    return Met(case.havn, case.id, [])


async def parts_of(havn: World, case: Opened) -> dict[str, str]:
    """Who has which part in the case."""
    rows = await havn.sql("identification", "SELECT org, part FROM case_party WHERE case_id = $1", case.id)
    return {row["org"]: row["part"] for row in rows}


@pytest.mark.row(14)
async def test_a_merge_and_its_undoing_leave_references_and_history(havn: World) -> None:
    first = as_met(await open_case(havn, CMM_DECIDES | {"given_name": "Malee"}))
    await first.interview("2026-03-03T10:00:00+01:00", summary="She came alone.")
    await first.decide("CMM")
    second = as_met(await open_case(havn, CMM_DECIDES | {"given_name": "Mali"}, sender=REDEN))
    before = {case.id: await case.details() for case in (first, second)}

    merged = await first.merge(second)
    assert merged.status_code == 200, merged.text
    assert merged.json() == {"case_id": first.id, "merged_into": second.id}
    old, new = await first.details(), await second.details()
    assert (old["merged_into"], new["merged"]) == (second.id, [first.id])
    assert old["decisions"] == before[first.id]["decisions"] != []
    assert old["referral_ids"] == before[first.id]["referral_ids"]
    assert set(new["referral_ids"]) == {*before[first.id]["referral_ids"], *before[second.id]["referral_ids"]}

    async def kinds(case: Opened) -> list[str]:
        return [entry["kind"] for entry in (await case.get("/timeline")).json()["items"]]

    assert "interview-held" in await kinds(first)
    assert "case-merged" in await kinds(second), "it is the history of the case that goes on"
    assert "case-merged" not in await kinds(first), "the other's says nothing to who knows that one alone"

    undone = await first.unmerge()
    assert undone.status_code == 200, undone.text
    assert undone.json() == {"case_id": first.id, "merged_into": None}
    for case in (first, second):
        now = await case.details()
        for each in (now, before[case.id]):
            each.pop("deadlines")
        assert now == before[case.id]
    assert "case-unmerged" in await kinds(second)


@pytest.mark.row(5)
async def test_an_anonymous_contact_never_gets_the_identity_it_is_merged_with(havn: World) -> None:
    anonymous = await meet(havn, aliases=["Lily"])
    identified = await meet(havn, given_name="Malee", family_name="Suwan", birth_date="2001-05-17")
    sealed = await havn.sql("identification", "SELECT person FROM case_file WHERE id = $1", anonymous.id)
    assert (await anonymous.merge(identified)).status_code == 200
    person = (await anonymous.get("/person", purpose="support")).json()
    assert (person["given_name"], person["family_name"], person["birth_date"]) == (None, None, None)
    assert person["aliases"] == ["Lily"]
    assert await havn.sql("identification", "SELECT person FROM case_file WHERE id = $1", anonymous.id) == sealed
    assert (await identified.get("/person", purpose="support")).json()["aliases"] == []


@pytest.mark.row(14)
async def test_a_merge_gives_nobody_a_part(havn: World) -> None:
    first = as_met(await open_case(havn, US_DECIDES, sender=REDEN))
    second = as_met(await open_case(havn, CMM_DECIDES, sender=POLICE))
    before = [await parts_of(havn, case) for case in (first, second)]
    assert (await first.merge(second)).status_code == 200
    assert [await parts_of(havn, case) for case in (first, second)] == before
    assert (await second.get(by=REDEN)).status_code == 404
    assert (await first.get(by=REDEN)).status_code == 200
    assert (await first.unmerge()).status_code == 200
    assert [await parts_of(havn, case) for case in (first, second)] == before


async def told_in_the_log(case: Opened, by: str) -> set[str]:
    """What the access log of the case says to them that was done to it together with another one."""
    log = (await case.get("/access-log", by=by)).json()["items"]
    return {each["operation"] for each in log} & {"case.merge", "case.unmerge", "person.take_in"}


@pytest.mark.row(14)
async def test_an_access_log_tells_of_a_merge_to_who_works_on_both_cases(havn: World) -> None:
    """To US, whose case it is with somebody's whom it may not know, it would say that somebody is known."""
    danish = as_met(await open_case(havn, DANISH_GIRL, sender="kommune-0751"))
    us_decides = [as_met(await open_case(havn, US_DECIDES, sender=REDEN)) for _ in range(3)]
    theirs, first, second = us_decides
    for one, other in ((theirs, danish), (first, second)):
        assert (await one.merge(other)).status_code == (await one.unmerge()).status_code == 200
    both = {"case.merge", "case.unmerge"}
    assert await told_in_the_log(theirs, "us") == set()
    assert await told_in_the_log(theirs, "cmm") == {*both, "person.take_in"}
    assert await told_in_the_log(first, "us") == await told_in_the_log(first, "cmm") == both


async def test_nor_does_it_tell_that_the_person_was_looked_at_for_the_sake_of_another_case(havn: World) -> None:
    danish = as_met(await open_case(havn, DANISH_GIRL, sender="kommune-0751"))
    theirs = as_met(await open_case(havn, US_DECIDES, sender=REDEN))

    async def logged(org: str) -> list[str]:
        read = await theirs.get("/access-log", by=org)
        assert read.status_code == 200, read.text
        return [each["operation"] for each in read.json()["items"] if each["operation"] != "case.access_log"]

    before = await logged("us")
    assert (await danish.merge(theirs)).status_code == (await danish.unmerge()).status_code == 200
    assert await logged("us") == before
    assert "person.consult" in await logged("cmm")


@pytest.mark.row(14)
async def test_chains_carry_references_to_the_last_case(havn: World) -> None:
    a = as_met(await open_case(havn, CMM_DECIDES, sender=REDEN))
    b, c = [as_met(await open_case(havn, CMM_DECIDES)) for _ in range(2)]
    assert (await a.merge(b)).status_code == (await b.merge(c)).status_code == 200
    details = await c.details()
    assert details["merged"] == [a.id, b.id]
    assert len(details["referral_ids"]) == 3
    assert (await a.unmerge()).status_code == 200
    assert (await c.details())["merged"] == [b.id]


@pytest.mark.row(14)
async def test_a_referral_of_a_merged_persons_number_is_asked_about_with_the_case_that_goes_on(havn: World) -> None:
    one, other = {"identifiers": [ecpr("1405981AB2")]}, {"identifiers": [ecpr("2405981AB3")]}
    first = as_met(await open_case(havn, CMM_DECIDES | one))
    second = as_met(await open_case(havn, CMM_DECIDES | other))
    assert (await first.merge(second)).status_code == 200
    for number in (one, other):
        again = as_met(await open_case(havn, CMM_DECIDES | number))
        assert second.id in await again.asked_about()
        assert first.id not in await again.asked_about()
    assert (await first.unmerge()).status_code == 200
    again = as_met(await open_case(havn, CMM_DECIDES | one))
    assert first.id in await again.asked_about()


async def test_nothing_is_changed_in_a_merged_case(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Ngozi")
    assert (await first.merge(second)).status_code == 200
    calls = [
        ("/interviews", {"held_at": "2026-03-03T10:00:00+01:00"}),
        ("/recommendation", {"outcome": "assessed_trafficked", "reasons": "All of it."}),
        ("/suspects", {"name": "Big Boss"}),
        ("/links", {"case_id": second.id, "relation": "relative"}),
    ]
    for part, body in calls:
        refused = await first.post(part, body)
        assert name_of(refused) == (409, "CaseIsMerged"), refused.text
        assert second.id in refused.json()["detail"]
    etag = await first.etag()
    put = await havn.partner("cmm").put(f"{first.path}/person", {"given_name": "M"}, if_match=etag)
    assert name_of(put) == (409, "CaseIsMerged")
    assert (await first.get("/person", purpose="support")).json()["given_name"] == "Malee"


async def test_the_clocks_of_a_merged_case_rest(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Ngozi")
    kinds = [clock["kind"] for clock in (await first.details())["deadlines"]]
    assert (await first.merge(second)).status_code == 200
    assert (await first.details())["deadlines"] == []
    assert (await first.unmerge()).status_code == 200
    assert [clock["kind"] for clock in (await first.details())["deadlines"]] == kinds


async def test_a_merge_needs_two_different_cases_that_stand_for_themselves(havn: World) -> None:
    a, b, c = await meet(havn, given_name="A"), await meet(havn, given_name="B"), await meet(havn, given_name="C")
    assert name_of(await a.merge(a)) == (409, "MergedWithItself")
    assert name_of(await a.unmerge()) == (409, "NotMerged")
    assert (await a.merge(b)).status_code == 200
    assert name_of(await a.merge(c)) == (409, "CaseIsMerged")
    assert name_of(await c.merge(a)) == (409, "CaseIsMerged")
    assert name_of(await b.merge(a)) == (409, "CaseIsMerged")  # no circle
    stranger = Met(havn, "01234567-89ab-4def-8123-456789abcdef", [])
    assert name_of(await c.merge(stranger)) == (404, "NotFound")
    assert name_of(await stranger.merge(c)) == (404, "NotFound")


async def test_a_stale_merge_is_refused(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Ngozi")
    etag = await first.etag()
    await first.interview("2026-03-03T10:00:00+01:00")
    stale = await first.post("/merge", {"into": second.id}, if_match=etag)
    assert name_of(stale) == (412, "Stale")
    assert (await first.details())["merged_into"] is None


@pytest.mark.parametrize("stranger", [REDEN, "politi-oestjylland", "us", "kommune-0751"])
async def test_only_who_works_on_both_cases_merges_them(havn: World, stranger: str) -> None:
    first = as_met(await open_case(havn, CMM_DECIDES, sender=REDEN))
    second = as_met(await open_case(havn, CMM_DECIDES, sender=REDEN))
    assert (await first.merge(second, by=stranger)).status_code in (403, 404)
    assert (await first.merge(second)).status_code == 200
    assert (await first.unmerge(by=stranger)).status_code in (403, 404)


async def test_us_merges_two_cases_of_its_own_and_not_one_of_cmm(havn: World) -> None:
    first, second = [as_met(await open_case(havn, US_DECIDES, sender=REDEN)) for _ in range(2)]
    other = as_met(await open_case(havn, CMM_DECIDES))
    assert name_of(await first.merge(other, by="us")) == (404, "NotFound")
    assert (await first.merge(second, by="us")).status_code == 200
    assert (await first.unmerge(by="us")).status_code == 200


async def test_a_search_shows_merged_cases_as_the_one_that_goes_on(havn: World) -> None:
    first = await meet(havn, given_name="Malee", family_name="Suwan")
    second = await meet(havn, given_name="Ngozi", family_name="Eze")
    assert (await first.merge(second)).status_code == 200
    assert await ids_found(havn, given_name="Malee", family_name="Suwan") == [second.id]
    third = await meet(havn, given_name="Malee", family_name="Suwan")
    assert [each["case_id"] for each in third.possible_duplicates] == [second.id]
    assert (await first.unmerge()).status_code == 200
    assert set(await ids_found(havn, given_name="Malee", family_name="Suwan")) == {first.id, third.id}


async def test_a_merge_is_told_and_audited(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Ngozi")
    await first.merge(second)
    await first.unmerge()
    (merged,) = await havn.events("identification", "case-merged")
    (unmerged,) = await havn.events("identification", "case-unmerged")
    assert (merged["case_id"], merged["into"]) == (unmerged["case_id"], unmerged["out_of"]) == (first.id, second.id)
    rows = await havn.sql(
        "identification", "SELECT operation FROM audit WHERE operation IN ('case.merge', 'case.unmerge')"
    )
    assert {row["operation"] for row in rows} == {"case.merge", "case.unmerge"}


async def test_the_list_of_cases_takes_the_same_number_of_statements_with_and_without_merges(havn: World) -> None:
    first, second = await meet(havn, given_name="Malee"), await meet(havn, given_name="Ngozi")
    await havn.settled()
    with havn.statements("identification") as apart:
        await listed(havn, "cmm")
    await first.merge(second)
    await havn.settled()
    with havn.statements("identification") as merged:
        await listed(havn, "cmm")
    assert len(merged) == len(apart)


@pytest.mark.row(14)
async def test_who_reads_the_events_of_a_case_gets_no_number_twice_whatever_was_merged_and_undone(havn: World) -> None:
    """`sequence` grows for each case: for what is shown of it through a merge, and for its own events afterwards."""
    first = as_met(await open_case(havn, CMM_DECIDES, sender=REDEN))
    second, third = [as_met(await open_case(havn, CMM_DECIDES, sender=POLICE)) for _ in range(2)]
    read = await feed_of("/identification/v1/events", havn, REDEN)

    async def fetch() -> None:
        read.extend(await feed_of("/identification/v1/events", havn, REDEN, after=read[-1]["id"]))

    assert (await first.merge(second)).status_code == 200
    for day in range(3, 7):
        await second.interview(f"2026-03-0{day}T10:00:00+01:00")
    await second.recommend()
    await fetch()
    assert (await second.merge(third)).status_code == 200
    await third.decide()
    await fetch()
    assert (await second.unmerge()).status_code == 200
    await second.decide()
    await fetch()
    assert (await first.unmerge()).status_code == 200
    await first.decide()
    await fetch()
    numbers = [int(item["sequence"]) for item in read]
    kinds = [item["type"].split(".")[3] for item in read]
    assert kinds[-2:] == ["recommendation-made", "decision-made"]
    assert len(kinds) >= 7, kinds
    assert {item["subject"] for item in read} == {first.id}
    assert numbers == sorted(set(numbers)), list(zip(numbers, kinds, strict=True))
    again = await feed_of("/identification/v1/events", havn, REDEN)
    assert [item["sequence"] for item in again] == [
        item["sequence"] for item in read if item["id"] in {each["id"] for each in again}
    ]


HELD = {"since": "2026-03-02T08:00:00+01:00"}
RELEASED = {"ended_at": "2026-03-02T09:00:00+01:00", "reason": "placed_34"}


async def numbered(havn: World, org: str, case_id: str) -> list[tuple[str, int]]:
    """What the organisation is shown of its case, and by which numbers."""
    read = await feed_of("/identification/v1/events", havn, org)
    return [(item["type"].split(".")[3], int(item["sequence"])) for item in read if item["subject"] == case_id]


@pytest.mark.row(14)
async def test_what_is_recorded_in_the_merged_case_and_where_the_work_goes_on_is_one_row_of_numbers(
    havn: World,
) -> None:
    """The police write on about custody under their own case, CMM works in the other; beside a case that was never merged."""
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    merged, other, alone = [
        as_met(await open_case(havn, CMM_DECIDES, sender=org)) for org in (POLICE, REDEN, "politi-fyn")
    ]
    assert (await merged.merge(other)).status_code == 200
    await havn.set_clock("2026-03-02T11:00:00+01:00")
    read = list[list[tuple[str, int]]]()
    for worked_on, own, police in ((other, merged, POLICE), (alone, alone, "politi-fyn")):
        held = await own.post("/custody", HELD, by=police)
        assert held.status_code == 201, held.text
        await worked_on.interview("2026-03-02T09:30:00+01:00")
        released = await own.post("/custody/end", RELEASED, by=police)
        assert released.status_code == 200, released.text
        await worked_on.decide(decided_on="2026-03-02", notified_on="2026-03-02")
        read.append(await numbered(havn, police, own.id))
    assert len(read[0]) >= 4
    assert read[0] == read[1], "as if there had been no merge"
    assert (await merged.unmerge()).status_code == 200
    own_ones = {"decision-made", "recommendation-made"}
    again = await numbered(havn, POLICE, merged.id)
    assert again == [each for each in read[0] if each[0] not in own_ones], (
        "each keeps its number when the merge is undone"
    )


@pytest.mark.row(14)
@pytest.mark.parametrize(("facts", "reader"), [(US_DECIDES, "us"), (CMM_DECIDES, None)])
async def test_neither_a_merge_nor_its_undoing_leaves_a_gap_in_the_numbers(
    havn: World, facts: dict[str, Any], reader: str | None
) -> None:
    """For US, which works on in its own case of somebody whose other case is not its to know, and for who has referred the
    person of the case that goes on. Beside a case that was never merged."""
    own = as_met(await open_case(havn, US_DECIDES, sender=POLICE))
    goes_on = as_met(await open_case(havn, DANISH_GIRL if reader else facts, sender=REDEN))
    case = own if reader else goes_on
    alone = as_met(await open_case(havn, facts, sender="hopenow"))
    for each in (case, alone):
        await each.recommend()
    merges = [await own.merge(goes_on), await own.unmerge(), await own.merge(goes_on)]
    assert [each.status_code for each in merges] == [200] * 3, [each.text for each in merges]
    for each in (case, alone):
        decided = await each.try_deciding("US" if reader else "CMM")
        assert decided.status_code == 201, decided.text
    of_alone = await numbered(havn, reader or "hopenow", alone.id)
    assert await numbered(havn, reader or REDEN, case.id) == of_alone
    assert [kind for kind, _ in of_alone][-2:] == ["recommendation-made", "decision-made"]


@pytest.mark.row(14)
async def test_who_gets_a_part_where_the_work_goes_on_keeps_the_numbers_it_has_read(havn: World) -> None:
    await havn.set_clock("2026-03-08T10:00:00+01:00")
    first = as_met(await open_case(havn, CMM_DECIDES, sender=REDEN))
    second = as_met(await open_case(havn, CMM_DECIDES, sender=POLICE))
    assert (await first.merge(second)).status_code == 200
    await havn.set_clock("2026-03-09T08:00:00+01:00")
    await second.recommend()
    before = await numbered(havn, REDEN, first.id)
    assert before[-1][0] == "recommendation-made"
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    consent = {"recipient": REDEN, "purpose": "support", "scope": "Where her case stands", "method": "oral"}
    given = await second.post("/consents", consent | {"given_at": "2026-03-09T09:00:00+01:00", "interpreter": True})
    assert given.status_code == 201, given.text
    assert (await first.unmerge()).status_code == 200
    await first.recommend()
    after = await numbered(havn, REDEN, first.id)
    assert after == [*before[:-1], ("recommendation-made", before[-1][1] + 1)], "the place of the one before is kept"
