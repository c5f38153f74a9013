"""The coded vocabulary of the contract: what the API, the events and the tables call things.

A value here is a promise to partners and to stored history: values are added, never renamed or taken away.
"""

from enum import StrEnum


class ReferralKind(StrEnum):
    """What a referral asks for."""

    IDENTIFICATION = "identification"
    ACCOMMODATION = "accommodation"
    HEALTH = "health"
    LEGAL = "legal"
    CHILD_NOTIFICATION = "child_notification"
    POLICE_REPORT = "police_report"
    PREPARED_RETURN = "prepared_return"
    SUPPORT = "support"
    OTHER = "other"


class ReferralStatus(StrEnum):
    """Where a referral stands; `withdrawn` from any open one."""

    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    FORWARDED = "forwarded"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """How the effort came to hear of the person."""

    HOTLINE = "hotline"
    OUTREACH = "outreach"
    POLICE_OPERATION = "police_operation"
    ASYLUM_INTERVIEW = "asylum_interview"
    INSPECTION = "inspection"
    HEALTH_SERVICE = "health_service"
    SCHOOL = "school"
    LAWYER = "lawyer"
    SELF = "self"
    OTHER = "other"


class Urgency(StrEnum):
    ROUTINE = "routine"
    URGENT = "urgent"
    ACUTE = "acute"


class Gender(StrEnum):
    """The person's own gender, as the person says; never read from a register or a CPR number."""

    WOMAN = "woman"
    MAN = "man"
    TRANS_WOMAN = "trans_woman"
    TRANS_MAN = "trans_man"
    NON_BINARY = "non_binary"
    UNKNOWN = "unknown"


class AgeBasis(StrEnum):
    """What a stated age rests on. Whoever states an age under 18 is presumed a minor until assessed."""

    DOCUMENTED = "documented"
    STATED = "stated"
    ASSESSED = "assessed"
    PRESUMED_MINOR = "presumed_minor"


class AgeGroup(StrEnum):
    """All that leaves a case about a person's age."""

    ADULT = "adult"
    MINOR = "minor"
    PRESUMED_MINOR = "presumed_minor"
    UNKNOWN = "unknown"


class CommunicationNeed(StrEnum):
    """What it takes to speak with the person."""

    INTERPRETER = "interpreter"
    FEMALE_INTERPRETER = "female_interpreter"
    SIGN_LANGUAGE = "sign_language"
    EASY_LANGUAGE = "easy_language"
    LITERACY = "literacy"
    HEARING = "hearing"
    VISION = "vision"
    OTHER = "other"


class IdentifierType(StrEnum):
    CPR = "cpr"
    REPLACEMENT_CPR = "replacement_cpr"
    X_ECPR = "x_ecpr"
    D_ECPR = "d_ecpr"
    PASSPORT = "passport"
    FOREIGNER_NUMBER = "foreigner_number"
    OTHER = "other"


class ResidenceBasis(StrEnum):
    """Opholdsgrundlag: on what the person's stay in Denmark rests."""

    DANISH_CITIZEN = "danish_citizen"
    EU_RIGHT_OF_RESIDENCE = "eu_right_of_residence"
    RESIDENCE_PERMIT = "residence_permit"
    VISA = "visa"
    VISA_FREE = "visa_free"
    ASYLUM_SEEKER = "asylum_seeker"
    NO_LEGAL_STAY = "no_legal_stay"
    DUBLIN = "dublin"
    TEMPORARY_PROTECTION_UA = "temporary_protection_ua"
    UNKNOWN = "unknown"


class ExploitationForm(StrEnum):
    """Udnyttelsesform."""

    SEXUAL = "SEXUAL"
    FORCED_LABOUR = "FORCED_LABOUR"
    FORCED_CRIMINALITY = "FORCED_CRIMINALITY"
    SLAVERY_LIKE = "SLAVERY_LIKE"
    ORGAN_REMOVAL = "ORGAN_REMOVAL"
    BEGGING = "BEGGING"
    FORCED_MARRIAGE = "FORCED_MARRIAGE"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class Authority(StrEnum):
    """Who decides whether the person is assessed as trafficked; needs_review until a lawyer of CMM has settled it."""

    CMM = "CMM"
    US = "US"
    COURT = "COURT"
    NEEDS_REVIEW = "needs_review"


class Outcome(StrEnum):
    """What a decision says. Only assessed_trafficked opens the support package and is counted."""

    ASSESSED_TRAFFICKED = "assessed_trafficked"
    NOT_TRAFFICKED = "not_trafficked"
    INSUFFICIENT_BASIS = "insufficient_basis"
    DECLINED = "declined"
    DISAPPEARED = "disappeared"
    WITHDRAWN = "withdrawn"
    OTHER_OFFENCE_262B = "other_offence_262b"


class PeriodKind(StrEnum):
    """Refleksionsperiode (no legal stay or asylum) or restitutionsperiode (legal stay)."""

    REFLECTION = "reflection"
    RESTITUTION = "restitution"


class Region(StrEnum):
    """The five regions by their official codes."""

    NORDJYLLAND = "1081"
    MIDTJYLLAND = "1082"
    SYDDANMARK = "1083"
    HOVEDSTADEN = "1084"
    SJAELLAND = "1085"


class MoveReason(StrEnum):
    """Why a person moves from one place to another."""

    SAFETY = "safety"
    CAPACITY = "capacity"
    NEED = "need"


class RiskLevel(StrEnum):
    """How great the danger to the person is, as assessed on a day."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    ACUTE = "acute"


class Relation(StrEnum):
    """What the other person is to this one."""

    CHILD = "child"
    PARENT = "parent"
    RELATIVE = "relative"
    CO_VICTIM = "co_victim"


class StallLevel(StrEnum):
    """Whether who has to answer is reminded, or CMM takes it over."""

    REMINDER = "reminder"
    ESCALATION = "escalation"


class CriminalStep(StrEnum):
    """A step of the criminal track, which runs beside the identification and never decides it."""

    POLICE_REPORT = "police_report"
    CHARGE = "charge"
    INDICTMENT = "indictment"
    JUDGMENT = "judgment"
    CHARGE_WAIVER_REQUEST = "charge_waiver_request"
    VICTIM_COUNSEL = "victim_counsel"


class CriminalSection(StrEnum):
    """The section of straffeloven: 262 a is trafficking, 262 b human exploitation, which is counted apart."""

    TRAFFICKING_262A = "262a"
    EXPLOITATION_262B = "262b"
    OTHER = "other"


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    REFERRED_BACK = "referred_back"
    CHANGED = "changed"


class DeadlineKind(StrEnum):
    """A clock that runs for a person."""

    CUSTODY = "custody"
    ON_CALL = "on_call"
    CHILD_NOTIFICATION = "child_notification"
    DECISION = "decision"
    REFLECTION_PERIOD = "reflection_period"
    RESTITUTION_PERIOD = "restitution_period"
    PERIOD_CAP = "period_cap"
    DEPARTURE = "departure"
    RISK_REASSESSMENT = "risk_reassessment"
    FOLLOW_UP = "follow_up"
    REINTEGRATION = "reintegration"
    REPRESENTATIVE = "representative"
    """Familieretshuset has a child's representative to appoint."""
    QUESTION = "question"
    """Whether two cases are about one person waits for an answer. Shown to those alone who may answer it, and in no event."""
    ACCESS_REQUEST = "access_request"
    """Somebody has asked for what is held of the person, and is answered within a month."""
    DRAFT = "draft"
    """A half-entered case is about to be deleted; what is named in the alert is the draft."""
    MISSING_CHILD = "missing_child"
    """A child is missing. No clock: somebody is alerted at once."""
    MISSING_QUESTION = "missing_question"
    """Somebody left a place without notice: are they missing? No clock: those who work on the case are alerted at once."""
    MISSING_ARRIVED = "missing_arrived"
    """Somebody who is missing, or of whom that is asked, is said to have arrived at a place. No clock either: CMM is alerted, and
    a person says whether they are found."""
    ENDED_WHILE_HOUSED = "ended_while_housed"
    """A case was closed, or a departure recorded, of somebody who still lives in a place. No clock either: CMM is alerted."""
    SUPPORT_OFFER = "support_offer"
    """A court has recognised the person, and CMM is asked to open the support offer (R1). No clock either."""
    ERASURE = "erasure"
    """A service has not confirmed in time that it has erased what it held of a case. A duty of Havn, not of a person."""


class ErasureExtent(StrEnum):
    """What of a case is erased."""

    CASE = "case"
    """All that is sealed about it: the time of keeping is over."""
    IDENTITY = "identity"
    """Who the person is: they have declined. The case goes on without a name."""


class DeadlineState(StrEnum):
    """How a clock stands: `due` from its first alert, `passed` when the time is over and nobody has done it."""

    RUNNING = "running"
    DUE = "due"
    PASSED = "passed"
    DONE = "done"


class DisclosureBasis(StrEnum):
    """Why something about a person may be told to somebody: the person's leave, or the law."""

    CONSENT = "consent"
    LAW = "law"


class ShareScope(StrEnum):
    """What a person lets a recipient know, or the law does: each code opens what the table of who may know says."""

    STATUS = "status"
    OUTCOME = "outcome"
    CONTACT = "contact"
    PERSON = "person"
    HEALTH_FLAGS = "health_flags"
    PLACEMENT = "placement"


class LegalBasis(StrEnum):
    """The law that lets something be disclosed without consent (docs/rules.md, consent-3)."""

    CHILD_AT_RISK = "child_at_risk"
    DANGER_TO_LIFE = "danger_to_life"
    RETSSIKKERHEDSLOV_11C = "retssikkerhedslov_11c"
    UDLAENDINGELOV = "udlaendingelov"
    COURT_ORDER = "court_order"
    OTHER_LAW = "other_law"


class Purpose(StrEnum):
    """Why personal data is read (`?purpose=`)."""

    IDENTIFICATION = "identification"
    SUPPORT = "support"
    ACCOMMODATION = "accommodation"
    HEALTH = "health"
    LEGAL = "legal"
    INVESTIGATION = "investigation"
    PROSECUTION = "prosecution"
    RETURN = "return"
    STATISTICS = "statistics"
    SUPERVISION = "supervision"
    DATA_SUBJECT_REQUEST = "data_subject_request"
