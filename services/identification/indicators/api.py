"""Endpoints of the signs of trafficking."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.identification.case.policies import Asker, Caseworker, Reader
from services.identification.indicators import domain, repository, scoring
from services.identification.indicators.domain import Score
from services.identification.indicators.models import Observation
from services.identification.indicators.schemas import (
    DimensionResult,
    IndicatorScore,
    IndicatorSetDetails,
    ObservationAccount,
    ObservationDetails,
    ObservationPage,
    ObservationsReceipt,
    ObservationsReport,
)
from services.identification.indicators.scoring import IndicatorSet
from services.identification.records import repository as records
from shared.contract.types import Day, Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, Now, PurposeOfReading
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/indicator-sets")
async def list_indicator_sets(
    actor: Asker,
    now: Now,
    on: Annotated[Day | None, Query(description="As in force on that day; left out: today in Copenhagen.")] = None,
) -> Page[IndicatorSetDetails]:
    """The sets of indicators in force, with their items and the rule by which these count. All of them on one page."""
    return Page(items=[_set(table) for table in scoring.sets_on(on or on_date(now))])


@router.post("/cases/{case_id}/indicators", status_code=201)
async def observe_indicators(
    work: Caseworker, case_id: UUID, report: ObservationsReport, expected: IfMatch
) -> Tagged[ObservationsReceipt]:
    """Keep what was observed. The score is of all the case's observations in this set, and changes nothing in the case."""
    case, observations, score = await domain.observe(work, case_id=case_id, report=report, expected=expected)
    return ObservationsReceipt(observation_ids=[each.id for each in observations], score=_score(score)).tagged(case)


@router.get("/cases/{case_id}/indicators")
async def list_observations(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> ObservationPage:
    """What was observed, oldest first, with notes, and what it adds up to, for those who work on the case; every read is
    kept with its purpose."""
    case = await records.read_case(work, case_id, operation="indicators.list", purpose=purpose)
    observations = await repository.observations_of(work, case.id)
    rows = domain.page_of(observations, after=pages.after, limit=pages.limit)
    accounts = await records.opened(work, rows, "account", ObservationAccount)
    page = pages.page([_observation(row, accounts[row.id]) for row in rows], rows, lambda row: [row.number])
    scores = [_score(score) for score in domain.scores(observations)]
    return ObservationPage(items=page.items, next_cursor=page.next_cursor, scores=scores)


def _set(table: IndicatorSet) -> IndicatorSetDetails:
    fields: dict[str, Any] = table.model_dump(exclude={"name", "valid_from", "valid_until"})
    fields |= {"set": table.name, "in_force_from": table.valid_from, "in_force_until": table.valid_until}
    return IndicatorSetDetails.model_validate(fields)


def _score(score: Score) -> IndicatorScore:
    return IndicatorScore(
        set=score.table.name,
        version=score.table.version,
        dimensions=[
            DimensionResult(
                id=dimension.id,
                positive=dimension.positive,
                items=list(dimension.items),
                **{strength.value: dimension.counts.get(strength, 0) for strength in scoring.Strength},
            )
            for dimension in score.dimensions
        ],
        positive_dimensions=score.positive_dimensions,
    )


def _observation(row: Observation, account: ObservationAccount) -> ObservationDetails:
    return ObservationDetails(
        observation_id=row.id,
        set=row.indicator_set,
        version=row.table_version,
        note=account.note,
        observed_by=account.observed_by,
        **row.model_dump(
            include={"item", "answer", "observed_on", "recorded_at", "recorded_by", "recorded_by_subject"}
        ),
    )
