"""Two cases about one person: one is merged into the other, where the work goes on. Nothing is copied, so that nobody's
identity is written into an anonymous record (row 5) and undoing the merge leaves both as they were."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import Case, Part
from services.identification.custody import domain as custody
from services.identification.finding import repository as finding_repository
from services.identification.links import repository as links_repository
from services.identification.merging import repository
from shared.contract.events import CaseMerged, CaseUnmerged
from shared.data import audit, outbox
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict


class MergedWithItself(Conflict):
    """A case is about its own person already."""


class TwoPeople(Conflict):
    """The two cases are linked: they are about people who have to do with each other, and so not about one."""


class NotMerged(Conflict):
    """The case stands for itself; there is no merge to undo."""


async def merge(session: AsyncSession, *, actor: Actor, case_id: UUID, into: UUID, match: Match, now: datetime) -> Case:
    """The case's person is that of another case: the work goes on there, and this one is only read from now on."""
    if case_id == into:
        raise MergedWithItself("A case cannot be merged into itself; name the other case in `into`.")
    case, surviving = await cases.lock_pair(session, actor, case_id, into, match)
    await _check_one_person(session, case, surviving)
    case.merged_into = surviving.id
    custody.carry(case, surviving)
    await _note(session, case, surviving, operation="case.merge")
    outbox.record(session, CaseMerged(case_id=case.id, occurred_at=now, into=surviving.id))
    await _settle(session, case, surviving, now=now)
    return case


async def _check_one_person(session: AsyncSession, case: Case, surviving: Case) -> None:
    """Every relation that a link can have is one between two people; nobody is their own child or co-victim."""
    async with cases.as_itself(session):
        # Who merges need not work on all the cases that were merged into these two before.
        groups = [await finding_repository.group_of(session, each.id) for each in (case, surviving)]
        is_linked = await links_repository.any_link(session, *groups)
    if is_linked:
        raise TwoPeople(
            "The two cases, or cases that were merged into them, are linked as two people who have to do with each other. If "
            "they are one person after all, take the link away first: DELETE .../links/{other}."
        )


async def unmerge(session: AsyncSession, *, actor: Actor, case_id: UUID, match: Match, now: datetime) -> Case:
    """The merge was an error: the two are different people again, each with the case that was theirs."""
    seen = await cases.find_worked_on(session, actor, case_id, operation="case.unmerge")
    into = seen.merged_into
    if into is None:
        raise NotMerged("This case was not merged into another one, so there is nothing to undo.")
    session.expire(seen)  # it may be another by the time it is locked
    case, surviving = await cases.lock_pair(session, actor, case_id, into, match, even_merged=True)
    if case.merged_into != surviving.id:
        raise NotMerged("Somebody else has just changed the merge; read the case again.")
    case.merged_into = None
    custody.give_back(case, surviving)
    await _note(session, case, surviving, operation="case.unmerge")
    outbox.record(session, CaseUnmerged(case_id=case.id, occurred_at=now, out_of=surviving.id))
    await _settle(session, case, surviving, now=now)
    return case


async def _note(session: AsyncSession, case: Case, surviving: Case, *, operation: str) -> None:
    await session.flush()
    audit.record(session, operation=operation, subject_id=case.id, object_ids=[surviving.id])


async def _settle(session: AsyncSession, case: Case, surviving: Case, *, now: datetime) -> None:
    """What a merge, or its undoing, means for who sees the surviving case and for both cases' clocks."""
    async with cases.as_itself(session):
        # Who merges need not know who else has to do with the two cases.
        above: Case | None = surviving
        while above:
            await _share_parts(session, above.id)
            above = await session.get(Case, above.merged_into) if above.merged_into else None
    await changes.case_changed(session, case, now=now)
    await changes.case_changed(session, surviving, now=now)


async def _share_parts(session: AsyncSession, case_id: UUID) -> None:
    """Whoever has a part in a case that was merged into this one has it here; and has here what it had of itself, once
    no such case gives it any more. What was changed here since is left as it is."""
    sources = await repository.merged_into(session, case_id)
    parts = await repository.parts_in(session, [case_id, *sources])
    lent = await repository.lent_in(session, case_id)
    given: dict[str, list[Part]] = {}
    for source in sources:
        for org, part in parts[source].items():
            given.setdefault(org, []).append(part)
    for org in sorted(given.keys() | lent.keys()):
        now_has, was_lent = parts[case_id].get(org), lent.get(org)
        own: Part | None = was_lent.own_part if was_lent and was_lent.part == now_has else now_has
        if was_lent and own in (None, Part.REMOVAL) and await cases.has_referred(session, case_id, org):
            own = Part.REFERRER
        has = repository.strongest([*given.get(org, []), *([own] if own else [])])
        if has != now_has:
            await cases.set_part(session, case_id, org, has)
        if has and org in given and has != own:
            await repository.lend(session, case_id, org, has, own_part=own)
        elif was_lent:
            await repository.lend_no_longer(session, case_id, org)
