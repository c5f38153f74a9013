"""Endpoints for finding people, and for who may be the same."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.identification.case.codes import QuestionStatus
from services.identification.case.policies import Caseworker, Reader
from services.identification.finding import duplicates, search
from services.identification.finding.schemas import (
    DuplicateQuestionDetails,
    Override,
    PeopleFound,
    PersonSought,
    PossibleDuplicates,
)
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/persons/search")
async def search_persons(work: Reader, sought: PersonSought, purpose: PurposeOfReading) -> PeopleFound:
    """Find a person among the cases I work on: by any identifier they ever had, or by a name that sounds or is spelt alike,
    in whatever order and with parts missing. The best match comes first; whose cases were shown is kept."""
    return await search.search(work, sought=sought, purpose=purpose)


@router.get("/cases/{case_id}/possible-duplicates")
async def list_possible_duplicates(
    work: Reader,
    case_id: UUID,
    status: Annotated[QuestionStatus, Query(description="How the questions stand.")] = QuestionStatus.OPEN,
) -> PossibleDuplicates:
    """Other cases I work on that may be about the same person: the open questions, or those that were answered."""
    items = await duplicates.read(work, case_id=case_id, status=status)
    return PossibleDuplicates(items=list(items))


@router.post("/cases/{case_id}/possible-duplicates/{other_case_id}/override")
async def override_possible_duplicate(
    work: Caseworker, case_id: UUID, other_case_id: UUID, said: Override, expected: IfMatch
) -> Tagged[DuplicateQuestionDetails]:
    """The two are never the same person. Who said so and why is kept, and the pair is not proposed again."""
    case, question = await duplicates.override(
        work, case_id=case_id, other_case_id=other_case_id, said=said, expected=expected
    )
    return question.tagged(case)
