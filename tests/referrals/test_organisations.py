"""The directory over HTTP: open to every partner, changed by an administrator alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.contract.directory import organisations
from shared.identity.actor import Role
from tests.world import World

PATH = "/referrals/v1/organisations"
ENTRY = f"{PATH}/newlives"


@pytest.fixture
async def administrator(havn: World) -> AsyncIterator[Any]:
    """CMM's administrator; what the test changes in the seeded directory is put back."""
    yield havn.partner("cmm", "admin")
    await havn.sql("referrals", "UPDATE organisation SET name = 'Newlives', region = NULL WHERE id = 'newlives'")


async def test_every_partner_reads_the_whole_directory_in_pages(havn: World) -> None:
    partner = havn.partner("kommune-0751")
    found, cursor = [], None
    while True:
        page = (await partner.get(PATH, limit=100, cursor=cursor)).json()
        found += [entry["id"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == sorted(entry.id for entry in organisations())
    assert len(found) == len(set(found)) > 98 + 12


async def test_an_entry_says_what_the_organisation_is_and_where(havn: World) -> None:
    read = await havn.partner("hopenow").get(f"{PATH}/kommune-0751")
    assert read.json() == {
        "id": "kommune-0751",
        "kind": "municipality",
        "name": "Aarhus Kommune",
        "region": "Midtjylland",
        "municipality_code": "0751",
    }
    assert (await havn.partner("hopenow").get(f"{PATH}/kommune-9999")).status_code == 404


async def test_any_role_may_look_somebody_up(havn: World) -> None:
    for role in Role:
        if role is not Role.SYSTEM:
            assert (await havn.partner("cmm", role).get(PATH, limit=1)).status_code == 200


async def test_an_administrator_corrects_an_entry(havn: World, administrator: Any) -> None:
    seen = (await administrator.get(ENTRY)).headers["etag"]
    changed = await administrator.put(ENTRY, {"name": "New Lives", "region": "Sjælland"}, if_match=seen)
    assert changed.status_code == 200, changed.text
    read = await havn.partner("us").get(ENTRY)
    assert (read.json()["name"], read.json()["region"], read.json()["kind"]) == ("New Lives", "Sjælland", "ngo")
    assert read.headers["etag"] == changed.headers["etag"] != seen


async def test_a_change_says_which_version_it_means_to_change(havn: World, administrator: Any) -> None:
    body = {"name": "New Lives"}
    assert (await administrator.put(ENTRY, body)).status_code == 428
    seen = (await administrator.get(ENTRY)).headers["etag"]
    assert (await administrator.put(ENTRY, body, if_match=seen)).status_code == 200
    stale = await administrator.put(ENTRY, {"name": "Another"}, if_match=seen)
    assert stale.status_code == 412
    assert (await administrator.get(ENTRY)).json()["name"] == "New Lives"


async def test_nobody_else_changes_the_directory(havn: World) -> None:
    body = {"name": "Taken over"}
    for org, role in {"cmm": "caseworker", "us": "admin", "newlives": "admin"}.items():
        refused = await havn.partner(org, role).put(ENTRY, body, if_match="*")
        assert refused.status_code == 403, org


async def test_ids_and_kinds_are_not_for_change(administrator: Any) -> None:
    for body in ({"name": "N", "kind": "police"}, {"name": "N", "id": "politi-fyn"}, {"name": ""}, {}):
        assert (await administrator.put(ENTRY, body, if_match="*")).status_code == 422
    assert (await administrator.put(f"{PATH}/nobody", {"name": "N"}, if_match="*")).status_code == 404
