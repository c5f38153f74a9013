"""The only way to what the people of several requests are to each other. It asks who is asking."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from shared.data.unit_of_work import UnitOfWork


class Related(StrEnum):
    """What the person of one case is to that of another, as far as a place depends on it."""

    APART = "apart"
    HOUSEHOLD = "household"
    SAME = "same"


async def related_among(work: UnitOfWork, case_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, Related]]:
    """How these cases are related: to CMM all; to others nothing but the households with whose members they have to do."""
    asked = bindparam("cases", list(case_ids), type_=ARRAY(Uuid))
    found = func.related_among(asked).table_valued("case_id", "other_case_id", "relation")
    rows = await work.session.execute(select(found.c.case_id, found.c.other_case_id, found.c.relation))
    return sorted((UUID(str(one)), UUID(str(other)), Related(relation)) for one, other, relation in rows)
