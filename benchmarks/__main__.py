"""python -m benchmarks [p1] [p8] [lists] [finding] [flood] [known] [projection] [holds]: all without arguments."""

import sys

from benchmarks import finding, flood, holds, known_number, lists, p1_post_referral, p8_start, projection

BENCHMARKS = {
    "p1": p1_post_referral.main,
    "p8": p8_start.main,
    "lists": lists.main,
    "finding": finding.main,
    "flood": flood.main,
    "known": known_number.main,
    "projection": projection.main,
    "holds": holds.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
