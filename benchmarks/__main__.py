"""python -m benchmarks [p1] [p8] [lists] [finding]: all without arguments."""

import sys

from benchmarks import finding, lists, p1_post_referral, p8_start

BENCHMARKS = {"p1": p1_post_referral.main, "p8": p8_start.main, "lists": lists.main, "finding": finding.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
