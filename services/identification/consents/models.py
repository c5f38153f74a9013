"""Tables of what a person lets others know, and of what was disclosed."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import ConsentMethod
from services.identification.case.models import Table
from shared.contract.codes import DisclosureBasis, LegalBasis, Purpose, ShareScope
from shared.data.columns import code, codes, moment, record_id, sealed


class Consent(Table, table=True):
    """The person lets one recipient know, for one purpose. `particulars` seals the scope in words and who interpreted.

    A withdrawal holds from `withdrawn_at`, which is when it reached us; the row stays, as the recipient must acknowledge."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    recipient: str
    purpose: Purpose = code(Purpose)
    scope: list[ShareScope] = codes(ShareScope)
    method: ConsentMethod | None = code(ConsentMethod)
    given_at: datetime = moment()
    with_interpreter: bool = False
    recorded_at: datetime = moment()
    recorded_by: str
    withdrawn_at: datetime | None = moment(default=None)
    withdrawn_by: str | None = None
    acknowledged_at: datetime | None = moment(default=None)
    acknowledged_by: str | None = None
    confirmed_at: datetime | None = moment(default=None)
    """When CMM has confirmed that it holds in the case that this one was merged into; until then it gives nothing there."""
    particulars: bytes | None = sealed(default=None)


class Disclosure(Table, table=True):
    """What was disclosed to whom, and why that was allowed. `fields` is the snapshot of what it covered; `particulars` seals
    note and reason. One by law lets the recipient know until it is ended."""

    id: UUID = record_id()
    case_id: UUID = Field(foreign_key="case_file.id")
    recipient: str
    purpose: Purpose = code(Purpose)
    fields: list[ShareScope] = codes(ShareScope)
    basis: DisclosureBasis = code(DisclosureBasis)
    consent_id: UUID | None = Field(default=None, foreign_key="consent.id")
    legal_basis: LegalBasis | None = code(LegalBasis, default=None)
    made_at: datetime = moment()
    made_by: str
    ended_at: datetime | None = moment(default=None)
    ended_by: str | None = None
    particulars: bytes | None = sealed(default=None)
