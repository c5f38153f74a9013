"""Codes that this service alone uses: no event carries them. As in `shared/contract/codes.py`, values are only ever added."""

from enum import StrEnum


class Right(StrEnum):
    """What a person who may be a victim is told about."""

    REFLECTION_PERIOD = "reflection_period"
    SUPPORT = "support"
    LEGAL_AID = "legal_aid"
    INTERPRETER = "interpreter"
    CONFIDENTIALITY = "confidentiality"
    CONSENT = "consent"
    COMPLAINT = "complaint"
    RETURN = "return"
    ASYLUM = "asylum"
    OTHER = "other"


class ExplanationMethod(StrEnum):
    """How rights were explained."""

    ORAL = "oral"
    WRITTEN = "written"
    BOTH = "both"


class Observed(StrEnum):
    """Whether a sign of trafficking is there."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class NoteKind(StrEnum):
    """With what something was said that has no page of its own."""

    OPENING = "opening"
    SETTLEMENT = "settlement"
    CUSTODY_PLACE = "custody_place"
    CHILD_ASSESSMENT = "child_assessment"
    REPRESENTATIVE = "representative"
    REFUSAL = "refusal"
    EXTENSION = "extension"
    CONTACT_ATTEMPT = "contact_attempt"
    LEGAL_HOLD = "legal_hold"


class EvidenceStatus(StrEnum):
    """Whether a file of evidence can be had."""

    UPLOADING = "uploading"
    HELD = "held"
    """Whole, but not scanned: it waits until two people have released it."""
    AVAILABLE = "available"
    REFUSED = "refused"
    """Infected, or of a kind that is not kept: its content is destroyed."""
    REMOVED = "removed"
    """Taken out again, for a reason that is kept, or never sent whole; its content is destroyed."""


class CaseStatus(StrEnum):
    """How far a case has come; that the person is missing is a flag beside it."""

    REFERRED = "referred"
    CLARIFICATION = "clarification"
    RECOMMENDED = "recommended"
    DECIDED = "decided"
    CLOSED = "closed"


class ContactChannel(StrEnum):
    """How the person can be reached; whether that is safe is recorded for each."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    MESSENGER = "messenger"
    VIA_PERSON = "via_person"


class ExtensionReason(StrEnum):
    """The only two grounds on which a period grows longer (udlændingeloven § 33(14))."""

    SPECIAL_REASONS = "special_reasons"
    COOPERATION_ON_RETURN = "cooperation_on_return"


class LinkKind(StrEnum):
    """What connects two cases."""

    LINKED = "linked"
    MERGED = "merged"
    SUSPECT = "suspect"


class QuestionState(StrEnum):
    """How the question stands whether two cases are about one person."""

    OPEN = "open"
    ANSWERED = "answered"
    UNDONE = "undone"
    """The answer was taken back; it may be answered again, and holds nothing up meanwhile."""
    MOOT = "moot"
    """There is nothing left to ask: one case by now, asked already of the cases where the work goes on, or no longer alike."""


class SameOrDifferent(StrEnum):
    """What people answer."""

    SAME = "same"
    DIFFERENT = "different"


class AskedBecause(StrEnum):
    """What speaks for two cases being about one person."""

    NUMBER = "number"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    SENDER_SAYS = "sender_says"


class SupportKind(StrEnum):
    """What the support package gives."""

    CONTACT_PERSON = "contact_person"
    DOCTOR = "doctor"
    PSYCHOLOGIST = "psychologist"
    MIDWIFE = "midwife"
    LEGAL_AID = "legal_aid"
    EDUCATION = "education"
    HOME_COUNTRY_CONTACT = "home_country_contact"
    OTHER = "other"


class Appellant(StrEnum):
    """Who files an appeal."""

    PERSON = "person"
    LAWYER = "lawyer"
    CMM = "cmm"


class CustodyEnd(StrEnum):
    """How a detention ended; `placed_34`: a place at a shelter under udlændingeloven § 34(1) no. 3 instead."""

    RELEASED = "released"
    PLACED_34 = "placed_34"
    REMANDED = "remanded"
    OTHER = "other"


class Proposal(StrEnum):
    """What Havn proposes; people decide."""

    PLACEMENT_34 = "placement_34_1_3"
    """A place at a shelter instead of detention (udlændingeloven § 34(1) no. 3)."""


class ConsentMethod(StrEnum):
    """How a person gave leave."""

    ORAL = "oral"
    WRITTEN = "written"


class AskedBy(StrEnum):
    """Who asks for what is held of a person."""

    PERSON = "person"
    ON_BEHALF = "on_behalf"
    """Somebody else, who may be the trafficker."""


class AskerRelation(StrEnum):
    """What somebody who asks on behalf of a person is to them."""

    LAWYER = "lawyer"
    REPRESENTATIVE = "representative"
    """The personal representative of a child."""
    GUARDIAN = "guardian"
    CONTACT_PERSON = "contact_person"
    RELATIVE = "relative"
    PARTNER = "partner"
    FRIEND = "friend"
    OTHER = "other"


class AccessOutcome(StrEnum):
    """What the review of a request for access came to."""

    GRANTED = "granted"
    REFUSED = "refused"


class AccessState(StrEnum):
    """How a request for access stands."""

    RECORDED = "recorded"
    """It waits for its review."""
    GRANTED = "granted"
    EXPIRED = "expired"
    """What was granted was not handed out in time; it is reviewed anew."""
    REFUSED = "refused"
    HANDED_OUT = "handed_out"
