"""python -m services: everything in one process, as `havn up`."""

import sys

from services.cli import app

if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit("`python -m services` starts everything and takes no arguments; for other commands see `havn --help`.")
    app(["up"], prog_name="havn")
