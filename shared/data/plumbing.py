"""The base of the tables that every service's database has alike: events, inbox, audit, keys, idempotency."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class PlumbingTable(DeclarativeBase):
    """One metadata for all services: each has these tables in a database of its own."""

    metadata = MetaData()
