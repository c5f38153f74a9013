"""Nobody overwrites what they have not seen."""

import asyncio
import hashlib
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import cast
from uuid import UUID, uuid4

import pytest
from fastapi import Request

from services.demo.raid import REFERRAL
from shared.data.keys import KeyRing
from shared.data.vault import Vault
from shared.http import etag
from shared.http.etag import ExpectedVersion, IfMatchMissing, Stale
from tests.journeys.sc01 import Story
from tests.world import World


@dataclass(frozen=True)
class Row:
    id: UUID
    version: int


def vault(root: int) -> Vault:
    return Vault(KeyRing(bytes([root]) * 32, {}, "1"))


ROW = Row(UUID(int=1), 3)
VAULT = vault(1)
REQUEST = cast(
    "Request", SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(database=SimpleNamespace(vault=VAULT))))
)
etag_of, honoured, required = (
    partial(etag.etag_of, VAULT),
    partial(etag.honoured, REQUEST),
    partial(etag.required, REQUEST),
)


def test_a_tag_belongs_to_one_version_of_one_resource() -> None:
    tags = {etag_of(ROW), etag_of(Row(ROW.id, 4)), etag_of(Row(UUID(int=2), 3))}
    assert len(tags) == 3
    assert etag_of(ROW) == etag_of(Row(ROW.id, 3))
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_a_tag_does_not_tell_the_version() -> None:
    assert etag_of(ROW).strip('"') != "3"
    assert str(ROW.id) not in etag_of(ROW)


def test_nobody_without_the_key_counts_versions_by_their_tags() -> None:
    assert etag.etag_of(vault(2), ROW) != etag_of(ROW)
    guesses = {hashlib.sha256(f"{ROW.id}:{version}".encode()).hexdigest()[:20] for version in range(200)}
    assert etag_of(ROW).strip('"') not in guesses


TAG = etag_of(ROW)
MANY = ", ".join(f'"{number}"' for number in range(2000))


@pytest.mark.parametrize(
    "header",
    [
        *(None, TAG, f'"other", {TAG}', "*", " * ", f" {TAG} ", f'"a",{TAG}', f',, {TAG} ,\t,"b"', f'W/"weak", {TAG}'),
        *(f"{MANY}, {TAG}", f'"with,a,comma", {TAG}', f'"", {TAG}', f'"*", {TAG}', f'"\xe6", {TAG}'),
    ],
)
async def test_who_saw_this_version_or_said_nothing_may_change_it(header: str | None) -> None:
    (await honoured(header)).check(ROW)


@pytest.mark.parametrize(
    "header",
    [
        *('"other"', etag_of(Row(ROW.id, 2)), "no tag at all", '""', MANY, f"W/{TAG}", f"w/{TAG}"),
        *("abc*def", '"*"', "**", "*, *", f"*, {TAG}", f"{TAG}, *", '"a*b"', ",", " , "),
        *(TAG.strip('"'), f"{TAG}{TAG}", f"{TAG} {TAG}", f"x{TAG}", f"{TAG}x", f"{TAG}, x", TAG[:-1], f'"{TAG}"'),
    ],
)
async def test_who_saw_another_version_is_told_so_and_gets_the_new_tag(header: str) -> None:
    with pytest.raises(Stale) as stale:
        (await honoured(header)).check(ROW)
    assert stale.value.headers == {"etag": etag_of(ROW)}


@pytest.mark.parametrize("header", [None, ""])
async def test_where_it_is_required_silence_is_refused_once_the_resource_is_found(header: str | None) -> None:
    expected = await required(header)
    with pytest.raises(IfMatchMissing):
        expected.check(ROW)


def test_what_havn_itself_changes_it_expects_nothing_of() -> None:
    ExpectedVersion().check(ROW)


async def test_where_it_is_required_a_tag_counts_as_elsewhere() -> None:
    (await required(TAG)).check(ROW)
    (await required("*")).check(ROW)
    assert (await honoured(TAG)).tags == frozenset({TAG})
    with pytest.raises(Stale):
        (await required('"other"')).check(ROW)


async def test_of_many_changes_to_one_version_one_wins(havn: World) -> None:
    cmm = havn.partner("cmm")
    story = Story(havn)
    await story.refer()
    read = await cmm.get(f"{story.case('P01')}/person", purpose="support")
    changes = [
        cmm.put(f"{story.case('P01')}/person", {"stated_age": age}, if_match=read.headers["etag"])
        for age in range(20, 32)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*changes))
    assert statuses == [200] + [412] * 11


async def test_a_change_without_a_tag_is_428_and_changes_nothing(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    path = f"{story.case('P01')}/person"
    before = await havn.partner("cmm").get(path, purpose="support")
    assert (await havn.partner("cmm").put(path, {"stated_age": 30})).status_code == 428
    assert (await havn.partner("cmm").get(path, purpose="support")).content == before.content


async def test_the_tag_of_a_fresh_resource_is_the_one_that_is_read(havn: World) -> None:
    police = havn.partner("politi-oestjylland")
    made = await police.post("/referrals/v1/referrals", REFERRAL, idempotency_key=str(uuid4()))
    read = await police.get(f"/referrals/v1/referrals/{made.json()['referral_id']}", purpose="investigation")
    assert made.headers["etag"] == read.headers["etag"]
