"""The endpoint that finds places for several requests at once."""

from typing import Annotated

from fastapi import Query

from services.accommodation.case.policies import Reader
from services.accommodation.together import domain, views
from services.accommodation.together.schemas import MatchedTogether
from shared.http.parameters import PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.get("/matches")
async def match_together(
    work: Reader,
    request_ids: Annotated[
        str,
        Query(
            description="The requests that are solved together, with commas between; at most 20.",
            examples=["019cadab-2340-7d3e-9a52-3f6f0f0c8e21,019cadab-2340-7d3e-9a52-3f6f0f0c8e22"],
        ),
    ],
    purpose: PurposeOfReading,
) -> MatchedTogether:
    """Places for several people at once, the best for all of them together. With what speaks for each, and why somebody goes
    without. For whoever may match each of the requests; it changes nothing."""
    found = await domain.match_together(work, request_ids=domain.ids_in(request_ids), purpose=purpose)
    return views.see_together(found, now=work.now)
