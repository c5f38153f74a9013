"""What the referrals service takes and gives over HTTP."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, ModelWrapValidatorHandler, model_validator

from services.referrals.reading import AsWritten, Reading, in_order
from shared.contract.codes import Channel, DisclosureBasis, LegalBasis, ReferralKind, ReferralStatus, Urgency
from shared.contract.organisations import CENTRE, OrganisationKind
from shared.contract.person import Subject
from shared.contract.personal import WORDS, PersonalCode, PersonalText, Present
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Flag, Moment, Municipality, Organisation, example
from shared.contract.warnings import InputWarning, WarningCode

MOST_SUBJECTS = 50


class ReferralSubmission(Body):
    """A referral as a partner submits it."""

    model_config = example(
        recipient="cmm",
        kind="identification",
        channel="police_operation",
        urgency="urgent",
        occurred_at="2026-03-02T09:30:00+01:00",
        municipality="0751",
        reason="Fourteen hours a day, passports held, a debt of 150,000 DKK.",
        safe_contact="Only through the blue bakery, in the morning.",
        subjects=[
            {
                "reference": "P01",
                "given_name": "Malee",
                "stated_age": 24,
                "age_basis": "stated",
                "gender": "woman",
                "citizenships": ["THA"],
                "languages": ["tha"],
                "identifiers": [{"type": "x_ecpr", "value": "7405981AB2"}],
                "residence_basis": "visa",
                "residence_valid_until": "2026-04-01",
                "suspected_forms": ["SEXUAL"],
                "consents": [{"recipient": "cmm", "purpose": "identification"}],
            }
        ],
    )

    recipient: Organisation = CENTRE
    kind: ReferralKind
    channel: Channel
    urgency: Urgency = Urgency.ROUTINE
    occurred_at: Happened
    municipality: Municipality | None = None
    in_custody: Flag = False
    custody_since: Happened | None = None
    reason: Present[PersonalText]
    safe_contact: PersonalText | None = None
    case_id: UUID | None = None
    subjects: Annotated[list[Subject], Field(min_length=1, max_length=MOST_SUBJECTS)]

    # A slot, as in `Shown`: a private attribute costs pydantic a copy of its default and a search for each time it is asked for.
    __slots__ = ("_reading",)

    @model_validator(mode="wrap")
    @classmethod
    def _forgive(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """A formality is no reason to refuse it: see `reading.py`."""
        if not isinstance(given, dict):
            return validate(given)
        reading = Reading(given)
        submission = reading.read(validate)
        reading.look_at(submission.subjects)
        return submission.read_by(reading)

    def read_by(self, reading: Reading) -> Self:
        """This submission, which knows what had to be forgiven in it."""
        self._reading = reading
        return self

    @property
    def warnings(self) -> list[InputWarning]:
        """What in it says less than it seems to, whoever sends it."""
        return in_order(reading.warnings) if (reading := self._forgiven) else []

    def warnings_for(self, sender: str) -> list[InputWarning]:
        """That, and what of it does where that organisation sends it."""
        if (reading := self._forgiven) is None:
            return []
        purposes = reading.look_at_consents(self.subjects, sender=sender, recipient=self.recipient)
        return in_order([*reading.warnings, *purposes])

    @property
    def names_no_case(self) -> bool:
        """Whether what stands as `case_id` is the id of no case whatever: it was read as not given."""
        named = (each for each in self.warnings if each.loc == ["body", "case_id"])
        return any(each.code is not WarningCode.BLANK for each in named)

    @property
    def as_written(self) -> list[AsWritten]:
        """What the sender wrote where it is read otherwise."""
        return reading.written_in_order() if (reading := self._forgiven) else []

    @property
    def _forgiven(self) -> Reading | None:
        reading: Reading | None = getattr(self, "_reading", None)
        return reading


class Narrative(BaseModel):
    """The free text of a referral, as it is sealed, with what is warned of and what was written there."""

    reason: PersonalText | None = None
    safe_contact: PersonalText | None = None
    warnings: list[InputWarning] = []
    as_written: list[AsWritten] = []


class Remark(BaseModel):
    """The free text of a change of status, as it is sealed."""

    text: PersonalText


class Reason(Body):
    model_config = example(reason="She has asked us to wait.")

    reason: PersonalText


class Forwarding(Body):
    """To whom the referral goes on. Without a consent of everybody it names for that recipient it takes a `legal_basis`, for
    which `reason` says why."""

    model_config = example(
        recipient="reden", reason="She needs a bed tonight, or she sleeps in the street.", legal_basis="danger_to_life"
    )

    recipient: Organisation
    reason: PersonalText
    legal_basis: LegalBasis | None = None


class Completion(Body):
    model_config = example(outcome="A case was opened, and she has a contact person.")

    outcome: PersonalText


class SubmittedSubject(Answer):
    """The receipt for one subject; `case_id` is filled once identification has opened the case."""

    reference: PersonalCode | None
    subject_id: UUID
    case_id: UUID | None


class ReferralReceipt(Answer):
    """The referral is taken. `warnings` names what in it says less than it seems to; nothing is lost over that."""

    referral_id: UUID
    status: ReferralStatus
    subjects: list[SubmittedSubject]
    warnings: list[InputWarning]


class ListedSubject(Answer):
    subject_id: UUID
    case_id: UUID | None


class ReferralHead(Answer):
    """A referral without personal data, as lists show it. Times are UTC."""

    referral_id: UUID
    sender: str
    recipient: str
    kind: ReferralKind
    channel: Channel
    urgency: Urgency
    status: ReferralStatus
    occurred_at: Moment
    municipality: str | None
    in_custody: bool
    custody_since: Moment | None
    case_id: UUID | None
    submitted_at: Moment
    updated_at: Moment


class ListedReferral(ReferralHead):
    subjects: list[ListedSubject]


class SubjectDetails(Subject):
    """A subject as it was submitted, and its case; with nothing in it where the person was erased."""

    subject_id: UUID
    case_id: UUID | None
    erased_at: Moment | None = None


ERASED: Final = {"reference": "-"}
"""What is left of a subject that was erased."""


class StatusStep(Answer):
    """A step of the referral. Where it was forwarded: to whom, and whether by consent or by which law."""

    at: Moment
    org: str
    status: ReferralStatus
    remark: PersonalText | None
    recipient: str | None = None
    basis: DisclosureBasis | None = None
    legal_basis: LegalBasis | None = None


class ReferralDetails(ReferralHead):
    """The whole referral, as far as the reader's role may know it. `warnings` are those of the receipt, and `as_written` is what
    the sender wrote where something is read otherwise."""

    reason: PersonalText | None
    safe_contact: PersonalText | None
    subjects: list[SubjectDetails]
    history: list[StatusStep]
    warnings: list[InputWarning]
    as_written: list[AsWritten]


class ReferralState(Answer):
    """Where the referral stands, and nothing else. `next_deadline` is the end of the 72 hours of custody (UTC)."""

    referral_id: UUID
    status: ReferralStatus
    updated_at: Moment
    next_deadline: Moment | None


class DirectoryEntry(Answer):
    id: str
    kind: OrganisationKind
    name: str
    region: str | None
    municipality_code: str | None


class DirectoryChange(Body):
    """What an administrator may change; ids and kinds are the contract's."""

    model_config = example(name="Østjyllands Politi", region="1082")

    name: Annotated[str, Field(min_length=1, max_length=200), WORDS]
    region: Annotated[str, Field(min_length=1, max_length=60), WORDS] | None = None
