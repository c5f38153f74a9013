"""In which facts two descriptions of one person differ, and what the two come to when people have chosen."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.identification.case.schemas import AGE_FIELDS, IDENTITY, CasePerson
from shared.contract.codes import AgeBasis, Gender, ResidenceBasis
from shared.kernel.text import AS_STORED

ADDED_UP: Final = ("consents", "identifiers", "aliases", "contact_channels", "languages", "suspected_forms")
"""Of these a person has several: both cases' are kept."""
NEVER_CHOSEN: Final = (*ADDED_UP, "reference", "safe_contact")
AGE: Final = (*AGE_FIELDS, "stated_birth_date")
CHOSEN: Final = tuple(name for name in CasePerson.model_fields if name not in (*NEVER_CHOSEN, "stated_birth_date"))
_SAYS_NOTHING: Final[Sequence[Any]] = (None, [], Gender.UNKNOWN, ResidenceBasis.UNKNOWN)


def differing(one: CasePerson, other: CasePerson) -> list[str]:
    """The facts of which each case says something else. What only one of them says differs from nothing."""
    settled = AGE if is_assessed(one) != is_assessed(other) else ()
    return [
        name
        for name in CHOSEN
        if name not in settled
        and getattr(one, name) != getattr(other, name)
        and getattr(one, name) not in _SAYS_NOTHING
        and getattr(other, name) not in _SAYS_NOTHING
    ]


def is_assessed(person: CasePerson) -> bool:
    """Whether an age assessment says how old the person is; it holds against every later claim (docs/rules.md, child-2)."""
    return person.age_basis is AgeBasis.ASSESSED


def joined(
    surviving: CasePerson, merged: CasePerson, *, survivor_id: UUID, keep: Mapping[str, UUID], is_anonymous: bool
) -> CasePerson:
    """The person as the two cases together describe them. Into an anonymous notification nobody's identity is written."""
    values: dict[str, Any] = dict(surviving)
    for name in CHOSEN:
        mine, theirs = getattr(surviving, name), getattr(merged, name)
        takes_theirs = mine in _SAYS_NOTHING if name not in keep else keep[name] != survivor_id
        if takes_theirs and theirs not in _SAYS_NOTHING:
            values[name] = theirs
    if is_assessed(surviving) != is_assessed(merged):
        settled = surviving if is_assessed(surviving) else merged
        values |= {name: getattr(settled, name) for name in AGE}
    for name in ADDED_UP:
        mine, theirs = getattr(surviving, name), getattr(merged, name)
        values[name] = [*mine, *(each for each in theirs if each not in mine)][: _most(name)]
    values["safe_contact"] = _both(surviving, merged)
    if is_anonymous:
        values |= {name: getattr(surviving, name) for name in (*IDENTITY, "interpreter")}
    return CasePerson.model_validate(values, context=AS_STORED)


def _most(name: str) -> int | None:
    limits = [each.max_length for each in CasePerson.model_fields[name].metadata if hasattr(each, "max_length")]
    return next(iter(limits), None)


def _both(surviving: CasePerson, merged: CasePerson) -> Any:
    """How to reach the person safely, as both cases have it; in one text while it fits."""
    mine, theirs = surviving.safe_contact, merged.safe_contact
    if mine is None or theirs is None or mine == theirs:
        return mine or theirs
    together = f"{mine.value}\n{theirs.value}"
    return together if len(together) <= 10_000 else mine
