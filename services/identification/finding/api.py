"""The endpoint for finding people."""

from fastapi import Depends

from services.identification.case.policies import Reader
from services.identification.finding import search
from services.identification.finding.schemas import PeopleFound, PersonSought
from shared.http.parameters import PurposeOfReading
from shared.http.refusals import searches
from shared.runtime.service import service_router

router = service_router()


@router.post("/persons/search", dependencies=[Depends(searches)])
async def search_persons(work: Reader, sought: PersonSought, purpose: PurposeOfReading) -> PeopleFound:
    """Find a person among the cases I work on: by any identifier they ever had, or by a name that sounds or is spelt alike,
    in whatever order and with parts missing. The best match comes first; whose cases were shown is kept."""
    return await search.search(work, sought=sought, purpose=purpose)
