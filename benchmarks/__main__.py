"""python -m benchmarks [NAME ...]: all without arguments. What they find is printed, and put into docs/benchmarks.md. Status 1
where a threshold was missed (goals that are no thresholds may be)."""

import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks import (
    days,
    figures,
    finding,
    flood,
    forecast,
    holds,
    known_number,
    lists,
    load_test,
    matching,
    p1_post_referral,
    p8_start,
    projection,
    reads,
    relay,
    visible,
)

BENCHMARKS = {
    "p1": p1_post_referral.main,
    "p3": relay.main,
    "p4": visible.main,
    "p5": projection.main,
    "p7": matching.main,
    "days": days.main,
    "p8": p8_start.main,
    "p9": holds.main,
    "reads": reads.main,
    "lists": lists.main,
    "finding": finding.main,
    "flood": flood.main,
    "forecast": forecast.main,
    "known": known_number.main,
    "load": load_test.main,
}


def run(
    names: Sequence[str],
    benchmarks: Mapping[str, Callable[[], list[figures.Figure]]] = BENCHMARKS,
    write: Callable[[Sequence[figures.Figure]], None] = figures.write,
) -> int | str:
    """Run them; the exit status, or a sentence."""
    if unknown := set(names) - benchmarks.keys():
        return f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(benchmarks)}."
    missed: list[figures.Figure] = []
    for name in names or benchmarks:
        found = benchmarks[name]()
        figures.tell(found)
        write(found)
        missed += [each for each in found if each.is_missed]
    for each in missed:
        print(f"MISSED: {each.what}: {each.value.replace('**', '')}, {each.goal}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
