"""Two cases about one person: one is merged into the other, where the work goes on. Nothing is copied, so that nobody's
identity is written into an anonymous record (row 5) and undoing the merge leaves both as they were."""

from uuid import UUID

from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import Case, Part
from services.identification.custody import domain as custody
from services.identification.finding import repository as finding_repository
from services.identification.links import repository as links_repository
from services.identification.merging import repository
from shared.contract.events import CaseMerged, CaseUnmerged
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict


class MergedWithItself(Conflict):
    """A case is about its own person already."""


class TwoPeople(Conflict):
    """The two cases are linked: they are about people who have to do with each other, and so not about one."""


class NotMerged(Conflict):
    """The case stands for itself; there is no merge to undo."""


async def merge(work: UnitOfWork, *, case_id: UUID, into: UUID, expected: ExpectedVersion) -> Case:
    """The case's person is that of another case: the work goes on there, and this one is only read from now on."""
    if case_id == into:
        raise MergedWithItself("A case cannot be merged into itself; name the other case in `into`.")
    case, surviving = await cases.lock_pair(work, case_id, into, expected)
    await _check_one_person(work, case, surviving)
    case.merged_into = surviving.id
    custody.carry(case, surviving)
    await repository.note_merge(work, case, surviving, operation="case.merge")
    work.record(CaseMerged(case_id=case.id, occurred_at=work.now, into=surviving.id))
    await _settle(work, case, surviving)
    return case


async def _check_one_person(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """Every relation that a link can have is one between two people; nobody is their own child or co-victim."""
    async with cases.as_itself(work):
        # Who merges need not work on all the cases that were merged into these two before.
        groups = [await finding_repository.group_of(work, each.id) for each in (case, surviving)]
        is_linked = await links_repository.any_link(work, *groups)
    if is_linked:
        raise TwoPeople(
            "The two cases, or cases that were merged into them, are linked as two people who have to do with each other. If "
            "they are one person after all, take the link away first: DELETE .../links/{other}."
        )


async def unmerge(work: UnitOfWork, *, case_id: UUID, expected: ExpectedVersion) -> Case:
    """The merge was an error: the two are different people again, each with the case that was theirs."""
    seen = await cases.find_worked_on(work, case_id, operation="case.unmerge")
    into = seen.merged_into
    if into is None:
        raise NotMerged("This case was not merged into another one, so there is nothing to undo.")
    cases.forget(work, seen)  # it may be another by the time it is locked
    case, surviving = await cases.lock_pair(work, case_id, into, expected, even_merged=True)
    if case.merged_into != surviving.id:
        raise NotMerged("Somebody else has just changed the merge; read the case again.")
    case.merged_into = None
    custody.give_back(case, surviving)
    await repository.note_merge(work, case, surviving, operation="case.unmerge")
    work.record(CaseUnmerged(case_id=case.id, occurred_at=work.now, out_of=surviving.id))
    await _settle(work, case, surviving)
    return case


async def _settle(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """What a merge, or its undoing, means for who sees the surviving case and for both cases' deadlines."""
    async with cases.as_itself(work):
        # Who merges need not know who else has to do with the two cases.
        above: Case | None = surviving
        while above:
            await _give_parts(work, above.id)
            above = await cases.merged_into(work, above)
    await changes.case_changed(work, case)
    await changes.case_changed(work, surviving)


async def _give_parts(work: UnitOfWork, case_id: UUID) -> None:
    """Whoever has a part in a case that was merged into this one has it here; and has here what it had of itself, once
    no such case gives it any more. What was changed here since is left as it is."""
    sources = await repository.merged_into(work, case_id)
    parts = await repository.parts_in(work, [case_id, *sources])
    from_merges = await repository.given_by_merges(work, case_id)
    given: dict[str, list[Part]] = {}
    for source in sources:
        for organisation, part in parts[source].items():
            given.setdefault(organisation, []).append(part)
    for organisation in sorted(given.keys() | from_merges.keys()):
        now_has, from_merge = parts[case_id].get(organisation), from_merges.get(organisation)
        own: Part | None = from_merge.own_part if from_merge and from_merge.part == now_has else now_has
        if from_merge and own in (None, Part.REMOVAL) and await cases.has_referred(work, case_id, organisation):
            own = Part.REFERRER
        has = repository.strongest([*given.get(organisation, []), *([own] if own else [])])
        if has != now_has:
            await cases.set_part(work, case_id, organisation, has)
        if has and organisation in given and has != own:
            await repository.note_given(work, case_id, organisation, has, own_part=own)
        elif from_merge:
            await repository.forget_given(work, case_id, organisation)
