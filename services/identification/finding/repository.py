"""Search by keyed hashes, and the questions whether two cases are about one person."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.identification.case.codes import CaseStatus, QuestionStatus
from services.identification.case.models import Case, CaseParty, KnownIdentifier
from services.identification.case.repository import WORKING, seal
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.finding.models import DuplicateQuestion, SearchToken
from services.identification.finding.schemas import MatchedOn, PersonFound
from shared.contract.codes import Purpose
from shared.data import sealed
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


async def replace_tokens(work: UnitOfWork, case_id: UUID, tokens: Collection[int]) -> None:
    """From now on the case's person is found by these, and by no others."""
    await forget_tokens(work, case_id)
    if tokens:
        await work.session.execute(_ADD_TOKENS, {"tokens": sorted(tokens), "case_id": case_id})


async def forget_tokens(work: UnitOfWork, case_id: UUID) -> None:
    await work.session.execute(delete(SearchToken).where(col(SearchToken.case_id) == case_id))


async def forget_identifiers(work: UnitOfWork, case_id: UUID) -> None:
    await work.session.execute(delete(KnownIdentifier).where(col(KnownIdentifier.case_id) == case_id))


async def known_by(work: UnitOfWork, hashes: Sequence[bytes]) -> set[UUID]:
    """The cases of people who are or were known by one of these identifiers, as far as the asker may see."""
    if not hashes:
        return set()
    query = select(col(KnownIdentifier.case_id)).where(col(KnownIdentifier.hash).in_(hashes))
    return set(await work.session.scalars(query))


async def numbers_of(work: UnitOfWork, case_ids: Collection[UUID]) -> set[bytes]:
    """The identifiers that the people of these cases are known by, as keyed hashes."""
    return set(
        await work.session.scalars(select(col(KnownIdentifier.hash)).where(col(KnownIdentifier.case_id).in_(case_ids)))
    )


async def candidates(work: UnitOfWork, tokens: Collection[int]) -> list[UUID]:
    """The cases that share the most and the rarest of these tokens, as far as the asker may see; at most a hundred."""
    if not tokens:
        return []
    asked = {"tokens": sorted(tokens), "depth": _MOST_OF_A_TOKEN, "most": _MOST_CANDIDATES}
    return [row.case_id for row in await work.session.execute(_CANDIDATES, asked)]


async def open_people(work: UnitOfWork, case_ids: Iterable[UUID], *, for_itself: bool) -> list[tuple[Case, CasePerson]]:
    """The people of those of these cases that the actor works on, or of all `for_itself`: for Havn's own comparing. What was
    erased is left out."""
    query = select(Case).where(col(Case.id).in_(set(case_ids)), exists().where(col(StoredKey.owner_id) == col(Case.id)))
    if not for_itself:
        works = exists().where(
            col(CaseParty.case_id) == col(Case.id),
            col(CaseParty.org) == work.actor.org,
            col(CaseParty.part).in_(WORKING),
        )
        query = query.where(works)
    found = list(await work.session.scalars(query))
    keys = await sealed.keys_of(work, [case.id for case in found])
    return [
        (case, keys[case.id].open(case.person, CasePerson, table="case_file", column="person", row=case.id))
        for case in found
    ]


async def surviving(work: UnitOfWork, case_ids: Iterable[UUID]) -> dict[UUID, UUID]:
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
    return {row.start: row.id for row in await work.session.execute(ends)}


def note_search(work: UnitOfWork, shown: Iterable[UUID], *, fields: Iterable[str], purpose: Purpose) -> None:
    """Who was looked for is not recorded; what was looked at, and whose cases were shown, is kept."""
    work.audit(operation="person.search", object_ids=shown, fields=sorted(fields), purpose=purpose)


def _pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


def _about(case_ids: Collection[UUID]) -> ColumnElement[bool]:
    return or_(col(DuplicateQuestion.case_id).in_(case_ids), col(DuplicateQuestion.other_case_id).in_(case_ids))


def other_of(question: DuplicateQuestion, case_id: UUID) -> UUID:
    """The case on the other side of the question."""
    return question.other_case_id if question.case_id == case_id else question.case_id


async def questions_about(work: UnitOfWork, case_ids: Collection[UUID]) -> list[DuplicateQuestion]:
    """All that was asked about these cases, the most alike first."""
    in_order = (
        col(DuplicateQuestion.score).desc(),
        col(DuplicateQuestion.asked_at),
        col(DuplicateQuestion.case_id),
        col(DuplicateQuestion.other_case_id),
    )
    return list(await work.session.scalars(select(DuplicateQuestion).where(_about(case_ids)).order_by(*in_order)))


async def never_the_same(work: UnitOfWork, case_ids: Collection[UUID]) -> set[frozenset[UUID]]:
    """The pairs, with one of these cases, of which somebody has said that they are not about one person."""
    query = select(DuplicateQuestion).where(
        _about(case_ids), col(DuplicateQuestion.status) == QuestionStatus.OVERRIDDEN
    )
    return {frozenset((each.case_id, each.other_case_id)) for each in await work.session.scalars(query)}


async def ask(work: UnitOfWork, case_id: UUID, found: Iterable[PersonFound]) -> None:
    """Ask about these pairs, and no longer about other ones of this case that nobody has answered."""
    asked = list(found)
    await _ask_no_longer(work, case_id, besides=[each.case_id for each in asked])
    work.audit(operation="duplicate.ask", subject_id=case_id, object_ids=sorted(each.case_id for each in asked))
    if not asked:
        return
    rows = [
        {
            **dict(zip(("case_id", "other_case_id"), _pair(case_id, each.case_id), strict=True)),
            "score": each.score,
            "matched_on": [str(field) for field in each.matched_on],
            "status": QuestionStatus.OPEN,
            "asked_at": work.now,
        }
        for each in asked
    ]
    added = insert(DuplicateQuestion).values(rows)
    await work.session.execute(
        added.on_conflict_do_update(
            index_elements=["case_id", "other_case_id"],
            set_={"score": added.excluded.score, "matched_on": added.excluded.matched_on},
            where=col(DuplicateQuestion.status) == QuestionStatus.OPEN,
        )
    )


async def _ask_no_longer(work: UnitOfWork, case_id: UUID, *, besides: Sequence[UUID]) -> None:
    about_others = or_(
        and_(col(DuplicateQuestion.case_id) == case_id, col(DuplicateQuestion.other_case_id).not_in(besides)),
        and_(col(DuplicateQuestion.other_case_id) == case_id, col(DuplicateQuestion.case_id).not_in(besides)),
    )
    is_open = col(DuplicateQuestion.status) == QuestionStatus.OPEN
    await work.session.execute(
        delete(DuplicateQuestion).where(about_others, is_open).execution_options(synchronize_session=False)
    )


async def override(
    work: UnitOfWork, case_id: UUID, other_case_id: UUID, *, by: str, reason: SealedText
) -> DuplicateQuestion:
    """Note that the two are never the same person, whether it was asked or not."""
    first, second = _pair(case_id, other_case_id)
    question = await work.session.get(DuplicateQuestion, (first, second), with_for_update=True)
    if question is None:
        question = DuplicateQuestion(case_id=first, other_case_id=second, score=0.0, matched_on=[], asked_at=work.now)
        work.session.add(question)
    question.status = QuestionStatus.OVERRIDDEN
    question.overridden_at, question.overridden_by = work.now, by
    await seal(work, question, {"reason": reason}, place=second)
    await work.session.flush()
    work.audit(operation="duplicate.override", subject_id=case_id, object_ids=[other_case_id])
    return question


async def group_of(work: UnitOfWork, case_id: UUID) -> set[UUID]:
    """The case and all that were merged into it, directly or through others."""
    members = select(col(Case.id)).where(col(Case.id) == case_id).cte("members", recursive=True)
    members = members.union(select(col(Case.id)).where(col(Case.merged_into) == members.c.id))
    return set(await work.session.scalars(select(members.c.id)))


def rests_on_a_number(question: DuplicateQuestion) -> bool:
    return MatchedOn.IDENTIFIERS in question.matched_on


async def any_open(work: UnitOfWork, case_ids: Collection[UUID]) -> bool:
    """Whether one of these cases is still worked on."""
    open_case = exists().where(col(Case.id).in_(case_ids), col(Case.status) != CaseStatus.CLOSED)
    return bool(case_ids) and bool(await work.session.scalar(select(open_case)))
