"""Search by keyed hashes, and which cases are one by now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, delete, exists, select, text
from sqlmodel import col

from services.identification.case.models import Case, CaseParty, KnownIdentifier
from services.identification.case.repository import CASE_ID, WORKING, family_of, person_of
from services.identification.case.schemas import CasePerson
from services.identification.finding.models import SearchToken
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.data.columns import ORGANISATION, any_asked, is_one_of
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import StoredKey

# ---------------------------------------------------------------- search by keyed hashes


_MOST_OF_A_TOKEN = 64
_MOST_CANDIDATES = 100

# However many people there are, so much is read and no more: of each token some people, and of the people those who share
# the most, and the rarest. A token that is cut short says little: its weight is that of one which everybody shares.
_CANDIDATES = text("""
    WITH posted AS (
        SELECT t.token, p.case_id FROM unnest(CAST(:tokens AS bigint[])) AS t (token)
        CROSS JOIN LATERAL (SELECT s.case_id FROM search_token s WHERE s.token = t.token ORDER BY s.case_id LIMIT :depth) p),
    weighed AS (SELECT case_id, count(*) OVER (PARTITION BY token) AS shared_by FROM posted)
    SELECT case_id FROM weighed GROUP BY case_id
    ORDER BY sum(CASE WHEN shared_by < :depth THEN 1.0 / shared_by ELSE 0.001 END) DESC, case_id LIMIT :most
""")


# One array for all of them: a name has many, and each row of its own would be a parameter more.
_ADD_TOKENS = text("INSERT INTO search_token SELECT unnest(CAST(:tokens AS bigint[])), CAST(:case_id AS uuid)")


_FORGET_TOKENS: Final = delete(SearchToken).where(col(SearchToken.case_id) == CASE_ID)
_FORGET_IDENTIFIERS: Final = delete(KnownIdentifier).where(col(KnownIdentifier.case_id) == CASE_ID)
_KNOWN_BY: Final = select(col(KnownIdentifier.case_id)).where(any_asked(col(KnownIdentifier.hash), "hashes"))
_NUMBERS: Final = select(col(KnownIdentifier.hash)).where(any_asked(col(KnownIdentifier.case_id), "case_ids"))
_PEOPLE: Final = select(Case).where(
    any_asked(col(Case.id), "case_ids"), exists().where(col(StoredKey.owner_id) == col(Case.id))
)
_TO_COMPARE: Final = _PEOPLE.with_only_columns(col(Case.id), col(Case.opened_on), col(Case.position), col(Case.person))
"""A hundred for each search: whole rows would be most of what it takes."""
_WORKED_ON: Final = _TO_COMPARE.where(
    exists().where(
        col(CaseParty.case_id) == col(Case.id),
        col(CaseParty.org) == ORGANISATION,
        is_one_of(col(CaseParty.part), WORKING),
    )
)


def _where_it_goes_on() -> Select[UUID, UUID]:
    chain = (
        select(col(Case.id).label("start"), col(Case.id), col(Case.merged_into))
        .where(any_asked(col(Case.id), "case_ids"))
        .cte("chain", recursive=True)
    )
    further = select(chain.c.start, col(Case.id), col(Case.merged_into)).join(
        chain, chain.c.merged_into == col(Case.id)
    )
    chain = chain.union(further)
    return select(chain.c.start, chain.c.id).where(chain.c.merged_into.is_(None))


_WHERE_IT_GOES_ON: Final = _where_it_goes_on()


async def add_tokens(work: UnitOfWork, case_id: UUID, tokens: Collection[int]) -> None:
    """From now on the case's person is found by these."""
    if tokens:
        await work.session.execute(_ADD_TOKENS, {"tokens": sorted(tokens), "case_id": case_id})


async def forget_tokens(work: UnitOfWork, case_id: UUID) -> None:
    await work.session.execute(_FORGET_TOKENS, {"case_id": case_id})


async def forget_identifiers(work: UnitOfWork, case_id: UUID) -> None:
    await work.session.execute(_FORGET_IDENTIFIERS, {"case_id": case_id})


async def known_by(work: UnitOfWork, hashes: Sequence[bytes]) -> set[UUID]:
    """The cases of people who are or were known by one of these identifiers, as far as the asker may see."""
    if not hashes:
        return set()
    return set(await work.session.scalars(_KNOWN_BY, {"hashes": list(hashes)}))


async def numbers_of(work: UnitOfWork, case_ids: Collection[UUID]) -> set[bytes]:
    """The identifiers that the people of these cases are known by, as keyed hashes."""
    return set(await work.session.scalars(_NUMBERS, {"case_ids": list(case_ids)}))


async def candidates(work: UnitOfWork, tokens: Collection[int]) -> list[UUID]:
    """The cases that share the most and the rarest of these tokens, as far as the asker may see; at most a hundred."""
    if not tokens:
        return []
    asked = {"tokens": sorted(tokens), "depth": _MOST_OF_A_TOKEN, "most": _MOST_CANDIDATES}
    return [row.case_id for row in await work.session.execute(_CANDIDATES, asked)]


@dataclass(frozen=True, slots=True)
class Described:
    """Who a case is about, opened."""

    case_id: UUID
    opened_on: date
    position: int
    """Of two cases the one that was opened first has the lower."""
    person: CasePerson


async def open_people(work: UnitOfWork, case_ids: Iterable[UUID], *, for_itself: bool) -> list[Described]:
    """The people of those of these cases that the actor works on, or of all `for_itself`: for Havn's own comparing. What was
    erased is left out."""
    asked = {"case_ids": list(set(case_ids)), "org": work.actor.org}
    found = list(await work.session.execute(_TO_COMPARE if for_itself else _WORKED_ON, asked))
    keys = await sealed.keys_of(work, [row.id for row in found])
    return [
        Described(
            row.id,
            row.opened_on,
            row.position or 0,
            keys[row.id].open(row.person, CasePerson, table="case_file", column="person", row=row.id),
        )
        for row in found
    ]


async def open_case(work: UnitOfWork, case_id: UUID) -> tuple[Case, CasePerson] | None:
    """The case and who it is about, for Havn itself; None where that was erased."""
    case = await work.session.scalar(_PEOPLE, {"case_ids": [case_id]})
    if case is None:
        return None
    return case, await person_of(work, case)


async def surviving(work: UnitOfWork, case_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each of these cases the one where the work on its person goes on: itself, unless it was merged."""
    wanted = list(case_ids)
    if not wanted:
        return {}
    found = await work.session.execute(_WHERE_IT_GOES_ON, {"case_ids": wanted})
    return {row.start: row.id for row in found}


def note_search(work: UnitOfWork, shown: Iterable[UUID], *, fields: Iterable[str], purpose: Purpose) -> None:
    """Who was looked for is not recorded; what was looked at, and whose cases were shown, is kept."""
    work.audit(operation="person.search", object_ids=shown, fields=sorted(fields), purpose=purpose)


async def group_of(work: UnitOfWork, case_id: UUID) -> set[UUID]:
    """The case and all that were merged into it, directly or through others."""
    return set(await family_of(work, case_id))
