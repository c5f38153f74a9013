"""Parts that are forked from one process: all are started, what ends is started again, all end in order, and none is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 30
PARTS = """
import gc, os, signal, sys
from pathlib import Path
from shared.kernel.settings import Environment
from shared.observability.logs import configure_logging
from shared.runtime import forking

configure_logging(Environment.PRODUCTION)
forking.FIRST_PAUSE_SECONDS = 0.05
noted = Path(sys.argv[1])

def note(*what):
    with noted.open("a") as file:
        print(*what, os.getpid(), file=file)

def runs(name, hears=True):
    def run():
        def end(*_):
            note("asked", name)
            if hears:
                sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        note("began", name)
        while True:
            signal.pause()
    return run

def ends(name, status):
    def run():
        note("began", name)
        sys.exit(status)
    return run

"""


class Family:
    def __init__(self, process: "subprocess.Popen[str]", noted: Path) -> None:
        self.process = process
        self._noted = noted

    def noted(self, what: str) -> list[tuple[str, int]]:
        """Who has noted this, and in which process, in order."""
        lines = [line.split() for line in self._noted.read_text().splitlines()] if self._noted.exists() else []
        return [(name, int(process)) for noted, name, process in lines if noted == what]

    def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(PATIENCE_SECONDS * 50):
            if is_so():
                return
            time.sleep(0.02)
        raise AssertionError((self.noted("began"), self.noted("asked")))

    def until_begun(self, count: int) -> None:
        self.until(lambda: len(self.noted("began")) >= count)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def is_alone(self) -> bool:
        """Whether none of those who began is there any more."""
        return not any(map(is_there, (process for _, process in self.noted("began"))))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def family(folder: Path, parts: str, grace: float = 20) -> Iterator[Family]:
    """A process that looks after these parts, written as Python."""
    script = f"{PARTS}\nforking.GRACE_SECONDS = {grace}\nforking.Forked({parts}).supervise()()\n"
    command = [sys.executable, "-c", script, str(folder / "noted")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        found = Family(process, folder / "noted")
        try:
            yield found
        finally:
            process.kill()
            for _, each in found.noted("began"):
                if is_there(each):
                    os.kill(each, signal.SIGKILL)


def test_all_parts_are_started_each_in_a_process_of_its_own_and_end_when_they_are_asked_to(tmp_path: Path) -> None:
    with family(tmp_path, "{name: runs(name) for name in ('a', 'b', 'c')}") as parts:
        parts.until_begun(3)
        assert parts.end() == 0
        began = parts.noted("began")
        assert [name for name, _ in sorted(began)] == ["a", "b", "c"]
        assert len({parts.process.pid, *(process for _, process in began)}) == 4
        assert sorted(parts.noted("asked")) == sorted(began)
        assert parts.is_alone


def test_what_is_killed_is_started_again_and_the_others_run_on(tmp_path: Path) -> None:
    with family(tmp_path, "{name: runs(name) for name in ('a', 'b')}") as parts:
        parts.until_begun(2)
        first = dict(parts.noted("began"))
        os.kill(first["a"], signal.SIGKILL)
        parts.until_begun(3)
        assert parts.noted("began")[2][0] == "a"
        assert is_there(first["b"])
        assert parts.end() == 0
        assert parts.is_alone


def test_what_ends_again_and_again_is_started_after_ever_longer_pauses(tmp_path: Path) -> None:
    with family(tmp_path, "{'a': ends('a', 1), 'b': runs('b')}") as parts:
        parts.until_begun(5)  # four times a, and b
        assert parts.end() == 0
        said = parts.process.communicate()[0]
    pauses = [line["seconds"] for line in map(json.loads, said.splitlines()) if "started again" in line["event"]]
    assert pauses[:3] == [0.05, 0.1, 0.2], said


def test_a_part_that_cannot_work_as_it_is_set_up_ends_all_with_its_status(tmp_path: Path) -> None:
    with family(tmp_path, "{'b': runs('b'), 'a': ends('a', os.EX_CONFIG)}") as parts:
        assert parts.process.wait(PATIENCE_SECONDS) == os.EX_CONFIG
        assert parts.is_alone
        assert [name for name, _ in parts.noted("began")].count("a") == 1


def test_who_does_not_end_is_killed_after_a_while_and_the_status_says_so(tmp_path: Path) -> None:
    with family(tmp_path, "{'a': runs('a', hears=False), 'b': runs('b')}", grace=0.3) as parts:
        parts.until_begun(2)
        assert parts.end() == 1
        assert {name for name, _ in parts.noted("asked")} == {"a", "b"}
        assert parts.is_alone


def test_who_asks_twice_waits_no_longer(tmp_path: Path) -> None:
    with family(tmp_path, "{'a': runs('a', hears=False)}") as parts:
        parts.until_begun(1)
        parts.process.send_signal(signal.SIGTERM)
        parts.until(lambda: len(parts.noted("asked")) == 1)
        began = time.monotonic()
        assert parts.end() == 1
        assert time.monotonic() - began < 10
        assert parts.is_alone


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux says to a process that its parent has died.")
def test_of_a_parent_that_is_killed_no_part_is_left(tmp_path: Path) -> None:
    with family(tmp_path, "{name: runs(name) for name in ('a', 'b')}") as parts:
        parts.until_begun(2)
        parts.process.kill()
        parts.until(lambda: parts.is_alone)
        assert len(parts.noted("began")) == 2


def test_a_part_hears_signals_and_has_its_garbage_collected(tmp_path: Path) -> None:
    looks = "lambda: note('began', str(gc.isenabled() and not signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    with family(tmp_path, f"{{'a': {looks}}}") as parts:
        parts.until_begun(1)
        assert parts.noted("began")[0][0] == "True"
