"""Finding people by keyed hashes of what they are known by; names are opened for those who work on the cases alone."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import Case, CaseParty, KnownIdentifier
from services.identification.models.search import SearchToken
from services.identification.repository.cases import WORKING
from services.identification.schemas.person import CasePerson
from shared.contract.codes import Purpose
from shared.data import audit, sealed
from shared.data.sealed import StoredKey
from shared.identity.actor import Actor

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


async def replace_tokens(session: AsyncSession, case_id: UUID, tokens: Collection[int]) -> None:
    """From now on the case's person is found by these, and by no others."""
    await forget_tokens(session, case_id)
    if tokens:
        await session.execute(_ADD_TOKENS, {"tokens": sorted(tokens), "case_id": case_id})


async def forget_tokens(session: AsyncSession, case_id: UUID) -> None:
    await session.execute(delete(SearchToken).where(col(SearchToken.case_id) == case_id))


async def forget_identifiers(session: AsyncSession, case_id: UUID) -> None:
    await session.execute(delete(KnownIdentifier).where(col(KnownIdentifier.case_id) == case_id))


async def known_by(session: AsyncSession, hashes: Sequence[bytes]) -> set[UUID]:
    """The cases of people who are or were known by one of these identifiers, as far as the asker may see."""
    if not hashes:
        return set()
    query = select(col(KnownIdentifier.case_id)).where(col(KnownIdentifier.hash).in_(hashes))
    return set(await session.scalars(query))


async def numbers_of(session: AsyncSession, case_ids: Collection[UUID]) -> set[bytes]:
    """The identifiers that the people of these cases are known by, as keyed hashes."""
    return set(
        await session.scalars(select(col(KnownIdentifier.hash)).where(col(KnownIdentifier.case_id).in_(case_ids)))
    )


async def candidates(session: AsyncSession, tokens: Collection[int]) -> list[UUID]:
    """The cases that share the most and the rarest of these tokens, as far as the asker may see; at most a hundred."""
    if not tokens:
        return []
    asked = {"tokens": sorted(tokens), "depth": _MOST_OF_A_TOKEN, "most": _MOST_CANDIDATES}
    return [row.case_id for row in await session.execute(_CANDIDATES, asked)]


async def open_people(
    session: AsyncSession, actor: Actor | None, case_ids: Iterable[UUID]
) -> list[tuple[Case, CasePerson]]:
    """The people of those of these cases that the actor works on, or of all for Havn's own comparing (None), opened; what
    was erased is left out."""
    query = select(Case).where(col(Case.id).in_(set(case_ids)), exists().where(col(StoredKey.owner_id) == col(Case.id)))
    if actor:
        works = exists().where(
            col(CaseParty.case_id) == col(Case.id), col(CaseParty.org) == actor.org, col(CaseParty.part).in_(WORKING)
        )
        query = query.where(works)
    found = list(await session.scalars(query))
    keys = await sealed.keys_of(session, [case.id for case in found])
    return [
        (case, keys[case.id].open(case.person, CasePerson, table="case_file", column="person", row=case.id))
        for case in found
    ]


async def surviving(session: AsyncSession, case_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each of these cases the one where the work on its person goes on: itself, unless it was merged."""
    wanted = list(case_ids)
    if not wanted:
        return {}
    chain = (
        select(col(Case.id).label("start"), col(Case.id), col(Case.merged_into))
        .where(col(Case.id).in_(wanted))
        .cte("chain", recursive=True)
    )
    further = select(chain.c.start, col(Case.id), col(Case.merged_into)).join(
        chain, chain.c.merged_into == col(Case.id)
    )
    chain = chain.union(further)
    ends = select(chain.c.start, chain.c.id).where(chain.c.merged_into.is_(None))
    return {row.start: row.id for row in await session.execute(ends)}


def note_search(session: AsyncSession, shown: Iterable[UUID], *, fields: Iterable[str], purpose: Purpose) -> None:
    """Who was looked for stays untold; what was looked at, and whose cases were shown, is kept."""
    audit.record(session, operation="person.search", object_ids=shown, fields=sorted(fields), purpose=purpose)
