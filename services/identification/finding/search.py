"""Finding the same person, though names are sealed: keyed hashes find who might be the one, and those are opened and compared.

How long a search takes hardly depends on how many people there are: of each hash a bounded number of people is read, and
of those who share the rarest a bounded number is opened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from services.identification.case.repository import RoleDoesNotSee
from services.identification.case.schemas import CasePerson
from services.identification.finding import likeness, names, repository
from services.identification.finding.likeness import Known, Likeness
from services.identification.finding.schemas import PeopleFound, PersonFound, PersonSought
from shared.contract import visibility
from shared.contract.codes import Purpose
from shared.contract.numbers import compared_with, number_of
from shared.contract.person import Subject
from shared.contract.warnings import warnings_of
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import Vault
from shared.kernel.clock import on_date
from shared.kernel.errors import Unprocessable

LEAST_SHOWN = 0.4
"""Who searches sees more than who is asked about duplicates: what the searcher does not know speaks against nobody."""
LEAST_SHOWN_WITHOUT_A_NAME = 0.25
"""Where no name is sought, a birth date that is the same is all that can be alike, and is enough."""
_TOKEN_BYTES = 8


class NothingToSearchBy(Unprocessable):
    """Nothing is said by which a person could be found."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case whose person may be the one."""

    case_id: UUID
    position: int
    likeness: Likeness


async def index(work: UnitOfWork, case_id: UUID, person: CasePerson, *, is_new: bool = False) -> None:
    """Let the person be found by what is known of them now, and by nothing that was corrected."""
    if not is_new:
        await repository.forget_tokens(work, case_id)
    await repository.add_tokens(work, case_id, tokens_of(work.vault, person, now=work.now))


async def forget(work: UnitOfWork, case_id: UUID) -> None:
    """Nobody finds the person any more, by name or by number."""
    await repository.forget_tokens(work, case_id)
    await repository.forget_identifiers(work, case_id)


def tokens_of(vault: Vault, person: CasePerson, *, now: datetime) -> set[int]:
    """Keyed hashes of all that the person may be found by, but for the identifiers."""
    known = Known.of(person, on=on_date(now))
    keys = set(chain.from_iterable(names.keys_of(name, known.years) for name in known.names))
    keys |= {f"b:{born.isoformat()}" for born in known.birth_dates}
    return {_token(vault, key) for key in keys}


def _token(vault: Vault, key: str) -> int:
    return int.from_bytes(vault.hashed_exactly("search", key)[:_TOKEN_BYTES], "big", signed=True)


async def search(work: UnitOfWork, *, sought: PersonSought, purpose: Purpose) -> PeopleFound:
    """The people who may be the one that is sought, most alike first, among the cases the actor works on. By what stands for
    something unknown nobody is found; the answer says which part of the search that is. Raises PurposeNotYours, and
    RoleDoesNotSee for who may not know who somebody is."""
    visibility.judge(work.actor, (), purpose)
    if visibility.Aspect.PERSON not in visibility.may_know(work.actor, visibility.Part.CENTRE):
        raise RoleDoesNotSee(
            "People are searched for by those who work with them: caseworker, lawyer, decider.",
            danish="Personer søges af dem, der arbejder med dem: caseworker, lawyer, decider.",
        )
    asked = {name for name, value in sought.model_dump(exclude={"limit"}).items() if value not in (None, [])}
    if asked <= {"stated_age"}:
        raise NothingToSearchBy("Say a name, an alias, a birth date or an identifier; an age alone finds too many.")
    person = CasePerson(**{name: getattr(sought, name) for name in asked})
    known = Known.of(person, on=on_date(work.now))
    least = LEAST_SHOWN if known.names else LEAST_SHOWN_WITHOUT_A_NAME
    is_sought = known.names or known.birth_dates or known.numbers
    found = await likely(work, person=person, least=least) if is_sought else ()
    survivors = await repository.surviving(work, [each.case_id for each in found])
    shown: dict[UUID, PersonFound] = {}
    for each in found:  # the best first: of merged cases the one that says most
        case_id = survivors.get(each.case_id, each.case_id)
        shown.setdefault(case_id, PersonFound(case_id=case_id, **in_words(each.likeness)))
    items = list(shown.values())[: sought.limit]
    repository.note_search(work, [item.case_id for item in items], fields=asked, purpose=purpose)
    warnings = warnings_of(sought, aliases=sought.aliases, on=on_date(work.now))
    return PeopleFound(items=items, warnings=warnings)


def in_words(alike: Likeness) -> dict[str, Any]:
    """As an answer tells it."""
    return {"score": alike.score, "matched_on": list(alike.matched_on)}


async def likely(
    work: UnitOfWork, *, person: CasePerson, least: float, besides: Iterable[UUID] = (), for_itself: bool = False
) -> Sequence[Found]:
    """The cases whose people are at least so like this one, the most alike first, of equal ones the oldest case: of those the
    actor works on, or of all `for_itself`: for Havn's own comparing."""
    same_number = await repository.known_by(work, hashes_of(work, person))
    tokens = tokens_of(work.vault, person, now=work.now)
    by_name = await repository.candidates(work, tokens)
    opened = await repository.open_people(work, {*same_number, *by_name} - set(besides), for_itself=for_itself)
    sought = Known.of(person, on=on_date(work.now))
    compared = (
        Found(each.case_id, each.position, likeness.compare(sought, Known.of(each.person, on=each.opened_on)))
        for each in opened
    )
    alike = [each for each in compared if each.likeness.score >= least]
    return sorted(alike, key=lambda each: (-each.likeness.score, each.position))


def hashes_of(work: UnitOfWork, person: Subject | CasePerson) -> list[bytes]:
    """Keyed hashes of the identifiers, but for those that stand for an unknown one, in each register whose number it may be.
    Whose country's it is, is compared when the description is open."""
    found = {number for identifier in person.identifiers if (number := number_of(identifier))}
    spaces = {(register, each.value) for each in found for register in compared_with(each.register)}
    return sorted({work.vault.hashed_exactly(f"identifier:{register}", value) for register, value in spaces})
