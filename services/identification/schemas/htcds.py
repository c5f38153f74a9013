"""A case in the codes of a standard."""

from uuid import UUID

from shared.contract.types import Answer


class Unmapped(Answer):
    """A value of ours that the standard has no code for, or only a coarser one."""

    field: str
    value: str
    reason: str


class Export(Answer):
    """`record` has the standard's field names and codes; `unmapped` what is lost in it."""

    standard: str
    attribution: str
    table_version: str
    case_id: UUID
    record: dict[str, str | list[str]]
    unmapped: list[Unmapped]
