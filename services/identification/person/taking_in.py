"""Facts that come later about a person whose identity is settled are taken in: with where they come from, an undecided case
is routed by them, deadlines follow, and who works on the case sees that they are new (docs/rules.md, identity-8)."""

from datetime import date
from typing import Any
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import lifecycle
from services.identification.case.models import MINORS, Case, is_child
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.finding import search
from services.identification.person import description, legal_status, repository
from services.identification.routing import domain as routing
from shared.contract.codes import AgeBasis, AgeGroup
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.text import AS_STORED


def keeping_a_child(
    surviving: Case, merged: Case, person: CasePerson, *, known: tuple[CasePerson, CasePerson], on: date
) -> CasePerson:
    """Of two merged cases: whom either says to be a minor stays one, unless one of the two has an age assessment
    (docs/rules.md, child-2)."""
    is_said_to_be_one = is_child(surviving, on=on) or is_child(merged, on=on)
    if not is_said_to_be_one or any(each.age_basis is AgeBasis.ASSESSED for each in known):
        return person
    return person.model_copy(update={"age_basis": AgeBasis.PRESUMED_MINOR})


async def take_in(work: UnitOfWork, case: Case, person: CasePerson, *, brought_by: UUID) -> None:
    """Make this the description of a locked case's person. Whoever calls it has the deadlines set; `brought_by` is the case
    that the facts come from."""
    known = await repository.open_person(work, case, fields=[], beside=[brought_by])
    if person == known:
        return
    await repository.store_person(work, case, person, brought_by=brought_by)
    if await follow(work, case, person, known=known):
        authority.route(case, now=work.now)
        await authority.record_route(work, case)


async def follow(
    work: UnitOfWork,
    case: Case,
    person: CasePerson,
    *,
    known: CasePerson,
    said_by: str | None = None,
    source: SealedText | None = None,
) -> bool:
    """Let a locked case follow the new description of its person, which is sealed: the coded facts, what the person is found
    by, the legal status, the protection of a child. `known` is the description before; `said_by` and `source` say whose word it
    is where that is not the actor's. Says whether the case is to be routed again: the facts that decide who decides have changed,
    and it is not decided."""
    today = on_date(work.now)
    before, routed_by = description.described_facts(case), routing.facts_on(case, today)
    came_of_age_on = case.adult_on if case.adult_on and case.adult_on <= today else None
    stated_on = case.age_stated_on if known.stated_age == person.stated_age else None
    for name, value in description.facts_of(person, on=today, age_stated_on=stated_on).items():
        setattr(case, name, value)
    case.age_group_at_decision = description.age_group_at_decision(case, person)
    await search.index(work, case.id, person)
    await legal_status.follow_the_description(work, case, said_by=said_by or work.actor.org, source=source)
    was_assessed, is_assessed = (each.age_basis is AgeBasis.ASSESSED for each in (known, person))
    if was_assessed is not is_assessed or before != description.described_facts(case):
        is_of_age = before["age_group"] in MINORS and case.age_group is AgeGroup.ADULT
        since = None
        if is_of_age:
            since = person.age_assessed_on.value if is_assessed and person.age_assessed_on else came_of_age_on
        description.record_description(work, case, age_assessed=is_assessed, of_age_since=since)
    await children.protect(work, case)
    return routed_by != routing.facts_on(case, today) and case.status not in lifecycle.DECIDED


def without_what_was_taken_in(now: CasePerson, *, before: CasePerson, after: CasePerson) -> CasePerson:
    """The description with each fact that was taken in, and not changed since, as it was before."""
    values: dict[str, Any] = dict(now)
    for name in CasePerson.model_fields:
        taken, mine = getattr(after, name), getattr(now, name)
        if taken == getattr(before, name):
            continue
        if mine == taken:
            values[name] = getattr(before, name)
        elif isinstance(taken, list):
            brought = [each for each in taken if each not in getattr(before, name)]
            values[name] = [each for each in mine if each not in brought]
    return CasePerson.model_validate(values, context=AS_STORED)
