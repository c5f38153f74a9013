"""Two cases about one person: one is merged into the other, where the work goes on, and can be taken out of it again.

Whoever had a part in the merged case keeps it there, and gets none in the other: it learns of no merge, and under its own
case's id it goes on as if there were none (docs/rules.md, identity-3)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.identification.absence import domain as absence
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.children import domain as children
from services.identification.consents import domain as consents
from services.identification.custody import domain as custody
from services.identification.finding import repository as finding_repository
from services.identification.links import repository as links_repository
from services.identification.merging import repository
from services.identification.merging.models import Merge
from services.identification.merging.schemas import MergeMemory
from services.identification.person import taking_in
from services.identification.questions import domain as questions
from services.identification.questions import facts
from shared.contract.events import CaseMerged, CaseUnmerged
from shared.data import history
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict


class MergedWithItself(Conflict):
    """A case is about its own person already."""


class TwoPeople(Conflict):
    """The two cases are linked, or are of two subjects of one referral: they are about people who have to do with each other, or
    whom the sender has counted, and so not about one."""


class NotMerged(Conflict):
    """The case stands for itself; there is no merge to undo."""


async def merge(work: UnitOfWork, *, case_id: UUID, into: UUID, expected: ExpectedVersion) -> Case:
    """The case's person is that of another case: the work goes on there, and this one is only read from now on. What the
    other case says of the person stands; a child stays one, and the earlier deadline goes on."""
    case, surviving = await cases.lock_pair(work, case_id, into, expected)
    lifecycle.check(surviving, Step.WORK)  # in a closed case nothing goes on
    await join(work, case, surviving, keep=None)
    return case


async def join(
    work: UnitOfWork, case: Case, surviving: Case, *, keep: Mapping[str, UUID] | None, question_id: UUID | None = None
) -> None:
    """Merge one locked case into another. `keep` says whose each differing fact is; without it the surviving case's stand.
    Raises MergedWithItself and TwoPeople."""
    if case.id == surviving.id:
        raise MergedWithItself("A case cannot be merged into itself; name the other case in `into`.")
    await _check_one_person(work, case, surviving)
    stood = surviving.model_dump()
    merged = await _as_it_stands(work, case, surviving, question_id)
    before, theirs = await cases.person_of(work, surviving), await cases.person_of(work, case)
    case.merged_into = surviving.id
    keep_etag(case)
    custody.carry(case, surviving)
    children.carry(case, surviving)
    await absence.carry(work, case, surviving)
    if surviving.merged_into:
        await _carry_further(work, case, surviving)
    after = before
    if keep is not None:
        is_anonymous = surviving.refused_on is not None
        after = facts.joined(before, theirs, survivor_id=surviving.id, keep=keep, is_anonymous=is_anonymous)
    after = taking_in.keeping_a_child(surviving, case, after, known=(before, theirs), on=on_date(work.now))
    await taking_in.take_in(work, surviving, after, brought_by=case.id)
    merged.status, merged.authority = surviving.status, surviving.authority
    await repository.remember(work, merged, MergeMemory(before=before, after=after))
    await repository.note_merge(work, case, surviving, operation="case.merge")
    work.record(CaseMerged(case_id=case.id, occurred_at=work.now, into=surviving.id))
    await questions.settle(work, await finding_repository.group_of(work, surviving.id))
    await changes.case_changed(work, case)
    await changes.case_changed(work, surviving)
    keep_etag_of_same(surviving, stood)


async def _carry_further(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """An authority merges two cases of its own, of which one goes on in a third that it knows nothing of: what protects the
    person goes there too."""
    async with as_itself(work):
        for above in await cases.lock_above(work, surviving):
            custody.carry_new(case, above)
            children.carry(case, above)
            await absence.carry(work, case, above)
            await changes.case_changed(work, above)


async def _as_it_stands(work: UnitOfWork, case: Case, surviving: Case, question_id: UUID | None) -> Merge:
    """What the surviving case is before it takes anything in."""
    return Merge(
        case_id=case.id,
        into_id=surviving.id,
        merged_at=work.now,
        question_id=question_id,
        status=surviving.status,
        authority=surviving.authority,
        position=await history.last_position(work),
        child_since=surviving.child_since,
        child_notified_at=surviving.child_notified_at,
        municipality=surviving.municipality,
        representative_requested_on=surviving.representative_requested_on,
        custody_since=surviving.custody_since,
        custody_ended_at=surviving.custody_ended_at,
        custody_end_reason=surviving.custody_end_reason,
    )


def keep_etag(case: Case) -> None:
    """The ETag of a locked case stays as it was: whoever has a part in it alone learns of nothing."""
    case.version -= 1


def keep_etag_of_same(case: Case, stood: Mapping[str, Any]) -> bool:
    """So does that of a case of which nothing has become other than it `stood`. Says whether nothing has."""
    is_same = case.model_dump() == stood
    if is_same:
        keep_etag(case)
    return is_same


async def _check_one_person(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """Every relation that a link can have is one between two people; nobody is their own child or co-victim. And two subjects of
    one referral are never the same person (docs/rules.md, identity-4)."""
    async with as_itself(work):
        # Who merges need not work on all the cases that were merged into these two before.
        groups = [await finding_repository.group_of(work, each.id) for each in (case, surviving)]
        is_linked = await links_repository.any_link(work, *groups)
        are_counted = await repository.any_of_one_referral(work, *groups)
    if is_linked:
        raise TwoPeople(
            "The two cases, or cases that were merged into them, are linked as two people who have to do with each other. If "
            "they are one person after all, take the link away first: DELETE .../links/{other}."
        )
    if are_counted:
        raise TwoPeople(
            "The two cases, or cases that were merged into them, are of two subjects of one referral: its sender has counted two "
            "people. If one of them was counted twice, let the sender withdraw that referral and send it anew.",
            danish=(
                "De to sager, eller sager, der er lagt sammen med dem, er to personers fra én henvisning: "
                "afsenderen har talt to. Er én talt to gange, så lad afsenderen trække henvisningen tilbage og "
                "sende den på ny."
            ),
        )


async def unmerge(work: UnitOfWork, *, case_id: UUID, expected: ExpectedVersion) -> Case:
    """The merge was an error: the two are different people again, each with the case that was theirs."""
    seen = await cases.find_worked_on(work, case_id, operation="case.read")  # `part` notes what is done
    into = seen.merged_into
    if into is None:
        expected.check(seen)
        raise NotMerged("This case was not merged into another one, so there is nothing to undo.")
    cases.forget(work, seen)  # it may be another by the time it is locked
    case, surviving = await cases.lock_pair(work, case_id, into, expected, even_merged=True)
    if case.merged_into != surviving.id:
        raise NotMerged(
            "Somebody else has just changed the merge; read the case again.",
            danish="En anden har netop ændret sammenlægningen; læs sagen igen.",
        )
    await part(work, case, surviving)
    await look_again(work, case, surviving)
    return case


async def look_again(work: UnitOfWork, *parted: Case) -> None:
    """Who else may be the person of each of two cases that were one: whoever was referred meanwhile was asked about once, for
    both. That it was looked changes no ETag."""
    for case in parted:
        await questions.look_again(work, case)


async def part(work: UnitOfWork, case: Case, surviving: Case) -> None:
    """Take one locked case out of the other again. What the merge changed in the other, and nobody has changed since, is as
    it was before."""
    merged = await repository.merge_of(work, case.id)
    group = await finding_repository.group_of(work, case.id)
    async with as_itself(work):
        further = await cases.lock_above(work, surviving)
    stood = {each.id: each.model_dump() for each in (surviving, *further)}
    await _give_back(work, case, surviving, further, group=group)
    await children.run_again(work, case, group=group)
    async with as_itself(work):
        await consents.take_out(work, group, out_of=surviving)
    case.merged_into = None
    keep_etag(case)
    if merged:
        async with as_itself(work):
            await repository.keep_what_was_shown(work, case.id)
        children.give_back(case, surviving, before=merged)
        memory = await repository.memory_of(work, merged)
        if memory and memory.before != memory.after:
            now = await cases.person_of(work, surviving)
            person = taking_in.without_what_was_taken_in(now, before=memory.before, after=memory.after)
            await taking_in.take_in(work, surviving, person, brought_by=case.id)
        await repository.forget_merge(work, case.id)
    await repository.note_merge(work, case, surviving, operation="case.unmerge")
    work.record(CaseUnmerged(case_id=case.id, occurred_at=work.now, out_of=surviving.id))
    await questions.settle(work, {*group, *await finding_repository.group_of(work, surviving.id)})
    await changes.case_changed(work, case)
    await changes.case_changed(work, surviving)
    for each in (surviving, *further):
        keep_etag_of_same(each, stood[each.id])


async def _give_back(
    work: UnitOfWork, case: Case, surviving: Case, further: Sequence[Case], *, group: set[UUID]
) -> None:
    """The hours of custody that came with the case, or with one in it, go back with it from wherever the work went on; that its
    person is missing is said of nobody else any more."""
    async with as_itself(work):
        for above in (surviving, *further):
            still = [each for each in await cases.lock_below(work, above) if each.id not in group]
            is_let_go = custody.give_back(work, case, above, group=group, still=still)
            is_found = await absence.give_back(work, above, group=group)
            if (is_let_go or is_found) and above is not surviving:
                await changes.case_changed(work, above)
