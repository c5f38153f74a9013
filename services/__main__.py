"""python -m services: everything in one process, as `havn up`."""

from services.cli import app

if __name__ == "__main__":
    app(["up"], prog_name="havn")
