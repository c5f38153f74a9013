"""Tables of the clarification: interviews and recommendations."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table
from shared.contract.codes import Outcome
from shared.data.columns import code, moment, record_id, sealed


class Interview(Table, table=True):
    """One interview of the clarification; `account` seals what was said and who helped."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    held_at: datetime = moment()
    held_by: str
    recorded_at: datetime = moment()
    language: str | None
    with_interpreter: bool
    with_companion: bool
    with_representative: bool = False
    anonymous: bool
    in_detention: bool
    account: bytes = sealed()


class Recommendation(Table, table=True):
    """What CMM recommends to the deciding authority."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    made_at: datetime = moment()
    made_by: str
    outcome: Outcome = code(Outcome)
    reasons: bytes = sealed()
