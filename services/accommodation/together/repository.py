"""The only way to what the people of several requests are to each other. It asks who is asking."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from shared.data.unit_of_work import UnitOfWork


class Related(StrEnum):
    """What the person of one case is to that of another, as far as a place depends on it."""

    APART = "apart"
    HOUSEHOLD = "household"
    SAME = "same"


_RELATED: Final = select(
    func.related_among(bindparam("case_ids", type_=ARRAY(Uuid))).table_valued("case_id", "other_case_id", "relation")
)


async def related_among(work: UnitOfWork, case_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, Related]]:
    """How these cases are related: to CMM all; to others nothing but the households with whose members they have to do."""
    rows = await work.session.execute(_RELATED, {"case_ids": list(case_ids)})
    return sorted((UUID(str(one)), UUID(str(other)), Related(relation)) for one, other, relation in rows)
