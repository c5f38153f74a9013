"""What HTTP takes and gives of a merge."""

from uuid import UUID

from shared.contract.types import Answer, Body


class MergeInto(Body):
    """The case about the same person, where the work goes on."""

    into: UUID


class MergeState(Answer):
    """Where the work on the person goes on; null where the case stands for itself."""

    case_id: UUID
    merged_into: UUID | None
