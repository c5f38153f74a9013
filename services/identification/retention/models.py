"""Tables of what was erased: the report of each day, and the ledger of destroyed keys."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.identification.case.models import Table
from shared.data.columns import moment, record_id


class RetentionRun(Table, table=True):
    """The report of one run: how many cases each rule erased, and which."""

    __tablename__ = "retention_run"
    id: UUID = record_id()
    ran_at: datetime = moment()
    day: date
    table_version: str
    is_complete: bool
    erased: dict[str, Any] = Field(sa_type=JSONB)
    case_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))


class ErasedKey(Table, table=True):
    """The ledger of destroyed keys: after a backup was restored, what it lists is destroyed again."""

    __tablename__ = "erased_key"
    owner_id: UUID = Field(primary_key=True)
    erased_at: datetime = moment()
    rule: str
