"""What HTTP gives of erasures."""

from enum import StrEnum
from uuid import UUID

from shared.contract.codes import ErasureExtent
from shared.contract.types import Answer, Moment


class ErasureState(StrEnum):
    """How an erasure stands: `late` when the hour is over and somebody has not confirmed."""

    WAITING = "waiting"
    LATE = "late"
    DONE = "done"


class HolderState(Answer):
    """One service: how it stands, and since when."""

    holder: str
    state: ErasureState
    since: Moment


class ErasureReport(Answer):
    """An erasure, and which services have confirmed it; each does by `confirm_by`."""

    erasure_id: UUID
    case_id: UUID
    extent: ErasureExtent
    erased_at: Moment
    confirm_by: Moment
    state: ErasureState
    holders: list[HolderState]
