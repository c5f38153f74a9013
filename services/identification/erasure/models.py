"""Tables of erasures: what was asked for, and what each service has said to it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import ErasureExtent
from shared.data.columns import code, moment, record_id


class Erasure(Table, table=True):
    """Something of a case was erased here, and is to be erased wherever else it is held."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    extent: ErasureExtent = code(ErasureExtent)
    erased_at: datetime = moment()
    confirm_by: datetime = moment()


class ErasureHolder(Table, table=True):
    """A service that is to erase, when it has confirmed that it did, and when CMM was alerted that it had not."""

    __tablename__ = "erasure_holder"
    erasure_id: UUID = Field(primary_key=True, foreign_key="erasure.id")
    holder: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    confirmed_at: datetime | None = moment(default=None)
    alerted_at: datetime | None = moment(default=None)
