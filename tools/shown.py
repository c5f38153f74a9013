"""Rows of docs/rows.md that take a server or a cluster, and minutes, are shown by a command, which writes down here that it has.

    python -m tools.shown 162 0 requests failed     what was seen of row 162, at this commit (called by the command itself)

`make rows` counts that until something changes that the command had looked at."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ".parts/shown"
LOOKED_AT = ("services", "shared", "deploy", "tools", "Dockerfile", "requirements.lock", "pyproject.toml")
"""What is started, and what it is started with; neither tests nor documents."""


@dataclass(frozen=True)
class Shown:
    """What was seen of a row, when, and at which commit."""

    commit: str
    at: str
    said: str


def git(*arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)


def write_down(row: int, said: str, *, root: Path = ROOT) -> bool:
    """Keep what was seen of the row; False where it was seen of a working copy that is no commit."""
    if git("status", "--porcelain", "--", *LOOKED_AT, root=root).stdout:
        return False
    commit = git("rev-parse", "HEAD", root=root).stdout.strip()
    seen = Shown(commit, datetime.now(UTC).isoformat(timespec="seconds"), said)
    (root / KEPT).mkdir(parents=True, exist_ok=True)
    (root / KEPT / f"{row}.json").write_text(json.dumps(asdict(seen)) + "\n")
    return True


def shown(row: int, *, root: Path = ROOT) -> Shown | None:
    """What was seen of the row, of all that is started as it is here and now; None where nothing was, or of something else."""
    kept = root / KEPT / f"{row}.json"
    if not kept.exists():
        return None
    seen = Shown(**json.loads(kept.read_text()))
    since = git("diff", "--quiet", seen.commit, "--", *LOOKED_AT, root=root)
    return seen if since.returncode == 0 else None


if __name__ == "__main__":
    number, *words = sys.argv[1:]
    if not write_down(int(number), " ".join(words)):
        print(f"row {number} is not written down: the working copy differs from its commit")
