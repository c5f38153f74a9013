"""How great the danger to a person is, and by when that is assessed again."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.identification import tables
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.risk import repository
from services.identification.risk.models import RiskAssessment
from services.identification.risk.schemas import RiskAccount, RiskReport
from shared.contract import events
from shared.contract.codes import RiskLevel
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Unprocessable
from shared.rules.decision_tables import Dated, Versions


class RiskTerms(Dated):
    """After how many days at the latest the danger is assessed again."""

    reassess_after_days: Mapping[RiskLevel, Annotated[int, Field(gt=0)]]

    @model_validator(mode="after")
    def _every_level_has_a_term(self) -> Self:
        if missing := [level for level in RiskLevel if level not in self.reassess_after_days]:
            raise ValueError(f"reassess_after_days lacks {missing[0]}")
        return self


TERMS: Final = Versions(tables.FOLDER, "risk", RiskTerms)


class ReassessedTooSoon(Unprocessable):
    """The danger is assessed again on a later day."""


class ReassessedTooLate(Unprocessable):
    """So great a danger is assessed again sooner."""


async def assess(
    work: UnitOfWork, *, case_id: UUID, report: RiskReport, expected: ExpectedVersion
) -> tuple[Case, RiskAssessment]:
    """Record an assessment. In the case the one of the latest day stands; of two of one day, the one recorded later."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    latest_on = _term_of(report.level, assessed_on=report.assessed_on)
    reassess_on = report.reassess_on or latest_on
    if reassess_on <= report.assessed_on:
        raise ReassessedTooSoon(f"The danger was assessed on {report.assessed_on}; `reassess_on` is a later day.")
    if reassess_on > latest_on:
        raise ReassessedTooLate(
            f"A danger of level {report.level} is assessed again by {latest_on} at the latest; `reassess_on` may be an "
            "earlier day."
        )
    standing = await repository.latest_of(work, case.id)
    is_latest = standing is None or standing.assessed_on <= report.assessed_on
    assessment = RiskAssessment(
        case_id=case.id,
        level=report.level,
        assessed_on=report.assessed_on,
        reassess_on=reassess_on,
        is_latest=is_latest,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    account = RiskAccount(threats=report.threats, measures=report.measures)
    await repository.add_assessment(work, assessment, account, replaced=standing if is_latest else None)
    work.record(
        events.RiskAssessed(
            case_id=case.id,
            occurred_at=work.now,
            level=assessment.level,
            assessed_on=assessment.assessed_on,
            reassess_on=assessment.reassess_on,
        )
    )
    await changes.case_changed(work, case)
    async with as_itself(work):
        for below in await cases.lock_below(work, case):
            await changes.case_changed(work, below)  # what was to be assessed again there has been, here
    return case, assessment


def _term_of(level: RiskLevel, *, assessed_on: date) -> date:
    return assessed_on + timedelta(days=TERMS.on(assessed_on).reassess_after_days[level])


def days_overdue(assessment: RiskAssessment, *, on: date) -> int:
    """How many days ago the danger should have been assessed again."""
    return (on - assessment.reassess_on).days
