"""The base of the tables that every service's database has alike: events, inbox, audit, keys, idempotency."""

from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class PlumbingTable(DeclarativeBase):
    """One metadata for all services: each has these tables in a database of its own."""

    metadata = MetaData()

    def __init__(self, **given: Any) -> None:
        """As with `Row`: what is given is what the row is, and no change of it."""
        self.__dict__.update(given)
