"""Where the master key may come from, and what is said when there is none."""

import base64
import json
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.data.keys import CommandKeys, FileKeys, GivenKeys, KeyProvider, MasterKeyMissing, key_provider, read_ring
from shared.kernel.settings import Settings

MASTER = base64.b64encode(b"m" * 32).decode()
SHORT = base64.b64encode(b"m" * 31).decode()


def test_the_first_start_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.json"
    made = FileKeys(path).ring()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert FileKeys(path).ring() == made, "and the next start finds it"


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    one, other = FileKeys(tmp_path / "one").ring(), FileKeys(tmp_path / "other").ring()
    assert one.root != other.root
    assert one.wrapping["1"] != other.wrapping["1"]


def test_32_bytes_in_base64_are_a_ring_and_always_the_same() -> None:
    assert GivenKeys(MASTER).ring() == GivenKeys(MASTER + "\n").ring()


def test_a_command_may_print_the_key() -> None:
    assert CommandKeys(f"echo {MASTER}").ring() == GivenKeys(MASTER).ring()


def test_a_ring_survives_its_json_form(tmp_path: Path) -> None:
    ring = FileKeys(tmp_path / "master.json").ring()
    assert read_ring(ring.as_json()) == ring


def test_every_use_has_a_key_of_its_own() -> None:
    ring = read_ring(MASTER)
    derived = [
        ring.root,
        *ring.wrapping.values(),
        *(ring.derived(use) for use in ("cursors", "database role", "hash:x")),
    ]
    assert len(set(derived)) == len(derived)
    assert ring.derived("cursors") == read_ring(MASTER).derived("cursors")


BROKEN = {
    "nothing": "",
    "no base64": "Malee Sukhumwong",
    "too short": SHORT,
    "not ASCII": "ø" * 44,
    "broken JSON": '{"root": ',
    "no members": "{}",
    "a list for the keys": json.dumps({"root": MASTER, "current": "1", "wrapping": [MASTER]}),
    "numbers for keys": json.dumps({"root": 1, "current": "1", "wrapping": {"1": 2}}),
    "a short root": json.dumps({"root": SHORT, "current": "1", "wrapping": {"1": MASTER}}),
    "a short key": json.dumps({"root": MASTER, "current": "1", "wrapping": {"1": SHORT}}),
    "a current key that is missing": json.dumps({"root": MASTER, "current": "2", "wrapping": {"1": MASTER}}),
    "endless nesting": '{"a":' * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_key_is_refused_in_one_sentence_that_does_not_quote_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.json"
    path.write_text(text)
    program = f"{sys.executable} -c \"print(open('{path}').read())\""
    providers: list[KeyProvider] = [GivenKeys(text), FileKeys(path), CommandKeys(program)]
    for provider in providers:
        with pytest.raises(MasterKeyMissing) as refused:
            provider.ring()
        sentence = str(refused.value)
        assert sentence.endswith(".")
        assert not text or text not in sentence


@given(st.text())
def test_no_text_breaks_the_reading_of_a_key(text: str) -> None:
    try:
        ring = read_ring(text)
    except ValueError:
        return
    assert len(ring.root) == 32


@pytest.mark.parametrize("command", ["false", "no-such-command-anywhere", "echo", "'unbalanced"])
def test_a_command_that_gives_no_key_says_which_setting_to_look_at(command: str) -> None:
    with pytest.raises(MasterKeyMissing, match="HAVN_MASTER_KEY_COMMAND"):
        CommandKeys(command).ring()


def test_what_a_failing_command_printed_is_not_told() -> None:
    with pytest.raises(MasterKeyMissing) as refused:
        CommandKeys(f"{sys.executable} -c \"print('{SHORT}'); raise SystemExit('{SHORT}')\"").ring()
    assert SHORT not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyMissing, match=str(tmp_path)):
        FileKeys(tmp_path).ring()


def test_the_command_comes_before_the_variable_and_the_variable_before_the_file(tmp_path: Path) -> None:
    everything = Settings(
        home=tmp_path, master_key=SecretStr(MASTER), master_key_command="vault", master_key_file=tmp_path / "key"
    )
    without_command = everything.model_copy(update={"master_key_command": None})
    without_both = without_command.model_copy(update={"master_key": None})
    found = [type(key_provider(chosen)) for chosen in (everything, without_command, without_both)]
    assert found == [CommandKeys, GivenKeys, FileKeys]
    assert MASTER not in repr(everything)
