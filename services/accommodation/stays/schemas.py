"""What HTTP takes and gives of placements."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.accommodation.case.codes import HousingAuthority, PlacementRow
from services.accommodation.facilities.codes import CompanionKind
from services.accommodation.offers.schemas import RuleException
from services.accommodation.placements.codes import ChangeGround, Ending, FitRule, Movement, PlacementStatus
from services.accommodation.placements.schemas import Needs
from services.accommodation.responsibility.schemas import AuthorityAlone
from shared.contract.codes import Gender, MoveReason, Region
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.times import Happened, HappenedOn, PlannedOn
from shared.contract.types import Answer, Body, Day, Flag, Moment, Municipality, example
from shared.kernel.errors import SpokenValueError


class ResponsibilityFrom(Answer):
    """Who decides and pays for a placed person's accommodation, from that day on, why, and what has changed it."""

    from_on: date
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority
    why: str
    why_da: str
    because: ChangeGround | None


class ResponsibilityHistory(Answer):
    """For whoever may not know outcome and legal status: the authority of today alone."""

    items: list[ResponsibilityFrom | AuthorityAlone]


class Arrival(Body):
    """When the person came; now, where it is left out."""

    model_config = example(arrived_at="2026-03-09T18:00:00+01:00")

    arrived_at: Happened | None = None


class Leaving(Body):
    """When the person left (now, where it is left out), why, and whether without a word."""

    model_config = example(
        left_at="2026-03-19T10:00:00+01:00", reason="Her room was empty in the morning.", disappeared=True
    )

    left_at: Happened | None = None
    reason: PersonalText | None = None
    disappeared: Flag = False


class PlacementDetails(Answer):
    """A placement, for those who may know the place."""

    placement_id: UUID
    case_id: UUID
    place_id: UUID
    facility_id: UUID
    region: Region
    status: PlacementStatus
    from_on: Day
    to_on: Day | None
    arrived_at: Moment | None
    left_at: Moment | None
    disappeared: bool
    ending: Ending | None
    moved_to_id: UUID | None
    exceptions: list[FitRule]


class FitWarning(Answer):
    """A rule that speaks against the place by now, and why, in English and Danish."""

    rule: FitRule
    why: str
    why_da: str


class ArrivedDetails(PlacementDetails):
    """A placement whose person has come, and what speaks by now against the place: have another one found, or say why not."""

    warnings: list[FitWarning]


class Cancellation(Body):
    """Why the person will not come; before the arrival."""

    model_config = example(reason="The boiler has burst.")

    reason: PersonalText


class NoShowReport(Body):
    """On which evening the person was expected and did not come; today, where it is left out."""

    model_config = example(on="2026-03-09")

    on: HappenedOn | None = None


class Extension(Body):
    """The new day of leaving, and why. Rules that speak against it by now may be excepted as for an offer, but for a minor among
    adults, which CMM or the payer and the operator agree on."""

    model_config = example(to_on="2026-04-22", reason="Her flat is not ready.")

    to_on: PlannedOn
    reason: PersonalText
    exceptions: Annotated[list[RuleException], Field(max_length=len(FitRule))] = []


class Move(Body):
    """Why and when the person moves (now, where that is left out), and where to: to a place of the same operator, by an offer
    that another one has accepted, or, where neither is named, to the operator's own place that fits best."""

    model_config = example(moved_at="2026-03-18T20:00:00+01:00", reason="safety", avoid_municipalities=["0101", "0147"])

    moved_at: Happened | None = None
    reason: MoveReason
    avoid_municipalities: Annotated[list[Municipality], Field(max_length=98)] = []
    place_id: UUID | None = None
    offer_id: UUID | None = None
    exceptions: Annotated[list[RuleException], Field(max_length=len(FitRule))] = []
    note: PersonalText | None = None

    @model_validator(mode="after")
    def _goes_to_one_place(self) -> Self:
        if self.place_id and self.offer_id:
            raise SpokenValueError("Name a place or an offer, not both.")
        return self


class Companion(Body):
    """Who comes along: a `child` with its parent, or somebody else of the household. What is recorded of them in their own case
    counts before what is said here. A child under three shares the bed; a child of whom nothing is said and that joins after the
    arrival was born there."""

    model_config = example(kind="child", born_on="2026-03-12", joined_at="2026-03-12T04:00:00+01:00")

    kind: CompanionKind
    case_id: UUID | None = None
    joined_at: Happened | None = None
    gender: Gender | None = None
    born_on: HappenedOn | None = None
    place_id: UUID | None = None


class CompanionLeaving(Body):
    """When who came along has left alone (now, where it is left out), and whether without a word: whether they are missing is
    asked in their own case then."""

    model_config = example(left_at="2026-03-12T20:00:00+01:00")

    left_at: Happened | None = None
    disappeared: Flag = False


class CompanionDetails(Answer):
    """Somebody who came along, and the place that they have."""

    companion_id: UUID
    placement_id: UUID
    kind: CompanionKind
    case_id: UUID | None
    place_id: UUID
    shares_bed: bool
    joined_at: Moment


class CompanionThere(Answer):
    """Somebody who is there that night with a person, and the place that they have; no name."""

    companion_id: UUID
    kind: CompanionKind
    place_id: UUID
    shares_bed: bool


class DayItem(Answer):
    """Somebody who comes, is there or goes on that night, with what the facility has to know and no more."""

    placement: PlacementDetails
    label: PersonalName
    movement: Movement
    arrived_at: Moment | None
    given_name: PersonalName | None
    languages: list[str]
    needs: Needs
    health_flags: list[PersonalName]
    safe_contact: PersonalText | None
    companions: list[CompanionThere]


class PlacedInRegion(Answer):
    """What the payer of a place in a secret facility learns: in which region it is, and whether the person is there."""

    placed: bool
    booked: bool
    placement_id: UUID
    case_id: UUID
    region: Region
    status: PlacementStatus
    from_on: Day
    to_on: Day | None


class Placed(Answer):
    """All that the other parties of a case learn from the arrival on: whether the person has a place."""

    placed: bool


class Booked(Answer):
    """All that they learn before the arrival."""

    booked: Literal[True] = True
