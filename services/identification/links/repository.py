"""Links between cases, suspects, and what they connect. Nobody learns of a case that they do not work on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.identification.case.codes import LinkKind
from services.identification.case.models import CaseParty
from services.identification.case.repository import CASE_ID, WORKING, seal
from services.identification.links.models import CaseLink, Suspect, SuspectHash
from services.identification.links.schemas import SuspectDescription
from shared.contract.codes import Purpose, Relation
from shared.data import sealed
from shared.data.columns import NOW, ORGANISATION, Code, any_asked, is_one_of
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFound


class LinkNotFound(NotFound):
    """These two cases are not linked."""


class SuspectNotFound(NotFound):
    """No such suspect in a case of yours."""


_ADD: Final = insert(CaseLink).values(
    case_id=CASE_ID,
    other_case_id=bindparam("other_id", type_=Uuid),
    relation=bindparam("relation", type_=Code(Relation)),
    linked_at=NOW,
)
_SET: Final = _ADD.on_conflict_do_update(
    index_elements=["case_id", "other_case_id"], set_={"relation": _ADD.excluded.relation}
)
_REMOVE: Final = (
    delete(CaseLink)
    .where(col(CaseLink.case_id) == CASE_ID, col(CaseLink.other_case_id) == bindparam("other_id"))
    .returning(col(CaseLink.case_id))
)
_LINKS: Final = (
    select(CaseLink)
    .where(
        any_asked(col(CaseLink.case_id), "case_ids"),
        exists().where(
            col(CaseParty.case_id) == col(CaseLink.other_case_id),
            col(CaseParty.org) == ORGANISATION,
            is_one_of(col(CaseParty.part), WORKING),
        ),
    )
    .order_by(col(CaseLink.linked_at), col(CaseLink.other_case_id))
)
_IS_LINKED: Final = select(
    exists().where(any_asked(col(CaseLink.case_id), "case_ids"), any_asked(col(CaseLink.other_case_id), "other_ids"))
)


async def set_link(work: UnitOfWork, case_id: UUID, other_id: UUID, relation: Relation) -> None:
    """What the other is to this one; a relation that was recorded before was an error."""
    given = {"case_id": case_id, "other_id": other_id, "relation": relation, "now": work.now}
    await work.session.execute(_SET, given)
    work.audit(operation="link.add", subject_id=case_id, object_ids=[other_id])


async def remove_link(work: UnitOfWork, case_id: UUID, other_id: UUID) -> None:
    """Raises LinkNotFound."""
    gone = await work.session.first(_REMOVE, {"case_id": case_id, "other_id": other_id})
    if gone is None:
        raise LinkNotFound
    work.audit(operation="link.remove", subject_id=case_id, object_ids=[other_id])


async def links_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[CaseLink]]:
    """The links of cases already read to others that the actor works on, with one statement; oldest first."""
    found: dict[UUID, list[CaseLink]] = {case_id: [] for case_id in case_ids}
    for link in await work.session.scalars(_LINKS, {"case_ids": list(case_ids), "org": work.actor.org}):
        found[link.case_id].append(link)
    return found


async def any_link(work: UnitOfWork, case_ids: Collection[UUID], other_ids: Collection[UUID]) -> bool:
    """Whether one of these cases is linked with one of the others; each side of a link has its row."""
    asked = {"case_ids": list(case_ids), "other_ids": list(other_ids)}
    return bool(await work.session.scalar(_IS_LINKED, asked))


# ---------------------------------------------------------------- suspects


_SUSPECT: Final = (
    select(col(SuspectHash.suspect_id))
    .where(any_asked(col(SuspectHash.hash), "hashes"))
    .order_by(col(SuspectHash.suspect_id))
    .limit(1)
)
_SUSPECT_ID: Final = bindparam("suspect_id", type_=Uuid)
_IS_SUSPECT: Final = select(exists().where(col(Suspect.suspect_id) == _SUSPECT_ID))
_DROP: Final = (
    delete(Suspect)
    .where(col(Suspect.case_id) == CASE_ID, col(Suspect.suspect_id) == _SUSPECT_ID)
    .returning(col(Suspect.case_id))
)
_SUSPECTS: Final = (
    select(Suspect).where(col(Suspect.case_id) == CASE_ID).order_by(col(Suspect.named_at), col(Suspect.suspect_id))
)


async def suspect_known_by(work: UnitOfWork, hashes: Collection[bytes]) -> UUID | None:
    """A suspect of a case the actor works on who has one of these numbers or names."""
    return await work.session.scalar(_SUSPECT, {"hashes": list(hashes)})


async def is_suspect(work: UnitOfWork, suspect_id: UUID) -> bool:
    """Whether a case the actor works on has this suspect; row level security knows no others."""
    return bool(await work.session.scalar(_IS_SUSPECT, {"suspect_id": suspect_id}))


async def name_suspect(
    work: UnitOfWork, suspect: Suspect, description: SuspectDescription, hashes: Iterable[bytes]
) -> None:
    """Store what this case knows of a suspect, instead of what it knew before."""
    await work.session.execute(_DROP, {"case_id": suspect.case_id, "suspect_id": suspect.suspect_id})
    await seal(work, suspect, {"description": description}, place=suspect.suspect_id)
    work.session.add(suspect)
    await work.session.flush()
    rows = [
        {"hash": each, "case_id": suspect.case_id, "suspect_id": suspect.suspect_id} for each in sorted(set(hashes))
    ]
    await work.session.insert(SuspectHash, rows)
    work.audit(operation="suspect.name", subject_id=suspect.case_id, object_ids=[suspect.suspect_id])


async def drop_suspect(work: UnitOfWork, case_id: UUID, suspect_id: UUID) -> None:
    """The case suspects this one no longer. Raises SuspectNotFound."""
    gone = await work.session.first(_DROP, {"case_id": case_id, "suspect_id": suspect_id})
    if gone is None:
        raise SuspectNotFound
    work.audit(operation="suspect.drop", subject_id=case_id, object_ids=[suspect_id])


async def read_suspects(
    work: UnitOfWork, case_id: UUID, *, purpose: Purpose
) -> list[tuple[Suspect, SuspectDescription]]:
    """The suspects of a case already read, opened."""
    found = await work.session.scalars(_SUSPECTS, {"case_id": case_id})
    suspect_ids = [suspect.suspect_id for suspect in found]
    work.audit(operation="suspect.read", subject_id=case_id, object_ids=suspect_ids, purpose=purpose)
    key = await sealed.key_of(work, case_id)
    return [
        (
            each,
            key.open(each.description, SuspectDescription, table="suspect", column="description", row=each.suspect_id),
        )
        for each in found
    ]


# ---------------------------------------------------------------- the cluster


@dataclass(frozen=True, slots=True)
class Edge:
    """Two cases that are connected, from one of them; `relation` is what the other is to it."""

    case_id: UUID
    other_id: UUID
    kind: LinkKind
    relation: Relation | None


MOST_STEPS = 8
MOST_CASES = 500

# Only over cases the actor works on: a path through one that is not theirs would tell of it.
_EDGES = """
    mine AS MATERIALIZED (
        SELECT case_id FROM case_party WHERE org = :org AND part IN ('centre', 'authority')),
    edges AS (
        SELECT case_id, other_case_id AS other_id, 'linked' AS kind, relation FROM case_link
        UNION SELECT id, merged_into, 'merged', NULL FROM case_file WHERE merged_into IS NOT NULL
        UNION SELECT merged_into, id, 'merged', NULL FROM case_file WHERE merged_into IS NOT NULL
        UNION SELECT a.case_id, b.case_id, 'suspect', NULL FROM suspect a
              JOIN suspect b ON b.suspect_id = a.suspect_id AND b.case_id <> a.case_id
        UNION SELECT a.case_id, b.case_id, 'suspect', NULL FROM suspect_hash a
              JOIN suspect_hash b ON b.hash = a.hash AND b.case_id <> a.case_id),
    seen AS (
        SELECT e.* FROM edges e
        WHERE e.case_id IN (SELECT case_id FROM mine) AND e.other_id IN (SELECT case_id FROM mine))
"""
_REACHED = text(f"""
    WITH RECURSIVE {_EDGES},
    reached AS (
        SELECT CAST(:start AS uuid) AS case_id, 0 AS distance
        UNION SELECT s.other_id, r.distance + 1 FROM reached r JOIN seen s ON s.case_id = r.case_id
              WHERE r.distance < :steps)
    SELECT case_id, min(distance) AS distance FROM reached GROUP BY case_id ORDER BY 2, 1 LIMIT :most
""")  # noqa: S608  (no value is put into the text)
_AMONG = text(f"""
    WITH {_EDGES}
    SELECT case_id, other_id, kind, relation FROM seen
    WHERE case_id = ANY(CAST(:case_ids AS uuid[])) AND other_id = ANY(CAST(:case_ids AS uuid[]))
    ORDER BY case_id, other_id, kind
""")  # noqa: S608


async def cluster_of(work: UnitOfWork, case_id: UUID) -> tuple[dict[UUID, int], list[Edge]]:
    """The cases that are connected with this one, with how many steps away each is, the nearest first and this one at 0;
    and what connects them. Two statements, however many there are; at most one case beyond the limit."""
    asked = {"org": work.actor.org, "start": case_id, "steps": MOST_STEPS, "most": MOST_CASES + 1}
    distances = {row.case_id: row.distance for row in await work.session.execute(_REACHED, asked)}
    work.audit(operation="cluster.read", subject_id=case_id, object_ids=list(distances))
    found = await work.session.execute(_AMONG, {"org": work.actor.org, "case_ids": list(distances)})
    return distances, [
        Edge(case, other, LinkKind(kind), Relation(relation) if relation else None)
        for case, other, kind, relation in found
    ]
