"""What nobody answers is recalled at set intervals, and goes to CMM in the end (docs/rules.md, housing-25)."""

from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.accommodation import tables
from services.accommodation.deadlines import repository as announcements
from services.accommodation.waiting import repository
from shared.contract.codes import StallLevel
from shared.contract.events import OfferStalled, RequestStalled
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.rules.decision_tables import Dated, Versions


class Patience(BaseModel):
    """After how many hours somebody is reminded, and after how many CMM takes it over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    remind_after_hours: tuple[int, ...] = Field(min_length=1)
    escalate_after_hours: int

    @model_validator(mode="after")
    def _comes_in_order(self) -> Self:
        hours = [*self.remind_after_hours, self.escalate_after_hours]
        if hours[0] <= 0 or hours != sorted(set(hours)):
            raise ValueError("reminders come one after the other, and the escalation last")
        return self

    @property
    def first(self) -> timedelta:
        return timedelta(hours=self.remind_after_hours[0])

    def stages(self, waited: timedelta) -> list[tuple[int, StallLevel]]:
        """Which stages are reached, by their hours; the last is the one that counts."""
        hours = [*((each, StallLevel.REMINDER) for each in self.remind_after_hours)]
        hours.append((self.escalate_after_hours, StallLevel.ESCALATION))
        return [(each, level) for each, level in hours if waited >= timedelta(hours=each)]


class Patiences(Dated):
    """One version of how long is waited."""

    offers: Patience
    requests: Patience


TABLES: Final = Versions(tables.FOLDER, "stalled", Patiences)


async def recall(work: UnitOfWork) -> None:
    """Sweep: record once for each stage that an offer is not answered, or a request waits: a reminder, and the last time that CMM
    takes it over."""
    patience = TABLES.or_first(on_date(work.now))
    offers = await repository.held_since(work, work.now - patience.offers.first)
    requests = await repository.open_since(work, work.now - patience.requests.first)
    known = await announcements.announced(work, [*(each.id for each in offers), *(each.id for each in requests)])
    for offer in offers:
        if stage := await _due(work, known, offer.id, offer.offered_at, patience.offers):
            work.record(
                OfferStalled(
                    case_id=offer.case_id,
                    occurred_at=work.now,
                    offer_id=offer.id,
                    level=stage[1],
                    waited_hours=stage[0],
                )
            )
    for request in requests:
        if stage := await _due(work, known, request.id, request.requested_at, patience.requests):
            work.record(
                RequestStalled(
                    case_id=request.case_id,
                    occurred_at=work.now,
                    request_id=request.id,
                    level=stage[1],
                    waited_hours=stage[0],
                )
            )


async def _due(
    work: UnitOfWork, known: announcements.Announced, about_id: UUID, since: datetime, patience: Patience
) -> tuple[int, StallLevel] | None:
    """The last stage that is reached, unless it was announced before."""
    stage = patience.stages(work.now - since)[-1]
    return stage if await announcements.is_new(work, known, about_id, on_date(since), stage[0]) else None
