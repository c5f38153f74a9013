"""The rights that are explained to a person: what, when, in which language."""

from collections.abc import Iterable
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import Right
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.records import repository as records
from services.identification.rights.models import RightsExplanation
from services.identification.rights.schemas import RightsAccount, RightsReport
from shared.contract import events
from shared.contract.personal import Personal
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion


async def explain(
    work: UnitOfWork, *, case_id: UUID, report: RightsReport, expected: ExpectedVersion
) -> tuple[Case, RightsExplanation, list[Right]]:
    """Record that rights were explained; gives those that nobody has named to the person so far."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    explanation = RightsExplanation(
        case_id=case.id,
        explained_at=report.explained_at,
        recorded_at=work.now,
        recorded_by=work.actor.org,
        rights=list(dict.fromkeys(report.rights)),
        language=report.language,
        with_interpreter=bool(report.interpreter),
        method=report.method,
    )
    account = RightsAccount(
        interpreter=report.interpreter if isinstance(report.interpreter, Personal) else None, note=report.note
    )
    await records.add(work, explanation, operation="rights.add", account=account)
    work.record(
        events.RightsExplained(
            case_id=case.id,
            occurred_at=work.now,
            explained_at=explanation.explained_at,
            with_interpreter=explanation.with_interpreter,
        )
    )
    explanations = await records.records_of(work, case.id, RightsExplanation)
    return case, explanation, not_yet_explained(explanations)


def not_yet_explained(explanations: Iterable[RightsExplanation]) -> list[Right]:
    """The rights that none of them names; `other` is none that has to be."""
    named = {right for explanation in explanations for right in explanation.rights}
    return [right for right in Right if right not in named and right is not Right.OTHER]
