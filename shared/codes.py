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


class CaseStatus(StrEnum):
    """How far a case has come; that the person is missing is a flag beside it."""

    REFERRED = "referred"
    CLARIFICATION = "clarification"
    RECOMMENDED = "recommended"
    DECIDED = "decided"
    CLOSED = "closed"


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


class ExtensionReason(StrEnum):
    """The only two grounds on which a period grows longer (udlændingeloven § 33(14))."""

    SPECIAL_REASONS = "special_reasons"
    COOPERATION_ON_RETURN = "cooperation_on_return"


class PlacementRow(StrEnum):
    """The row of the accommodation table that says who houses a person."""

    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    B1 = "B1"
    B2 = "B2"
    B3 = "B3"
    B4 = "B4"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    D = "D"


class HousingAuthority(StrEnum):
    """Who decides on, or pays for, a person's accommodation."""

    CMM = "CMM"
    US = "US"
    MUNICIPALITY = "municipality"
    POLICE = "police"


class FacilityKind(StrEnum):
    CRISIS_CENTRE = "crisis_centre"
    MENS_CRISIS_CENTRE = "mens_crisis_centre"
    HOSTEL_110 = "hostel_110"
    ASYLUM_CENTRE = "asylum_centre"
    CHILDRENS_CENTRE = "childrens_centre"
    RESIDENTIAL_OFFER = "residential_offer"
    SAFE_FLAT = "safe_flat"
    RESIDENTIAL_INSTITUTION = "residential_institution"
    FOSTER_FAMILY = "foster_family"


class Region(StrEnum):
    """The five regions by their official codes."""

    NORDJYLLAND = "1081"
    MIDTJYLLAND = "1082"
    SYDDANMARK = "1083"
    HOVEDSTADEN = "1084"
    SJAELLAND = "1085"
