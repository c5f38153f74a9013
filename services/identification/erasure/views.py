"""Erasures, as they are shown."""

from collections.abc import Sequence
from datetime import datetime

from services.identification.erasure.models import Erasure, ErasureHolder
from services.identification.erasure.schemas import ErasureReport, ErasureState, HolderState


def see_erasure(erasure: Erasure, holders: Sequence[ErasureHolder], *, now: datetime) -> ErasureReport:
    """The erasure, and how it stands with each holder."""
    states = [_see_holder(erasure, holder, now) for holder in holders]
    worst = (ErasureState.LATE, ErasureState.WAITING, ErasureState.DONE)
    return ErasureReport(
        erasure_id=erasure.id,
        case_id=erasure.case_id,
        extent=erasure.extent,
        erased_at=erasure.erased_at,
        confirm_by=erasure.confirm_by,
        state=next(state for state in worst if state in {found.state for found in states}),
        holders=states,
    )


def _see_holder(erasure: Erasure, holder: ErasureHolder, now: datetime) -> HolderState:
    if holder.confirmed_at:
        return HolderState(holder=holder.holder, state=ErasureState.DONE, since=holder.confirmed_at)
    if erasure.confirm_by <= now:
        return HolderState(holder=holder.holder, state=ErasureState.LATE, since=erasure.confirm_by)
    return HolderState(holder=holder.holder, state=ErasureState.WAITING, since=erasure.erased_at)
