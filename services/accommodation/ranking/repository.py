"""The only way to the rows of rankings that were chosen from."""

from uuid import UUID

from services.accommodation.ranking.models import Ranking
from services.accommodation.ranking.schemas import KeptRanking
from shared.data import sealed
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class RankingNotKept(NotFound):
    """No ranking was kept with the offer, or it was erased with the case."""


async def keep(work: UnitOfWork, kept: Ranking, places: KeptRanking) -> None:
    """Seal from what the place of an offer was chosen, under the case's key."""
    key = await sealed.key_of(work, kept.case_id)
    kept.places = key.seal(places, table="ranking", column="places", row=kept.offer_id)
    work.session.add(kept)
    await work.session.flush()


async def read(work: UnitOfWork, offer_id: UUID) -> tuple[Ranking, KeptRanking]:
    """From what the place of an offer was chosen, opened; ask only for who may know. Raises RankingNotKept."""
    kept = await work.session.get(Ranking, offer_id)
    if kept is None:
        raise RankingNotKept
    key = await sealed.key_of(work, kept.case_id)
    work.audit(operation="offer.ranking", subject_id=kept.case_id, object_ids=[offer_id], fields=["needs"])
    return kept, key.open(kept.places, KeptRanking, table="ranking", column="places", row=kept.offer_id)
