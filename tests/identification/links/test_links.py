"""Children, relatives, those exploited together, and whoever is suspected of exploiting several: who hangs together."""

import itertools
from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, Opened, name_of, open_case
from tests.identification.finding.people import Met, meet
from tests.world import World


async def linked(case: Opened, **asked: Any) -> list[dict[str, str]]:
    told: list[dict[str, str]] = (await case.get(**asked)).json()["linked"]
    return told


async def link(case: Opened, other: Opened, relation: str, **asked: Any) -> Any:
    return await case.post("/links", {"case_id": other.id, "relation": relation}, **asked)


async def cluster(case: Opened, *, by: str = "cmm") -> dict[str, int]:
    """The connected cases, with how many steps away they are."""
    told = await case.get("/cluster", by=by)
    assert told.status_code == 200, told.text
    assert told.json()["is_whole"] is True
    return {item["case_id"]: item["distance"] for item in told.json()["items"]}


async def suspect(case: Opened, *, by: str = "cmm", **said: Any) -> str:
    named = await case.post("/suspects", said, by=by)
    assert named.status_code == 201, named.text
    return str(named.json()["suspect_id"])


async def some(havn: World, *names: str) -> list[Met]:
    return [await meet(havn, given_name=name) for name in names]


@pytest.mark.row(21)
async def test_a_child_that_was_born_is_linked_from_both_sides_when_its_case_is_opened(havn: World) -> None:
    mother = await meet(havn, given_name="Malee")
    child = await meet(havn, linked=(mother.id, "child"), given_name="Dao", stated_age=0)
    assert await linked(mother) == [{"case_id": child.id, "relation": "child"}]
    assert await linked(child) == [{"case_id": mother.id, "relation": "parent"}]


@pytest.mark.row(21)
@pytest.mark.parametrize(
    ("relation", "seen_from_the_other"),
    [("child", "parent"), ("parent", "child"), ("relative", "relative"), ("co_victim", "co_victim")],
)
async def test_each_side_of_a_link_tells_what_the_other_is_to_it(
    havn: World, relation: str, seen_from_the_other: str
) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    made = await link(one, other, relation)
    assert made.status_code == 201, made.text
    assert made.json()["linked"] == await linked(one) == [{"case_id": other.id, "relation": relation}]
    assert await linked(other) == [{"case_id": one.id, "relation": seen_from_the_other}]
    told = {event["key"]: event["relation"] for event in await havn.events("identification", "case-linked")}
    assert told == {one.id: relation, other.id: seen_from_the_other}


async def test_a_link_that_is_corrected_is_one_link(havn: World) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    await link(one, other, "relative")
    await link(other, one, "parent")
    assert await linked(one) == [{"case_id": other.id, "relation": "child"}]
    assert await linked(other) == [{"case_id": one.id, "relation": "parent"}]


async def test_a_link_that_was_an_error_goes_from_both_sides(havn: World) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    await link(one, other, "co_victim")
    gone = await havn.partner("cmm").request("DELETE", f"{other.path}/links/{one.id}")
    assert (gone.status_code, gone.json()["linked"]) == (200, [])
    assert await linked(one) == await linked(other) == []
    assert len(await havn.events("identification", "case-unlinked")) == 2
    again = await havn.partner("cmm").request("DELETE", f"{other.path}/links/{one.id}")
    assert name_of(again) == (404, "NotFound")


async def test_a_link_needs_another_case_that_the_actor_works_on(havn: World) -> None:
    theirs = await open_case(havn, US_DECIDES)
    ours = await meet(havn, given_name="Malee")
    assert name_of(await link(ours, ours, "relative")) == (409, "LinkedWithItself")
    assert name_of(await link(theirs, ours, "relative", by="us")) == (404, "NotFound")
    assert name_of(await link(ours, theirs, "relative", by="us")) == (404, "NotFound")
    assert name_of(await link(ours, theirs, "neighbour")) == (422, "InvalidInput")
    unknown = Opened(havn, "01234567-89ab-4def-8123-456789abcdef")
    assert name_of(await link(ours, unknown, "relative")) == (404, "NotFound")


async def test_a_link_to_a_case_that_is_not_theirs_is_not_shown(havn: World) -> None:
    theirs, ours = await open_case(havn, US_DECIDES), await meet(havn, given_name="Malee")
    assert (await link(theirs, ours, "co_victim")).status_code == 201
    assert await linked(theirs) == [{"case_id": ours.id, "relation": "co_victim"}]
    assert await linked(theirs, by="us") == []
    assert await cluster(theirs, by="us") == {}


async def test_a_case_opened_with_a_link_to_nobody_is_not_opened(havn: World) -> None:
    body = {
        "channel": "outreach",
        "occurred_at": "2026-03-02T09:30:00+01:00",
        "reason": "Met.",
        "municipality": "0751",
        "person": {"reference": "P01", "stated_age": 24},
        "relation": "child",
        "linked_case_id": "01234567-89ab-4def-8123-456789abcdef",
    }
    refused = await havn.partner("cmm").post("/identification/v1/cases", body)
    assert name_of(refused) == (404, "NotFound")
    assert await havn.sql("identification", "SELECT 1 FROM case_file") == []


# ---------------------------------------------------------------- suspects


@pytest.mark.row(21)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"phone": "+45 70 20 25 50"}, {"phones": ["0045-70202550"], "name": "Bo"}),
        ({"name": "Øjvind Storm"}, {"name": "storm, oejvind"}),
        ({"aliases": ["Big Boss"]}, {"name": "Big Boss", "address": "Nygade 1"}),
    ],
)
async def test_the_same_suspect_joins_cases(havn: World, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second, third = await some(havn, "Malee", "Ngozi", "Lan")
    assert await suspect(first, **one) == await suspect(second, **other)
    await suspect(third, name="Bo", phone="99 99 99 99")
    assert await cluster(first) == {second.id: 1}
    assert await cluster(third) == {}


async def test_a_suspect_who_is_said_to_be_the_same_joins_cases(havn: World) -> None:
    first, second = await some(havn, "Malee", "Ngozi")
    known = await suspect(first, description="Tall, with a scar; drives a white van.")
    assert await suspect(second, suspect_id=known) == known
    assert await cluster(second) == {first.id: 1}


async def test_one_name_alone_joins_nobody(havn: World) -> None:
    first, second = await some(havn, "Malee", "Ngozi")
    assert await suspect(first, name="Boss") != await suspect(second, name="Boss")
    assert await cluster(first) == {}


async def test_suspects_are_sealed_and_read_with_a_purpose(havn: World) -> None:
    (case,) = await some(havn, "Malee")
    suspect_id = await suspect(case, name="Big Boss", phone="70202550", address="Nygade 1", description="A scar.")
    (row,) = await havn.sql("identification", "SELECT * FROM suspect")
    assert b"Boss" not in row["description"]
    assert name_of(await case.get("/suspects")) == (400, "PurposeMissing")
    (told,) = (await case.get("/suspects", purpose="investigation")).json()["items"]
    assert (told["suspect_id"], told["name"], told["phones"]) == (suspect_id, "Big Boss", ["70202550"])
    (read,) = await havn.sql("identification", "SELECT purpose FROM audit WHERE operation = 'suspect.read'")
    assert read["purpose"] == "investigation"


async def test_a_suspect_has_a_number_and_twenty_more(havn: World) -> None:
    (case,) = await some(havn, "Malee")
    await suspect(case, phone="70202550", phones=[str(number) for number in range(70202551, 70202571)])
    (told,) = (await case.get("/suspects", purpose="investigation")).json()["items"]
    assert len(told["phones"]) == 21


async def test_a_suspicion_that_was_an_error_joins_no_longer(havn: World) -> None:
    first, second = await some(havn, "Malee", "Ngozi")
    suspect_id = await suspect(first, phone="70202550")
    await suspect(second, phone="70202550")
    gone = await havn.partner("cmm").request("DELETE", f"{first.path}/suspects/{suspect_id}")
    assert gone.status_code == 200, gone.text
    assert await cluster(second) == {}
    assert (await first.get("/suspects", purpose="support")).json()["items"] == []
    again = await havn.partner("cmm").request("DELETE", f"{first.path}/suspects/{suspect_id}")
    assert name_of(again) == (404, "NotFound")


async def test_nothing_said_of_a_suspect_is_nobody(havn: World) -> None:
    (case,) = await some(havn, "Malee")
    assert (await case.post("/suspects", {})).status_code == 422
    unknown = {"suspect_id": "01234567-89ab-4def-8123-456789abcdef"}
    assert name_of(await case.post("/suspects", unknown)) == (404, "NotFound")


@pytest.mark.parametrize("stranger", ["reden", "politi-oestjylland", "us", "kommune-0751"])
async def test_others_see_neither_suspects_nor_clusters(havn: World, stranger: str) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="reden")
    await suspect(case, phone="70202550")
    assert (await case.get("/suspects", by=stranger, purpose="investigation")).status_code == 404
    assert (await case.get("/cluster", by=stranger)).status_code == 404
    assert (await case.post("/suspects", {"name": "Bo"}, by=stranger)).status_code in (403, 404)


async def test_us_finds_no_suspect_of_a_case_that_is_not_its_own(havn: World) -> None:
    theirs, ours = await open_case(havn, US_DECIDES), await meet(havn, given_name="Malee")
    of_ours = await suspect(ours, phone="70202550")
    assert await suspect(theirs, by="us", phone="70202550") != of_ours
    assert name_of(await theirs.post("/suspects", {"suspect_id": of_ours}, by="us")) == (404, "NotFound")
    assert await cluster(theirs, by="us") == {}
    assert await cluster(theirs, by="cmm") == {ours.id: 1}


# ---------------------------------------------------------------- the cluster


@pytest.mark.row(21)
async def test_a_cluster_goes_through_links_merges_and_suspects(havn: World) -> None:
    a, b, c, d, e, alone = await some(havn, "Malee", "Ngozi", "Lan", "Olha", "Amina", "Ioana")
    await link(a, b, "co_victim")
    await suspect(b, phone="70202550")
    await suspect(c, phone="+4570202550")
    await link(d, e, "relative")
    assert (await d.merge(c)).status_code == 200
    assert await cluster(a) == {b.id: 1, c.id: 2, d.id: 3, e.id: 4}
    assert await cluster(e) == {d.id: 1, c.id: 2, b.id: 3, a.id: 4}
    assert await cluster(alone) == {}
    told = {item["case_id"]: item["via"] for item in (await a.get("/cluster")).json()["items"]}
    assert told[b.id] == [{"case_id": a.id, "kind": "linked", "relation": "co_victim"}]
    assert told[c.id] == [{"case_id": b.id, "kind": "suspect", "relation": None}]
    assert told[d.id] == [{"case_id": c.id, "kind": "merged", "relation": None}]


@pytest.mark.row(21)
async def test_a_cluster_takes_the_same_number_of_statements_whatever_its_size(havn: World) -> None:
    cases = await some(havn, "Malee", "Ngozi", "Lan", "Olha")
    await havn.settled()
    with havn.statements("identification") as alone:
        await cluster(cases[0])
    for one, other in itertools.pairwise(cases):
        await link(one, other, "co_victim")
    await havn.settled()
    with havn.statements("identification") as together:
        assert len(await cluster(cases[0])) == 3
    assert len(together) == len(alone)


async def test_who_was_shown_in_a_cluster_is_kept(havn: World) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    await link(one, other, "co_victim")
    await cluster(one)
    (row,) = await havn.sql("identification", "SELECT object_ids FROM audit WHERE operation = 'cluster.read'")
    assert {str(each) for each in row["object_ids"]} == {one.id, other.id}
