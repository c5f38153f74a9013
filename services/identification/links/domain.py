"""Who has to do with whom: children, relatives, those exploited together, and whoever is suspected of exploiting several."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID, uuid4

from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.finding import names
from services.identification.links import repository
from services.identification.links.models import Suspect
from services.identification.links.repository import MOST_CASES, SuspectNotFound
from services.identification.links.schemas import (
    Cluster,
    ClusterEntry,
    LinkReport,
    SuspectDescription,
    SuspectReport,
    Via,
)
from shared.contract.codes import Relation
from shared.contract.events import CaseLinked, CaseUnlinked
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict

_OTHER_WAY: Final[Mapping[Relation, Relation]] = {
    Relation.CHILD: Relation.PARENT,
    Relation.PARENT: Relation.CHILD,
    Relation.RELATIVE: Relation.RELATIVE,
    Relation.CO_VICTIM: Relation.CO_VICTIM,
}


class LinkedWithItself(Conflict):
    """A person is nobody's relative of themselves."""


async def add_link(work: UnitOfWork, *, case_id: UUID, report: LinkReport, expected: ExpectedVersion) -> Case:
    """The person of another case is this one's child, parent, relative, or was exploited together with them."""
    if report.case_id == case_id:
        raise LinkedWithItself("A case cannot be linked with itself; name another one in `case_id`.")
    case, other = await cases.lock_pair(work, case_id, report.case_id, expected)
    await link(work, case, other, relation=report.relation)
    return case


async def link(work: UnitOfWork, case: Case, other: Case, *, relation: Relation) -> None:
    """Link two locked cases; `relation` is what the other person is to this one. Each side reads its own."""
    for one, another, is_to_it in ((case, other, relation), (other, case, _OTHER_WAY[relation])):
        await repository.set_link(work, one.id, another.id, is_to_it)
        work.record(CaseLinked(case_id=one.id, occurred_at=work.now, other_case_id=another.id, relation=is_to_it))


async def remove_link(work: UnitOfWork, *, case_id: UUID, other_case_id: UUID, expected: ExpectedVersion) -> Case:
    """The link was an error."""
    case, other = await cases.lock_pair(work, case_id, other_case_id, expected)
    for one, another in ((case, other), (other, case)):
        await repository.remove_link(work, one.id, another.id)
        work.record(CaseUnlinked(case_id=one.id, occurred_at=work.now, other_case_id=another.id))
    return case


async def name_suspect(
    work: UnitOfWork, *, case_id: UUID, report: SuspectReport, expected: ExpectedVersion
) -> tuple[Case, UUID]:
    """Somebody is suspected of exploiting the person. Whom another case knows by the same number or full name, or who is
    said to be the same, is one suspect."""
    case = await cases.lock_case(work, case_id, expected)
    description = report.as_sealed()
    hashes = _hashes(work, description)
    if report.suspect_id and not await repository.is_suspect(work, report.suspect_id):
        raise SuspectNotFound
    known = report.suspect_id or await repository.suspect_known_by(work, hashes) or uuid4()
    suspect = Suspect(case_id=case.id, suspect_id=known, named_at=work.now, named_by=work.actor.org)
    await repository.name_suspect(work, suspect, description, hashes)
    return case, suspect.suspect_id


def _hashes(work: UnitOfWork, suspect: SuspectDescription) -> set[bytes]:
    """Keyed hashes of what tells a suspect from others: telephone numbers, and names of at least two parts."""
    numbers = {names.phone(number.value) for number in suspect.phones}
    called = {names.full(names.parts(each.value)) for each in (suspect.name, *suspect.aliases) if each}
    vault = work.vault
    of_numbers = {vault.hashed_exactly("suspect:phone", number) for number in numbers if number}
    return of_numbers | {vault.hashed_exactly("suspect:name", name) for name in called if name}


async def drop_suspect(work: UnitOfWork, *, case_id: UUID, suspect_id: UUID, expected: ExpectedVersion) -> Case:
    """The suspicion was an error, as far as this case goes."""
    case = await cases.lock_case(work, case_id, expected)
    await repository.drop_suspect(work, case.id, suspect_id)
    return case


async def see_cluster(work: UnitOfWork, *, case_id: UUID) -> Cluster:
    """The cases the actor works on that are connected with this one, through links, merges and suspects."""
    await cases.find_working(work, case_id, operation="case.cluster")
    distances, edges = await repository.cluster_of(work, case_id)
    shown = dict(list(distances.items())[:MOST_CASES])
    via: dict[UUID, list[Via]] = {other: [] for other in shown}
    for edge in edges:
        if edge.other_id in shown and distances[edge.case_id] < distances[edge.other_id]:
            via[edge.other_id].append(Via(case_id=edge.case_id, kind=edge.kind, relation=edge.relation))
    return Cluster(items=list(_entries(shown, via)), is_whole=len(distances) <= MOST_CASES)


def _entries(distances: Mapping[UUID, int], via: Mapping[UUID, list[Via]]) -> Iterable[ClusterEntry]:
    for case_id, distance in distances.items():
        if distance:
            yield ClusterEntry(case_id=case_id, distance=distance, via=via[case_id])
