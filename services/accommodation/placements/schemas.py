"""What HTTP takes and gives of requests, matches and what is free; `Needs` are sealed as they are taken."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.accommodation.case.codes import FacilityKind
from services.accommodation.facilities.codes import Security
from services.accommodation.facilities.schemas import check_order
from services.accommodation.placements.codes import FitRule, RequestStatus
from services.accommodation.ranking.codes import Criterion
from services.accommodation.responsibility.schemas import AuthorityAlone, KnownFacts, ResponsibilityAnswer
from shared.contract.codes import Gender, Region
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.times import PlannedOn
from shared.contract.types import Answer, Body, Day, Flag, Language, Moment, Municipality, Whole, example

MOST_CHILDREN = 20
FARTHEST_KM = 150


class Needs(Body):
    """What a person needs of a place; gender and minority are the case's where they are left out.

    `children` come along: how many, or just whether. No place lies in one of `avoid_municipalities`, nor in one whose town is as
    near as `avoid_within_km` kilometres to that of one of them."""

    gender: Gender | None = None
    minor: Flag | None = None
    children: Annotated[Whole, Field(ge=0, le=MOST_CHILDREN)] | Flag = 0
    pregnant: Flag = False
    wheelchair: Flag = False
    lgbt_safe: Flag = False
    security: Security = Security.NONE
    languages: Annotated[list[Language], Field(max_length=10)] = []
    avoid_municipalities: Annotated[list[Municipality], Field(max_length=98)] = []
    avoid_within_km: Annotated[Whole, Field(ge=0, le=FARTHEST_KM)] = 0

    def with_children(self) -> Self:
        """The same for somebody with whom children live, by whatever these came."""
        return self.model_copy(update={"children": self.children or True})


class ForTheFacility(Body):
    """What the facility is to know of the person besides, by their consent or because it cannot do without."""

    given_name: PersonalName | None = None
    safe_contact: PersonalText | None = None
    health_flags: Annotated[list[PersonalName], Field(max_length=20)] = []


class GenderAndAge(Body):
    """What of the needs the case may say as well."""

    gender: Gender | None = None
    minor: Flag | None = None


_BESIDES: Final = ("stated", "by_itself", "for_the_facility", "avoided_since")


class SealedNeeds(Needs):
    """What is sealed: the needs, with gender and minority as the case has them, and what the facility is to know besides.

    `stated` is what the requester said of these two, and `by_itself`, while the case is merged, what its own facts say.
    `avoided_since` are municipalities to avoid since a move. They say where the person was, so they are for the rules, for CMM
    and for the facility that houses the person now."""

    stated: GenderAndAge = GenderAndAge()
    by_itself: GenderAndAge | None = None
    for_the_facility: ForTheFacility = ForTheFacility()
    avoided_since: list[Municipality] = []

    @model_validator(mode="before")
    @classmethod
    def _names_what_the_case_says(cls, sealed: Any) -> Any:
        # As it was sealed before `stated`: by which names it had from the case.
        if isinstance(sealed, dict) and "of_the_case" in sealed:
            of_the_case = sealed.pop("of_the_case")
            sealed["stated"] = {n: sealed.get(n) for n in GenderAndAge.model_fields if n not in of_the_case}
        return sealed

    def whole(self) -> Needs:
        """All of it, for the rules and for who may know where the person was."""
        asked = self.as_asked()
        further = [code for code in self.avoided_since if code not in asked.avoid_municipalities]
        # Two lists may be longer together than one may be when it is sent.
        return asked.model_copy(update={"avoid_municipalities": [*asked.avoid_municipalities, *further]})

    def alone(self) -> "SealedNeeds":
        """What is needed by the facts of the case itself, as if it had not been merged."""
        return self.model_copy(update=dict(self.by_itself) | {"by_itself": None}) if self.by_itself else self

    def as_asked(self) -> Needs:
        """What was asked for, for who may know the case: nothing that a move has added."""
        return Needs.model_validate(self.model_dump(exclude=set(_BESIDES)))

    def said(self) -> Needs:
        """What the requester said: nothing of the case is read back from it, not even that it says otherwise."""
        return self.as_asked().model_copy(update=dict(self.stated))


class PlacementRequestSubmission(Body):
    """A request for a place from `from_on` until, but not on, `to_on`; null: until further notice."""

    model_config = example(
        case_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21",
        from_on="2026-03-09",
        to_on="2026-04-08",
        needs={"lgbt_safe": True, "languages": ["tha"], "avoid_municipalities": ["0101"]},
    )

    case_id: UUID
    from_on: PlannedOn
    to_on: PlannedOn | None = None
    needs: Needs = Needs()
    responsibility: KnownFacts = KnownFacts()
    for_the_facility: ForTheFacility = ForTheFacility()

    @model_validator(mode="after")
    def _has_a_night(self) -> Self:
        check_order(self.from_on, self.to_on)
        return self


class PlacementRequestReceipt(Answer):
    request_id: UUID
    status: RequestStatus
    responsibility: ResponsibilityAnswer | AuthorityAlone


class PlacementRequestDetails(PlacementRequestReceipt):
    case_id: UUID
    requested_by: str
    requested_at: Moment
    from_on: Day
    to_on: Day | None
    parked_until: Day | None


class Withdrawal(Body):
    """Why the place is not needed any more."""

    model_config = example(reason="She has found a place herself.")

    reason: PersonalText | None = None


class PlacementRequestWithNeeds(PlacementRequestDetails):
    """With what the person needs; gender and minority only where the reader has said them or may know the case."""

    needs: Needs


class MatchedPlace(Answer):
    """A place that fits; `speaks_for` are keys such as `language:tha`, `same_kind_preferred`, `ordinary_place`. `points` has
    what each criterion counts by the weights; the sum of them makes the rank."""

    place_id: UUID
    facility_id: UUID
    rank: int
    speaks_for: list[str]
    points: dict[Criterion, int]


class Matches(Answer):
    """The places that fit, best first by these weights; `excluded` counts every other place once, under the first reason against
    it."""

    as_of: Moment
    weights: str
    items: list[MatchedPlace]
    excluded: dict[str, int]


class CheckedRule(Answer):
    """One rule, whether the place passes it, and why, in English and Danish."""

    rule: FitRule
    passes: bool
    why: str
    why_da: str


class CheckedPlace(Answer):
    """A place against every rule, as of now."""

    as_of: Moment
    place_id: UUID
    fits: bool
    rules: list[CheckedRule]


class FreePlaces(Answer):
    """Places of one kind, region and security that fit and are free, in the facilities that the reader may know of."""

    kind: FacilityKind
    region: Region
    security: Security
    free: int
    facility_ids: list[UUID]


class FreeKind(Answer):
    """For everybody else: whether a place of that kind is free."""

    kind: FacilityKind
    free: bool


class Availability(Answer):
    as_of: Moment
    items: list[FreePlaces | FreeKind]
