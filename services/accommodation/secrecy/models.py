"""The table of reveals: who was shown a secret address."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.accommodation.case.models import Table
from shared.contract.codes import Purpose
from shared.contract.roles import Role
from shared.data.columns import code, codes, moment, record_id


class Reveal(Table, table=True):
    """A secret address was shown to a person of an organisation, to be used until then. The facility reads it."""

    id: UUID = record_id()
    facility_id: UUID = Field(foreign_key="facility.id")
    org: str
    actor: str
    roles: list[Role] = codes(Role)
    purpose: Purpose = code(Purpose)
    revealed_at: datetime = moment()
    until: datetime = moment()
