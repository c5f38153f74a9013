"""Indicator sets, the signs that were observed, and what they add up to."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.identification.case.codes import Observed
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, Moment, example
from shared.http.paging import Page

SetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}(@[a-z0-9.\-]{1,40})?$")]
ItemCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class IndicatorItem(Answer):
    """A sign, in English and Danish; `strength` is strong, medium or weak."""

    item: str
    text: str
    text_da: str
    strength: str


class IndicatorDimension(Answer):
    id: str
    title: str
    title_da: str
    items: list[IndicatorItem]


class IndicatorSetDetails(Answer):
    """One version of a set of indicators. The rule is `positive_when`: a dimension is positive when its signs make up one of
    these counts; where there is none, the signs are shown and nothing is made of them."""

    set: str
    version: str
    title: str
    title_da: str
    in_force_from: date
    in_force_until: date | None
    positive_when: list[dict[str, int]]
    dimensions: list[IndicatorDimension]


class ObservationReport(Body):
    """An answer to one item: the sign is there (`yes`, where nothing is said), is not, or nobody knows."""

    item: ItemCode
    note: PersonalText | None = None
    answer: Observed = Observed.YES
    observed_on: HappenedOn | None = None
    observed_by: PersonalText | None = None


class ObservationsReport(Body):
    """What was observed. `set` is the set's name, or `name@version` for an earlier version than that in force."""

    model_config = example(
        set="adult_sexual",
        observations=[{"item": "papers_held", "note": "In a safe.", "answer": "yes", "observed_on": "2026-03-02"}],
    )

    set: SetName
    observations: Annotated[list[ObservationReport], Field(min_length=1, max_length=200)]


class ObservationAccount(BaseModel):
    """What somebody says they saw, and who it was."""

    note: PersonalText | None = None
    observed_by: PersonalText | None = None


class DimensionResult(Answer):
    """`positive` is null where the set has no rule; `items` are the signs that are there."""

    id: str
    positive: bool | None
    strong: int
    medium: int
    weak: int
    items: list[str]


class IndicatorScore(Answer):
    """What the signs observed so far add up to, in the version that they were answered in. It sets nothing."""

    set: str
    version: str
    dimensions: list[DimensionResult]
    positive_dimensions: int


class ObservationsReceipt(Answer):
    observation_ids: list[UUID]
    score: IndicatorScore


class ObservationDetails(Answer):
    """One answer, as those who work on the case read it."""

    observation_id: UUID
    set: str
    version: str
    item: str
    answer: Observed
    note: PersonalText | None
    observed_on: date | None
    observed_by: PersonalText | None
    recorded_at: Moment
    recorded_by: str
    recorded_by_subject: str


class ObservationPage(Page[ObservationDetails]):
    """Observations, oldest first, with the score of every set that was answered: of all observations, whatever the page."""

    scores: list[IndicatorScore]
