"""What HTTP takes and gives of a refusal, of attempts to reach the person, and of the legal status."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from services.identification.case.codes import ContactChannel
from services.identification.case.schemas import CasePerson
from shared.contract.codes import ResidenceBasis
from shared.contract.personal import PersonalText
from shared.contract.times import Happened, HappenedOn, PlannedOn
from shared.contract.types import Answer, Body, Flag, Moment, example
from shared.contract.warnings import InputWarning
from shared.kernel.errors import SpokenValueError


class DescribedPerson(CasePerson):
    """The description as it is now. `warnings` names what was kept as written and says less than it seems to; `differs` what was
    sent and does not hold against an age that was assessed, or makes an adult of a minor: only an assessment does; and `consents`
    where others stand than were sent."""

    warnings: list[InputWarning]
    differs: list[str]


class Refusal(Body):
    """An adult does not want to be identified."""

    model_config = example(on="2026-03-09", note="She wants to go home.")

    on: HappenedOn
    note: PersonalText | None = None


class RefusalReceipt(Answer):
    """The case is an anonymous notification from here on."""

    case_id: UUID
    refused_on: date


class ContactAttemptReport(Body):
    """Somebody tries to reach the person; `at` is now where it is left out."""

    model_config = example(channel="phone", at="2026-03-09T11:00:00+01:00", reached=True)

    channel: ContactChannel
    at: Happened | None = None
    reached: Flag = False
    note: PersonalText | None = None


class ContactAttemptReceipt(Answer):
    contact_attempt_id: UUID
    channel: ContactChannel
    at: Moment
    reached: bool


# ---------------------------------------------------------------- legal status


class LegalStatusReport(Body):
    """What the stay rests on from `valid_from`; it may be a day to come. The last day of `valid_until` still counts."""

    model_config = example(
        residence_basis="residence_permit",
        valid_from="2026-03-16",
        valid_until="2027-03-15",
        source="The permit itself",
    )

    residence_basis: ResidenceBasis
    valid_from: PlannedOn
    valid_until: PlannedOn | None = None
    unpermitted_work: Flag | None = None
    asylum_pending: Flag | None = None
    source: PersonalText | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until and self.valid_until < self.valid_from:
            raise SpokenValueError("valid_until must not lie before valid_from.")
        return self


class Particulars(BaseModel):
    """Who says so, as it is sealed."""

    source: PersonalText


class LegalStatusReceipt(Answer):
    legal_status_id: UUID
    has_taken_effect: bool


class LegalStatusDetails(Answer):
    """One line of the history. `holds` marks what holds today; `source` is who says so."""

    legal_status_id: UUID
    residence_basis: ResidenceBasis
    valid_from: date
    valid_until: date | None
    unpermitted_work: bool
    asylum_pending: bool
    recorded_at: Moment
    recorded_by: str
    holds: bool
    source: PersonalText | None


class LegalStatusHistory(Answer):
    items: list[LegalStatusDetails]
