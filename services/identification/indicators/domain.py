"""Signs of trafficking: what was observed, by whom, and what it adds up to. It sets nothing: no status, no authority."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import Observed
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.indicators import repository, scoring
from services.identification.indicators.models import Observation
from services.identification.indicators.schemas import ObservationAccount, ObservationReport, ObservationsReport
from services.identification.indicators.scoring import DimensionScore, IndicatorSet
from shared.contract import events
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Unprocessable


class IndicatorSetUnknown(Unprocessable):
    """There is no such set, or not in that version."""


class IndicatorUnknown(Unprocessable):
    """The set has no such item."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a case's observations in one version of a set add up to."""

    table: IndicatorSet
    dimensions: tuple[DimensionScore, ...]

    @property
    def positive_dimensions(self) -> int:
        return sum(bool(dimension.positive) for dimension in self.dimensions)


class Answered(NamedTuple):
    """An answer to one item; the later ones stand in the place of the earlier."""

    item: str
    answer: Observed


async def observe(
    work: UnitOfWork, *, case_id: UUID, report: ObservationsReport, expected: ExpectedVersion
) -> tuple[Case, list[Observation], Score]:
    """Keep the observations, and say what the case's observations in this set now add up to."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    table = _named(report.set, on=on_date(work.now))
    _check_items(table, report.observations)
    earlier = await repository.observations_of(work, case.id)
    made = [
        Observation(
            case_id=case.id,
            number=number,
            indicator_set=table.name,
            table_version=table.version,
            item=observed.item,
            answer=observed.answer,
            observed_on=observed.observed_on,
            recorded_at=work.now,
            recorded_by=work.actor.org,
            recorded_by_subject=work.actor.subject,
        )
        for number, observed in enumerate(report.observations, len(earlier) + 1)
    ]
    accounts = [ObservationAccount(note=each.note, observed_by=each.observed_by) for each in report.observations]
    await repository.add_observations(work, case.id, made, accounts)
    score = _score(table, [*earlier, *made])
    work.record(
        events.IndicatorsObserved(
            case_id=case.id,
            occurred_at=work.now,
            indicator_set=table.version,
            items=len(made),
            positive_dimensions=score.positive_dimensions,
        )
    )
    return case, made, score


def _named(name: str, *, on: date) -> IndicatorSet:
    table = scoring.find_set(name, on=on)
    if table is None:
        known = ", ".join(f"{found.name}@{found.version}" for found in scoring.sets_on(on))
        raise IndicatorSetUnknown(
            f"`set` names no indicator set that there is; in force are {known}.",
            errors=[{"loc": ["body", "set"], "msg": "No indicator set has this name and version."}],
        )
    return table


def _check_items(table: IndicatorSet, observations: Sequence[ObservationReport]) -> None:
    known = {item.item for item in table.items}
    strangers = [number for number, observed in enumerate(observations) if observed.item not in known]
    if strangers:
        raise IndicatorUnknown(
            f"The set {table.name}@{table.version} has no such item as observations"
            f" {', '.join(map(str, strangers))} name (counted from 0); GET /identification/v1/indicator-sets lists them.",
            errors=[
                {"loc": ["body", "observations", number, "item"], "msg": f"No item of {table.name}@{table.version}."}
                for number in strangers
            ],
        )


def present(answers: Iterable[Answered | Observation]) -> set[str]:
    """The items that are there, by the latest answer of those who knew; later answers come later."""
    known = {each.item: each.answer for each in answers if each.answer is not Observed.UNKNOWN}
    return {item for item, answer in known.items() if answer is Observed.YES}


def page_of(observations: Sequence[Observation], *, after: Sequence[str | int] | None, limit: int) -> list[Observation]:
    """Those that come after the last seen (its number), up to one more than `limit`."""
    last = int(after[0]) if after else 0
    return [each for each in observations if each.number > last][: limit + 1]


def _score(table: IndicatorSet, observations: Iterable[Observation]) -> Score:
    of_table = [
        each for each in observations if (each.indicator_set, each.table_version) == (table.name, table.version)
    ]
    return Score(table, table.score(present(of_table)))


def scores(observations: Sequence[Observation]) -> list[Score]:
    """A score for every version of a set that was answered, in the version it was answered in."""
    answered = dict.fromkeys((each.indicator_set, each.table_version) for each in observations)
    tables = [scoring.find_set(f"{name}@{version}", on=date.max) for name, version in answered]
    return [_score(table, observations) for table in tables if table]
