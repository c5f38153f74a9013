"""python -m benchmarks [p1] [p8] [lists] [finding] [flood]: all without arguments."""

import sys

from benchmarks import finding, flood, lists, p1_post_referral, p8_start

BENCHMARKS = {
    "p1": p1_post_referral.main,
    "p8": p8_start.main,
    "lists": lists.main,
    "finding": finding.main,
    "flood": flood.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
