"""What all tests stand on: a real PostgreSQL of their own, and a Havn that starts each test empty.

Fixtures import what they need when they are asked for: a test of a rule, which needs none of this, does not wait for it."""

import ast
import gc
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests import order

if TYPE_CHECKING:
    from shared.kernel.settings import Settings
    from tests.world import World

# How long an example takes says something about the machine, not about the rule.
hypothesis.settings.register_profile("havn", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# `make quick` says which it wants: fewer examples; a test that sets its own number keeps it.
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("havn"), max_examples=15)
hypothesis.settings.load_profile(os.environ.get("HAVN_EXAMPLES", "havn"))


def pytest_configure(config: pytest.Config) -> None:
    """Each run has a temporary folder of its own, removed at its end.

    By default all runs of a user share `/tmp/pytest-of-NAME`, and each shuts it to others when it starts. For root that takes the
    data of the servers of all other runs away from under them: PostgreSQL runs as a user of its own, and panics."""
    if config.option.basetemp is None:  # the processes of xdist have theirs inside that of who started them
        config.option.basetemp = tempfile.mkdtemp(prefix="havn-tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))
    # Modules are loaded and tests are collected now: next to nothing of that is garbage.
    gc.set_threshold(100_000, 20, 50)


@pytest.hookimpl(trylast=True)  # after the shuffling
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    order.slow_first(items)
    if getattr(config.option, "loadgroup", False):  # a process of xdist, that keeps groups together
        order.keep_groups_together(items)


def pytest_runtest_setup() -> None:
    """Every test has answers checked, also after one in whose process Havn has served."""
    if as_given := sys.modules.get("shared.contract.as_given"):
        as_given.Checks.are_on = True


def pytest_collection_finish() -> None:
    """What collecting has made stays until the end: the collector of garbage need not look at it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(optionalhook=True)  # there is no such hook without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.Scheduling | None:
    return order.Scheduling(config, log) if config.option.dist == "loadgroup" else None


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One process more than there are cores: while one waits for a broker that is down, the others are at work."""
    return (yield) + 1


@pytest.fixture(scope="session", autouse=True)
def one_parser_at_a_time() -> Iterator[None]:
    """CPython 3.11 counts how deep a syntax tree is in one place: where two are parsed at once, one of them ends in a SystemError
    ("AST constructor recursion depth mismatch"). Tests parse files of ours; meanwhile Hypothesis does in a thread of its own, a
    Havn that runs in a thread for a traceback, and in the very same thread what is collected as garbage, for one that it logs."""
    lock, parse = threading.RLock(), ast.parse

    def parse_alone(*args: Any, **kwargs: Any) -> ast.AST:
        with lock:
            collects = gc.isenabled()
            gc.disable()
            try:
                return parse(*args, **kwargs)
            finally:
                if collects:
                    gc.enable()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ast, "parse", parse_alone)
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("havn")


@pytest.fixture(scope="session")
def server_url(home: Path) -> Iterator[str]:
    """A PostgreSQL of this test process alone, its databases copied from the template (tests/template.py)."""
    from shared.data.embedded import EmbeddedPostgres
    from tests.template import lay_out

    lay_out(home)
    server = EmbeddedPostgres(home)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def settings(home: Path) -> "Settings":
    from shared.kernel.settings import Settings

    return Settings(home=home, retry_seconds=0.01, handler_attempts=3, relay_poll_seconds=0.25, sweep_seconds=3600)


@pytest.fixture(scope="session")
async def databases(server_url: str, settings: "Settings") -> str:
    """The server, with every service's database migrated and its runtime role's password set."""
    from services.everything import SERVICES
    from shared.runtime.running import migrate_all

    await migrate_all([service.name for service in SERVICES], settings, server_url)
    return server_url


@pytest.fixture(scope="session")
async def house_of_all(databases: str, settings: "Settings") -> "AsyncIterator[World]":
    from services.accommodation.case import repository as cases
    from services.everything import SERVICES
    from tests.world import open_world

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cases, "ARRIVES_WITHIN_SECONDS", 0)  # of many cases there is nothing to wait for
        async with open_world(SERVICES, settings, databases) as world:
            yield world


@pytest.fixture
async def havn(house_of_all: "World") -> "World":
    """A running Havn with all services on the in-process bus, empty but for the directory."""
    await house_of_all.forget_everything()
    return house_of_all
