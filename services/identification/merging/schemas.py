"""What HTTP takes and gives of a merge."""

from uuid import UUID

from shared.contract.types import Answer, Body, example


class MergeInto(Body):
    """The case about the same person, where the work goes on."""

    model_config = example(into="019cadab-2340-7d3e-9a52-3f6f0f0c8e21")

    into: UUID


class MergeState(Answer):
    """Where the work on the person goes on; null where the case stands for itself."""

    case_id: UUID
    merged_into: UUID | None
