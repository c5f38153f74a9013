"""While Havn is loaded, no garbage is looked for; afterwards it is."""

import gc
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from shared.kernel.loading import loading

ROOT = Path(__file__).parents[3]
LOOKED = """
import gc
looked = []
gc.callbacks.append(lambda phase, _: looked.append(phase))
import {module}
assert gc.isenabled()
print(len(looked))
"""


def test_garbage_is_looked_for_again_when_all_is_loaded_also_where_it_failed() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), loading():
        importlib.import_module("no_such_module")
    assert gc.isenabled()


def test_where_none_is_looked_for_none_is_afterwards() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_never_looked_through() -> None:
    with loading():
        before, loaded = gc.get_freeze_count(), [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= before + len(loaded)


@pytest.mark.parametrize("module", ["services.everything", "services.stats.__main__"])
def test_hardly_any_is_looked_for_while_a_process_loads(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOOKED.format(module=module)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) < 10, "some thousand where nothing is done about it"


def test_the_four_services_load_alike() -> None:
    files = {path.parent.name: path.read_text(encoding="utf-8") for path in ROOT.glob("services/*/__main__.py")}
    assert len(files) == 4
    assert len({text.replace(name, "NAME") for name, text in files.items()}) == 1
