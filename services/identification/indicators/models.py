"""Table of the signs of trafficking that were observed."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import Observed
from services.identification.case.models import Table
from shared.data.columns import code, moment, record_id, sealed


class Observation(Table, table=True):
    """One answer to one item of an indicator set, in the version that was in force; `account` seals the note and who saw it.

    Answers are never changed: a later one (`number`) stands in an earlier one's place."""

    __tablename__ = "indicator_observation"
    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    number: int
    indicator_set: str
    table_version: str
    item: str
    answer: Observed = code(Observed)
    observed_on: date | None
    recorded_at: datetime = moment()
    recorded_by: str
    recorded_by_subject: str
    account: bytes = sealed()
