"""The waiting list: the rules of its order are a dated table, and each position is explained (docs/rules.md, housing-24)."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.accommodation import tables
from services.accommodation.placements import answers
from services.accommodation.placements.codes import WaitingCriterion
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.visibility import SeenRequest
from services.accommodation.waiting import repository
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
class Standing:
    """Where a request stands among all that wait: how many do, how many are more urgent, and how many asked earlier."""

    position: int
    of: int
    more_urgent: int
    asked_earlier: int


class Line:
    """All that waits, in order."""

    def __init__(self, rules: Order, ranks: Iterable[repository.Rank]) -> None:
        self.rules = rules
        self._ranks = sorted(ranks)
        self._rank_of = {rank[-1]: rank for rank in self._ranks}

    def __contains__(self, request_id: UUID) -> bool:
        return request_id in self._rank_of

    def points_of(self, seen: SeenRequest) -> dict[WaitingCriterion, int]:
        """What makes the request urgent, as far as whoever asks may know."""
        return {each: self.rules.criteria[each].points for each in answers.urgent_because(seen.request, seen.known)}

    def standing_of(self, seen: SeenRequest) -> Standing:
        """Where the request stands, by what whoever asks may know of it; with a place more ahead or behind it they would learn
        the rest."""
        is_parked, _, *last = rank = self._rank_of[seen.request.id]
        shown = is_parked, -sum(self.points_of(seen).values()), *last
        ahead = bisect_left(self._ranks, shown) - (rank < shown)
        more_urgent = bisect_left(self._ranks, shown[:2]) - (rank[:2] < shown[:2])
        return Standing(ahead + 1, len(self._ranks), more_urgent, ahead - more_urgent)


@dataclass(frozen=True, slots=True)
class Waits:
    """A request on the list, and why it stands where it does."""

    request: PlacementRequest
    standing: Standing
    points: dict[WaitingCriterion, int]
    rules: Order
    is_parked: bool


def order_on(day: date) -> Order:
    """The rules in force on that day; before the first of all these."""
    return TABLES.or_first(day)


async def waiting_list(work: UnitOfWork, *, purpose: Purpose) -> list[Waits]:
    """What waits for a place and concerns the actor, in the order of the list. Raises PurposeNotYours."""
    today, line = on_date(work.now), await line_today(work)
    waits = [
        Waits(
            request=seen.request,
            standing=line.standing_of(seen),
            points=line.points_of(seen),
            rules=line.rules,
            is_parked=seen.request.parked_until is not None and seen.request.parked_until > today,
        )
        for seen in await repository.waiting(work, purpose=purpose)
        if seen.request.id in line
    ]
    return sorted(waits, key=lambda each: (each.standing.position, each.request.requested_at, each.request.id))


async def line_today(work: UnitOfWork) -> Line:
    """All that waits now, also what the actor may not see, by the rules of today."""
    rules, today = order_on(on_date(work.now)), on_date(work.now)
    points = {each: urgency.points for each, urgency in rules.criteria.items()}
    return Line(rules, await repository.ranks(work, points, today=today))


def why(waits: Waits) -> tuple[str, str]:
    """Why it stands there, in English and Danish."""
    standing = waits.standing
    because = [waits.rules.criteria[each] for each in waits.points]
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
