"""The table of referrals that tell a municipality of a child."""

from uuid import UUID

from sqlmodel import Field

from services.identification.case.models import Table


class ChildReferral(Table, table=True):
    """A referral that asks a municipality to assess a child of a case."""

    __tablename__ = "child_referral"
    referral_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_file.id")
    municipality: str
