"""What people are found by."""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from services.identification.case.models import Table


class SearchToken(Table, table=True):
    """A piece of how a person's name sounds or is spelt, as a keyed hash of eight bytes: it can be compared, not read."""

    __tablename__ = "search_token"
    token: int = Field(primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(primary_key=True, foreign_key="case_file.id", ondelete="CASCADE")
