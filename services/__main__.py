"""python -m services: everything in one process, as `havn up`."""

from services.cli import up

if __name__ == "__main__":
    up()
