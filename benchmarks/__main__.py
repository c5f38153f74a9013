"""python -m benchmarks [NAME ...]: all without arguments. What they find is printed, and put into docs/benchmarks.md."""

import sys

from benchmarks import (
    figures,
    finding,
    flood,
    holds,
    known_number,
    lists,
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
    "p8": p8_start.main,
    "p9": holds.main,
    "reads": reads.main,
    "lists": lists.main,
    "finding": finding.main,
    "flood": flood.main,
    "known": known_number.main,
}

if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - BENCHMARKS.keys():
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    for name in sys.argv[1:] or BENCHMARKS:
        found = BENCHMARKS[name]()
        figures.tell(found)
        figures.write(found)
