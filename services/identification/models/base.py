"""What all tables of the identification service have in common."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables: one metadata of its own."""


metadata = Table.metadata
