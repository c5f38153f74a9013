"""Table of the rankings that were chosen from."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.accommodation.case.models import Table
from shared.data.columns import moment, sealed


class Ranking(Table, table=True):
    """The ranking from which an offered place was chosen: what each place had to speak for it, sealed under the case's key, and
    the version of the weights. It goes with the case's key."""

    offer_id: UUID = Field(primary_key=True, foreign_key="offer.id")
    case_id: UUID
    kept_for: str
    weights: str
    kept_at: datetime = moment()
    places: bytes = sealed()
