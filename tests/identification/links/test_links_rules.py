"""What connects cases, at its edges: which names and numbers make one suspect, and how a link goes."""

import pytest

from tests.identification.builders import CMM_DECIDES, name_of, open_case
from tests.identification.life import told
from tests.identification.links.test_links import cluster, link, linked, some, suspect
from tests.world import World


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ({"name": "Bo Berg"}, {"name": "BERG, Bo"}),
        ({"name": "Bo Berg"}, {"aliases": ["bo berg"]}),
        ({"phone": "70202550"}, {"phone": "0045 70 20 25 50"}),
    ],
)
async def test_a_full_name_or_a_number_is_known_again_however_it_is_written(
    havn: World, said: dict[str, object], again: dict[str, object]
) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    first = await one.post("/suspects", said)
    second = await other.post("/suspects", again)
    assert (first.status_code, second.status_code) == (201, 201), (first.text, second.text)
    assert first.json()["suspect_id"] == second.json()["suspect_id"]
    assert await cluster(one) == {other.id: 1}


async def test_another_number_is_another_suspect(havn: World) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    assert await suspect(one, phone="70202550") != await suspect(other, phone="70202551")
    assert await cluster(one) == {}


async def test_a_link_that_never_was_is_not_removed(havn: World) -> None:
    one, other = await some(havn, "Malee", "Ngozi")
    before = await one.etag(), await other.etag()
    gone = await havn.partner("cmm").request("DELETE", f"{one.path}/links/{other.id}")
    assert gone.status_code == 404, gone.text
    assert (await one.etag(), await other.etag()) == before
    assert await told(one, "case-unlinked") == []


async def test_a_link_is_told_of_both_sides_and_so_is_its_end(havn: World) -> None:
    mother, child = await some(havn, "Malee", "Ngozi")
    assert (await link(mother, child, "child")).status_code == 201
    assert [event["relation"] for case in (mother, child) for event in await told(case, "case-linked")] == [
        "child",
        "parent",
    ]
    gone = await havn.partner("cmm").request("DELETE", f"{child.path}/links/{mother.id}")
    assert gone.status_code == 200, gone.text
    assert [event["other_case_id"] for case in (mother, child) for event in await told(case, "case-unlinked")] == [
        child.id,
        mother.id,
    ]
    assert await linked(mother) == await linked(child) == []


async def test_a_link_to_itself_or_to_a_case_of_nobody_changes_nothing(havn: World) -> None:
    (case,) = await some(havn, "Malee")
    before = await case.etag()
    assert name_of(await link(case, case, "relative")) == (409, "LinkedWithItself")
    unknown = {"case_id": "01234567-89ab-4def-8123-456789abcdef", "relation": "relative"}
    assert name_of(await case.post("/links", unknown)) == (404, "NotFound")
    assert await case.etag() == before


async def test_the_police_link_nothing_in_a_case_that_they_referred(havn: World) -> None:
    case, other = await open_case(havn, CMM_DECIDES), (await some(havn, "Malee"))[0]
    for one, another in ((case, other), (other, case)):
        assert (await link(one, another, "relative", by="politi-oestjylland")).status_code in (403, 404)
    assert await linked(case) == await linked(other) == []
