"""What is said of a case's person later, in a referral about the case, is taken in under the case that its sender knows, and
where the work on the person goes on: the sender learns of no merge (docs/rules.md, identity-3, identity-8)."""

from typing import Any
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_child
from services.identification.case.schemas import CasePerson
from services.identification.children import domain as children
from services.identification.custody import domain as custody
from services.identification.merging import domain, repository
from services.identification.merging.schemas import MergeMemory
from services.identification.person import later
from services.identification.person.later import LaterWord
from services.identification.questions.facts import is_assessed
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


async def receive(work: UnitOfWork, *, case_id: UUID, word: LaterWord) -> None:
    """Take in what protects the person or is new, where the case is open, its sender has a part in it, and nothing of it is
    erased."""
    case = await cases.case_for_itself(work, case_id)
    if case is None:
        return
    if not lifecycle.allows(case, Step.WORK) or await cases.part_of(work, case.id, word.said_by) is None:
        case.version -= 1
        return
    before = case.model_dump()
    begins = word.custody_since is not None and custody.take_in(work, case, since=word.custody_since)
    case.municipality = case.municipality or word.child_municipality
    await later.take_in(work, case, word)
    if is_child(case, on=on_date(work.now)):  # who was one before as well: its municipality may be known only now
        await children.protect(work, case)
    await _follow(work, case, before, word.referral_id)
    below = case
    for above in await cases.lock_above(work, case):
        before = above.model_dump()
        if lifecycle.allows(above, Step.WORK):
            await _take_in_above(work, case, below, above, word, begins=begins)
        await _follow(work, above, before, word.referral_id)
        below = above


async def _follow(work: UnitOfWork, case: Case, before: dict[str, Any], referral_id: UUID) -> None:
    """The deadlines follow where something has changed; else the case is as it was, its ETag too."""
    if not domain.keep_etag_of_same(case, before):
        await changes.case_changed(work, case)
        await repository.note_later_word(work, case, referral_id)


async def _take_in_above(
    work: UnitOfWork, case: Case, below: Case, above: Case, word: LaterWord, *, begins: bool
) -> None:
    """The same where the work goes on: hours that began under the case run there too, and a municipality's task stays in the
    case that it knows."""
    if begins:
        custody.carry_new(case, above)
    on, known = on_date(work.now), await cases.person_of(work, above)
    if later.is_minor(word.person, on=on) and is_child(case, on=on) and not is_assessed(known):
        children.carry(case, above)
    if taken := await later.take_in(work, above, word):
        await _remember(work, below, *taken)


async def _remember(work: UnitOfWork, below: Case, known: CasePerson, person: CasePerson) -> None:
    """What a merged case has brought since goes with it again, should the merge be undone."""
    merge = await repository.merge_of(work, below.id)
    memory = await repository.memory_of(work, merge) if merge else None
    if merge is None or memory is None:
        return
    brought = [name for name in CasePerson.model_fields if getattr(known, name) != getattr(person, name)]
    first = [name for name in brought if getattr(memory.before, name) == getattr(memory.after, name)]
    before = memory.before.model_copy(update={name: getattr(known, name) for name in first})
    after = memory.after.model_copy(update={name: getattr(person, name) for name in brought})
    await repository.remember_anew(work, merge, MergeMemory(before=before, after=after))
