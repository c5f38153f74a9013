"""A sealed document opens where it was sealed, under its own case's key, and nowhere else."""

import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.contract.personal import Personal
from shared.contract.types import Body
from shared.data.keys import KeyRing
from shared.data.sealed import key_of, keys_of, new_key
from shared.data.vault import DataKey, SealBroken, Vault
from tests.journeys.sc01 import PLANTED, Story
from tests.shared.lone_service import ITSELF, LoneService
from tests.world import World


class Note(BaseModel):
    text: Personal[str]


class Strict(Body):
    text: Personal[str]


SECRET = Note(text=Personal("Malee Sukhumwong"))
PLACE: dict[str, Any] = {"table": "referral", "column": "narrative", "row": UUID(int=1)}


def ring_of(*names: str, current: str = "1") -> KeyRing:
    return KeyRing(b"r" * 32, {name: name.encode() * 32 for name in names}, current)


def a_key() -> DataKey:
    return DataKey(uuid4(), secrets.token_bytes(32))


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_was_sealed_opens_as_it_was(words: str) -> None:
    key, note = a_key(), Note(text=Personal(words))
    sealed = key.seal(note, **PLACE)
    assert key.open(sealed, Note, **PLACE) == note
    assert len(words) < 4 or words.encode() not in sealed


def test_what_a_newer_release_has_sealed_opens_in_this_one() -> None:
    class Newer(Note):
        spoken_in: str = "tha"

    class Bundle(Body):
        notes: list[Strict]

    class NewerBundle(BaseModel):
        notes: list[Newer]
        sent_by: str = "hopenow"

    key = a_key()
    sealed = key.seal(NewerBundle(notes=[Newer(text=SECRET.text)]), **PLACE)
    assert key.open(sealed, Bundle, **PLACE).notes[0].text == SECRET.text


@given(st.binary(max_size=300))
def test_the_bytes_of_a_file_open_as_they_were_and_nowhere_else(content: bytes) -> None:
    key = a_key()
    sealed = key.seal_bytes(content, **PLACE)
    assert key.open_bytes(sealed, **PLACE) == content
    with pytest.raises(SealBroken):
        key.open_bytes(sealed, **(PLACE | {"row": UUID(int=2)}))
    with pytest.raises(SealBroken):
        a_key().open_bytes(sealed, **PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [{"row": UUID(int=2)}, {"column": "reason"}, {"table": "referral_subject"}],
    ids=["row", "column", "table"],
)
def test_a_sealed_field_does_not_open_in_another_place(elsewhere: dict[str, Any]) -> None:
    key = a_key()
    with pytest.raises(SealBroken):
        key.open(key.seal(SECRET, **PLACE), Note, **(PLACE | elsewhere))


def test_a_sealed_field_does_not_open_under_another_cases_key() -> None:
    with pytest.raises(SealBroken):
        a_key().open(a_key().seal(SECRET, **PLACE), Note, **PLACE)


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_sealed_field_with_one_changed_byte_does_not_open(position: int, flip: int) -> None:
    key = a_key()
    sealed = bytearray(key.seal(SECRET, **PLACE))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(SealBroken):
        key.open(bytes(sealed), Note, **PLACE)


@pytest.mark.parametrize("remains", [b"", b"short", b"x" * 12])
def test_what_is_too_short_to_be_sealed_is_broken_and_not_a_crash(remains: bytes) -> None:
    with pytest.raises(SealBroken):
        a_key().open(remains, Note, **PLACE)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    key = a_key()
    assert len({key.seal(SECRET, **PLACE) for _ in range(100)}) == 100


def test_a_key_shows_nothing_of_itself() -> None:
    key = DataKey(UUID(int=1), b"secret-secret-secret-secret-1234")
    assert "secret-secret" not in f"{key} {key!r} {ring_of('1')!r}"


def wrapped(vault: Vault, key: DataKey) -> tuple[UUID, bytes, str]:
    return key.owner_id, *vault.wrap(key.owner_id, key.secret)


def test_after_a_rotation_old_keys_open_and_new_ones_are_wrapped_anew() -> None:
    key = a_key()
    old = wrapped(Vault(ring_of("1")), key)
    rotated = Vault(ring_of("1", "2", current="2"))
    assert rotated.unwrap(*old) == key
    new = wrapped(rotated, key)
    assert new[2] == "2"
    assert Vault(ring_of("2", current="2")).unwrap(*new) == key


def test_a_key_whose_master_key_is_gone_is_lost_and_says_so() -> None:
    with pytest.raises(SealBroken, match="key ring"):
        Vault(ring_of("2", current="2")).unwrap(*wrapped(Vault(ring_of("1")), a_key()))


def test_a_master_key_of_the_same_name_but_other_bytes_opens_nothing() -> None:
    other = replace(ring_of("1"), wrapping={"1": b"x" * 32})
    with pytest.raises(SealBroken):
        Vault(other).unwrap(*wrapped(Vault(ring_of("1")), a_key()))


def test_a_wrapped_key_belongs_to_its_owner() -> None:
    vault = Vault(ring_of("1"))
    _, sealed, by = wrapped(vault, a_key())
    with pytest.raises(SealBroken):
        vault.unwrap(uuid4(), sealed, by)


SAME = [("1405981AB2", "1405981ab2"), ("140598-1AB2", "1405981AB2"), ("14 05 98 1AB2", "1405981AB2"), ("Ａ1", "a1")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equality_ignores_case_spaces_hyphens_and_width(one: str, other: str) -> None:
    vault = Vault(ring_of("1"))
    assert vault.hashed("identifier:cpr", one) == vault.hashed("identifier:cpr", other)


def test_hashes_differ_by_use_by_value_and_by_key() -> None:
    vault, elsewhere = Vault(ring_of("1")), Vault(replace(ring_of("1"), root=b"x" * 32))
    hashes = [
        vault.hashed("identifier:cpr", "1405981AB2"),
        vault.hashed("identifier:passport", "1405981AB2"),
        vault.hashed("identifier:cpr", "1405981AB3"),
        elsewhere.hashed("identifier:cpr", "1405981AB2"),
    ]
    assert len(set(hashes)) == 4


def test_a_rotation_of_the_wrapping_keys_changes_no_hash() -> None:
    before, after = Vault(ring_of("1")), Vault(ring_of("1", "2", current="2"))
    assert before.hashed("identifier:cpr", "1") == after.hashed("identifier:cpr", "1")


async def test_a_key_is_kept_wrapped_and_found_again(lone: LoneService) -> None:
    owner_id = uuid4()
    async with lone.database.transaction(ITSELF) as work:
        key = new_key(work, owner_id)
    async with lone.database.transaction(ITSELF) as work:
        assert await key_of(work, owner_id) == key
    (row,) = await lone.sql("SELECT wrapped, wrapped_by FROM data_key")
    assert key.secret not in row["wrapped"]
    assert row["wrapped_by"] == lone.ring.current


async def test_with_its_key_everything_of_a_case_is_gone(lone: LoneService) -> None:
    kept, erased = uuid4(), uuid4()
    async with lone.database.transaction(ITSELF) as work:
        new_key(work, kept)
        new_key(work, erased)
    await lone.sql("DELETE FROM data_key WHERE owner_id = $1", erased)
    async with lone.database.transaction(ITSELF) as work:
        with pytest.raises(SealBroken, match="erased"):
            await keys_of(work, [kept, erased])


SWAPS = {
    "between two people": "UPDATE referral_subject a SET person = b.person FROM referral_subject b WHERE a.id <> b.id",
    "between two tables": "UPDATE referral_subject SET person = (SELECT narrative FROM referral)",
    "between two columns": "UPDATE referral SET narrative = (SELECT person FROM referral_subject LIMIT 1)",
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
async def test_fields_moved_in_the_database_are_refused_and_shown_to_nobody(havn: World, swap: str) -> None:
    story = Story(havn)
    await story.refer()
    await havn.sql("referrals", swap)
    cmm = havn.partner("cmm")
    answer = await cmm.get(f"/referrals/v1/referrals/{story.referral_id}", purpose="identification")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/SealBroken")
    assert not [planted for planted in PLANTED if planted in answer.text]
