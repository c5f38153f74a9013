"""Table of the legal status: on what a person's stay rested, from which day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity
from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import ResidenceBasis
from shared.data.columns import code, moment, record_id, sealed


class LegalStatusEntry(Table, table=True):
    """One line of the dated history; nothing in it is changed but that its day has come. `particulars` seals the source."""

    __tablename__ = "legal_status"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    residence_basis: ResidenceBasis = code(ResidenceBasis)
    valid_from: date
    valid_until: date | None
    unpermitted_work: bool
    asylum_pending: bool
    recorded_at: datetime = moment()
    recorded_by: str
    has_taken_effect: bool
    particulars: bytes | None = sealed(default=None)
    position: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True)))
    """In which order the entries were recorded, within one moment too."""
