"""The check of an upgrade finds what was lost on the way. The check itself is a command: `make upgrade-test` (row 163)."""

from pathlib import Path

import pytest

from tools import upgrade_check
from tools.upgrade_check import Upgrade, UpgradeFailed, lost, main

BEFORE = {"referrals referral": (2, "a"), "referrals outbox": (3, "b"), "stats person": (1, "c")}


def test_a_table_with_fewer_rows_or_none_at_all_is_named() -> None:
    assert lost(BEFORE, BEFORE) == []
    assert lost(BEFORE, BEFORE | {"referrals referral": (3, "changed")}) == []
    assert lost(BEFORE, BEFORE | {"referrals referral": (1, "a")}) == ["referrals referral"]
    assert lost(BEFORE, {name: kept for name, kept in BEFORE.items() if name != "stats person"}) == ["stats person"]


def test_what_is_emptied_by_itself_is_not_lost() -> None:
    assert lost(BEFORE, BEFORE | {"referrals outbox": (0, "")}) == []


def test_a_release_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-release"]) == 1
    assert "there is no no-such-release here" in capsys.readouterr().err
    assert main([]) == 2
    assert "From which release?" in capsys.readouterr().err


def test_a_dead_letter_fails_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Running:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    async def same(_: str) -> dict[str, tuple[int, str]]:
        return BEFORE

    monkeypatch.setattr(upgrade_check, "havn_at", lambda *_, **__: Running())
    monkeypatch.setattr(upgrade_check, "rows", same)
    monkeypatch.setattr(
        upgrade_check, "havn", lambda _, *command, **__: "one" if command[0] == "dead-letters" else "all is well"
    )
    with pytest.raises(UpgradeFailed, match="could not be handled: one"):
        Upgrade("v1", tmp_path)._upgrade("postgresql://", "abc")
