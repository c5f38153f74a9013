"""How far a request, an offer and a placement have come, and which rules say what fits."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final


class RequestStatus(StrEnum):
    """Where a placement request stands. `offered` is never stored: it holds while a place is held for the request."""

    OPEN = "open"
    OFFERED = "offered"
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


class OfferStatus(StrEnum):
    HELD = "held"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class PlacementStatus(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    LEFT = "left"
    MOVED = "moved"


class Ending(StrEnum):
    """How a placement ended; the contract's status is `left` or `moved`."""

    LEFT = "left"
    DISAPPEARED = "disappeared"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    MOVED = "moved"


class Movement(StrEnum):
    """What a shelter has to expect of somebody on a night; `overdue` has not come, or has not gone, as was planned."""

    ARRIVING = "arriving"
    HERE = "here"
    LEAVING = "leaving"
    OVERDUE = "overdue"


class DeclineCode(StrEnum):
    """Why an offer was declined; the person's own no is a decline of its own kind."""

    PERSONS_OWN_NO = "persons_own_no"
    NO_ROOM = "no_room"
    NEEDS_NOT_MET = "needs_not_met"
    SAFETY = "safety"
    OTHER = "other"


class WaitingCriterion(StrEnum):
    """What makes a request more urgent than others that wait; by how much is the list's rules' to say."""

    MINOR = "minor"
    PREGNANT = "pregnant"
    CHILDREN = "children"
    SECURITY = "security"
    TONIGHT = "tonight"


class ChangeGround(StrEnum):
    """What has changed who is responsible for a person: the stay, the decision, or what is known of gender and age."""

    LEGAL_STATUS = "legal_status"
    DECISION = "decision"
    PERSON = "person"


class FitRule(StrEnum):
    """The rules that say whether a place fits; a place that does not is counted under the first that speaks against it.

    What the facility is comes first and what is free last: `occupied` are places that would have fitted."""

    NO_APPROVAL = "no_approval"
    GENDER = "gender"
    MINORS = "minors"
    FAMILIES = "families"
    WHEELCHAIR = "wheelchair"
    LGBT_SAFE = "lgbt_safe"
    SECURITY = "security"
    OPTIONS = "options"
    DISTANCE = "distance"
    HOUSEHOLD = "household"
    CO_PLACEMENT = "co_placement"
    PAST = "past"
    PLACE_DATES = "place_dates"
    OUT_OF_SERVICE = "out_of_service"
    PERSON_ELSEWHERE = "person_elsewhere"
    OCCUPIED = "occupied"
    PEAK = "peak"


OF_THE_FACILITY: Final = frozenset(
    {FitRule.GENDER, FitRule.MINORS, FitRule.FAMILIES, FitRule.WHEELCHAIR, FitRule.LGBT_SAFE, FitRule.SECURITY}
)
"""Rules that its operator may except for its own facility."""
OF_THE_PERSON: Final = frozenset({FitRule.OPTIONS, FitRule.DISTANCE, FitRule.HOUSEHOLD, FitRule.PEAK})
"""Rules that CMM or the payer may except."""
ABOUT_THE_PERSON: Final = (OF_THE_FACILITY | OF_THE_PERSON | {FitRule.CO_PLACEMENT}) - {FitRule.PEAK}
"""Rules that say whether the place is right for the person, whatever is free: asked again at each step of a stay."""

REASONS: Final[Mapping[FitRule, tuple[str, str]]] = {
    FitRule.NO_APPROVAL: (
        "The facility has no approval that is valid over the stay; it may receive nobody.",
        "Stedet har ingen godkendelse, der gælder hele opholdet; det må ikke modtage nogen.",
    ),
    FitRule.GENDER: (
        "The facility does not take in people of the person's gender.",
        "Stedet modtager ikke personer af personens køn.",
    ),
    FitRule.MINORS: ("The facility does not take in minors.", "Stedet modtager ikke mindreårige."),
    FitRule.FAMILIES: (
        "The facility does not take in children with a parent.",
        "Stedet modtager ikke børn med en forælder.",
    ),
    FitRule.WHEELCHAIR: ("The place cannot be reached in a wheelchair.", "Der er ikke adgang med kørestol."),
    FitRule.LGBT_SAFE: (
        "The facility is not known to be safe for LGBT people.",
        "Stedet er ikke kendt som trygt for LGBT.",
    ),
    FitRule.SECURITY: (
        "The facility is less secure than the person needs.",
        "Stedet er mindre sikret, end personen har brug for.",
    ),
    FitRule.OPTIONS: (
        "The kind of facility is none of the options of the row that says who is responsible.",
        "Stedets art er ikke blandt mulighederne i den række, der afgør ansvaret.",
    ),
    FitRule.DISTANCE: (
        "The place lies in a municipality that the person must avoid, or too near to one.",
        "Pladsen ligger i en kommune, som personen skal undgå, eller for tæt på en.",
    ),
    FitRule.HOUSEHOLD: (
        "The household would be parted; place them together, or say why not.",
        "Husstanden ville blive skilt; placér dem sammen, eller skriv hvorfor ikke.",
    ),
    FitRule.CO_PLACEMENT: (
        "For safety nobody may be placed here together with whoever else the facility houses.",
        "Af hensyn til sikkerheden kan personen ikke placeres her sammen med andre på stedet.",
    ),
    FitRule.PAST: ("These nights are gone by; ask anew.", "Nætterne er gået; anmod på ny."),
    FitRule.PLACE_DATES: (
        "The facility does not have the place on all of these nights.",
        "Stedet har ikke pladsen alle disse nætter.",
    ),
    FitRule.OUT_OF_SERVICE: (
        "The place is out of service on some of these nights.",
        "Pladsen er ude af brug nogle af nætterne.",
    ),
    FitRule.PERSON_ELSEWHERE: (
        "The person has another place on some of these nights, or one is held; one person has one bed a night.",
        "Personen har en anden plads nogle af nætterne, eller en er reserveret; én person har én seng pr. nat.",
    ),
    FitRule.OCCUPIED: (
        "The place is taken on some of these nights; look at the matches for another.",
        "Pladsen er optaget nogle af nætterne; se efter en anden blandt forslagene.",
    ),
    FitRule.PEAK: (
        "A place for peaks is given while no ordinary place of the facility fits; one does.",
        "En spidsbelastningsplads gives kun, når ingen almindelig plads på stedet passer; det gør en.",
    ),
}
"""Why a rule speaks against a place, in English and Danish; nobody who lives anywhere is named."""

PASSED: Final[Mapping[FitRule, tuple[str, str]]] = {
    FitRule.NO_APPROVAL: ("The facility is approved over the stay.", "Stedet er godkendt hele opholdet."),
    FitRule.GENDER: (
        "The facility takes in people of the person's gender.",
        "Stedet modtager personer af personens køn.",
    ),
    FitRule.MINORS: (
        "The person is no minor, or the facility takes in minors.",
        "Personen er ikke mindreårig, eller stedet modtager mindreårige.",
    ),
    FitRule.FAMILIES: (
        "No child comes along, or the facility takes in families.",
        "Der følger ingen børn med, eller stedet modtager familier.",
    ),
    FitRule.WHEELCHAIR: (
        "No wheelchair is needed, or the place can be reached in one.",
        "Der er ikke brug for kørestol, eller der er adgang med den.",
    ),
    FitRule.LGBT_SAFE: (
        "That the facility is safe for LGBT people is not asked for, or it is.",
        "Der er ikke bedt om et sted, der er trygt for LGBT, eller det er det.",
    ),
    FitRule.SECURITY: (
        "The facility is as secure as the person needs.",
        "Stedet er så sikret, som personen har brug for.",
    ),
    FitRule.OPTIONS: (
        "The kind of facility is among the options of the row that says who is responsible.",
        "Stedets art er blandt mulighederne i den række, der afgør ansvaret.",
    ),
    FitRule.DISTANCE: (
        "The place lies where the person need not stay away from.",
        "Pladsen ligger ikke et sted, som personen skal undgå.",
    ),
    FitRule.HOUSEHOLD: ("No household is parted.", "Ingen husstand bliver skilt."),
    FitRule.CO_PLACEMENT: (
        "Nothing is known that speaks against living there together.",
        "Der er intet kendt, der taler imod at bo sammen med andre på stedet.",
    ),
    FitRule.PAST: ("The nights are still to come.", "Nætterne er ikke gået."),
    FitRule.PLACE_DATES: (
        "The facility has the place on all of these nights.",
        "Stedet har pladsen alle disse nætter.",
    ),
    FitRule.OUT_OF_SERVICE: ("The place can be used on all of these nights.", "Pladsen kan bruges alle nætterne."),
    FitRule.PERSON_ELSEWHERE: (
        "The person has no other place on these nights.",
        "Personen har ingen anden plads disse nætter.",
    ),
    FitRule.OCCUPIED: ("The place is free on all of these nights.", "Pladsen er fri alle nætterne."),
    FitRule.PEAK: (
        "It is an ordinary place, or no ordinary one of the facility fits.",
        "Det er en almindelig plads, eller ingen almindelig plads på stedet passer.",
    ),
}
"""What is so where the rule does not speak against a place, in English and Danish."""


def reasons_of(rules: Iterable[FitRule]) -> list[dict[str, Any]]:
    """Each of these rules and why it speaks against a place, in English and Danish, as answers show it."""
    return [{"rule": rule, "why": REASONS[rule][0], "why_da": REASONS[rule][1]} for rule in rules]
