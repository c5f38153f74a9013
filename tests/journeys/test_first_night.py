"""A first night, played as docs/accommodation.md tells it: its commands, in a shell, against a Havn that was started."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.parts import skip_or_fail
from tests.shared.runtime.test_start import free_port, start, wait_until_ready

PAGE = Path(__file__).parents[2] / "docs" / "accommodation.md"
MOST_SECONDS = 300
SAID = re.compile(r"^(?:post|read_) .* \| get \S+ +# (.+)$", re.MULTILINE)


@pytest.mark.slow
def test_the_page_s_commands_bring_her_from_two_to_ten_past_three(tmp_path: Path) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        skip_or_fail("curl")
    (told,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    expected = SAID.findall(told)
    assert len(expected) >= 6, "what each command answers stands beside it"
    port = free_port()
    process = start(tmp_path, port)
    try:
        wait_until_ready(process, port)
        played = subprocess.run(
            ["bash", "-eu", "-c", told],
            env=os.environ | {"API": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
        )
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert (played.returncode, played.stdout.splitlines()) == (0, expected), played.stderr
