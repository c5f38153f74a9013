"""The waiting list: the rules of its order are a dated table, and each position is explained (docs/rules.md, housing-24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.accommodation import tables
from services.accommodation.placements.codes import WaitingCriterion
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.waiting import repository
from services.accommodation.waiting.repository import Standing
from shared.contract.codes import Purpose
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.rules.decision_tables import Dated, Versions


class Urgency(BaseModel):
    """What makes somebody more urgent, by how much, and how that is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: int = Field(ge=0, le=1000)
    why: str
    why_da: str


class Order(Dated):
    """One version of the rules of the list."""

    criteria: Mapping[WaitingCriterion, Urgency]

    @model_validator(mode="after")
    def _weighs_everything(self) -> Self:
        if missing := [each for each in WaitingCriterion if each not in self.criteria]:
            raise ValueError(f"nothing is said of {missing[0]}")
        return self


TABLES: Final = Versions(tables.FOLDER, "waiting", Order)


@dataclass(frozen=True, slots=True)
class Waits:
    """A request on the list, and why it stands where it does."""

    request: PlacementRequest
    standing: Standing
    rules: Order
    is_parked: bool

    @property
    def points(self) -> dict[WaitingCriterion, int]:
        """What makes it urgent."""
        return {each: self.rules.criteria[each].points for each in self.request.urgent_because}


def order_on(day: date) -> Order:
    """The rules in force on that day; before the first of all these."""
    return TABLES.or_first(day)


async def waiting_list(work: UnitOfWork, *, purpose: Purpose) -> list[Waits]:
    """What waits for a place and concerns the actor, in the order of the list. Raises PurposeNotYours."""
    today = on_date(work.now)
    rules = order_on(today)
    found = await repository.waiting(work, purpose=purpose)
    standings = await standings_by(work, rules)
    waits = [
        Waits(
            request=request,
            standing=standings[request.id],
            rules=rules,
            is_parked=request.parked_until is not None and request.parked_until > today,
        )
        for request in found
        if request.id in standings
    ]
    return sorted(waits, key=lambda each: each.standing.position)


async def standings_by(work: UnitOfWork, rules: Order) -> dict[UUID, Standing]:
    """Where each request that waits stands by these rules, also those that the actor may not see: numbers alone."""
    points = {each: urgency.points for each, urgency in rules.criteria.items()}
    return await repository.standings(work, points, today=on_date(work.now))


def why(waits: Waits) -> tuple[str, str]:
    """Why it stands there, in English and Danish."""
    standing = waits.standing
    because = [waits.rules.criteria[each] for each in waits.request.urgent_because]
    ahead = (
        f"Number {standing.position} of {standing.of}: {standing.more_urgent} more urgent,"
        f" {standing.asked_earlier} as urgent that asked earlier."
    )
    ahead_da = (
        f"Nummer {standing.position} af {standing.of}: {standing.more_urgent} mere presserende,"
        f" {standing.asked_earlier} lige så presserende, som anmodede før."
    )
    if because:
        ahead += f" Counted as urgent: {', '.join(each.why for each in because)}."
        ahead_da += f" Tæller som presserende: {', '.join(each.why_da for each in because)}."
    if waits.is_parked:
        ahead += f" Others come first until {waits.request.parked_until}, after the person's own no."
        ahead_da += f" Andre kommer først indtil {waits.request.parked_until}, efter personens eget nej."
    return ahead, ahead_da
