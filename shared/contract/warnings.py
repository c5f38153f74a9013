"""What an answer names of a body that was taken though something in it says less than it seems to: where, and why.

Never the value; and nothing but what was sent decides whether there is a warning, so that none says who is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from shared.contract import visibility
from shared.contract.codes import Purpose, ShareScope
from shared.contract.numbers import Identifier, fits_its_type
from shared.contract.organisations import kind_of
from shared.contract.personal import Personal, PersonalName
from shared.contract.placeholders import is_no_birth_date, is_no_name, is_no_number
from shared.contract.types import Answer


class WarningCode(StrEnum):
    """What is meant, for programs."""

    PLACEHOLDER = "placeholder"
    SHAPE = "shape"
    BLANK = "blank"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_LANGUAGE = "unknown_language"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    IMPOSSIBLE = "impossible"
    AGE_IN_WORDS = "age_in_words"
    SAID_TO_BE_A_CHILD = "said_to_be_a_child"
    PART_OF_A_DATE = "part_of_a_date"
    SHORT_YEAR = "short_year"
    LEAST_AGE = "least_age"
    TIME_AHEAD = "time_ahead"
    CUSTODY_ASSUMED = "custody_assumed"
    SAME_REFERENCE = "same_reference"
    TOO_LONG = "too_long"
    SPELT = "spelt"
    CHARACTERS = "characters"
    SAID_TWICE = "said_twice"
    NOT_UNDERSTOOD = "not_understood"
    PURPOSE_NOT_THEIRS = "purpose_not_theirs"
    OPENS_STATUS_ALONE = "opens_status_alone"


SENTENCES: Final[dict[WarningCode, str]] = {
    WarningCode.PLACEHOLDER: "Kept as written; it stands for something unknown, so nobody is found by it.",
    WarningCode.SHAPE: "Kept as written; numbers of this type look otherwise, so it says little about who this is.",
    WarningCode.BLANK: "Read as null: nothing can be seen in it.",
    WarningCode.UNKNOWN_COUNTRY: "Read as not given: no country or passport has this code.",
    WarningCode.UNKNOWN_LANGUAGE: "Read as not given: no language has this code (ISO 639-3).",
    WarningCode.UNKNOWN_MUNICIPALITY: "Read as not given: no Danish municipality has this code.",
    WarningCode.IMPOSSIBLE: "Read as unknown: nobody can be of that age, or have been born then.",
    WarningCode.AGE_IN_WORDS: "Read as whole years, of a birth date those since then, the least where several can be meant; "
    "send that number.",
    WarningCode.SAID_TO_BE_A_CHILD: "Read as a minor of no certain age (`age_basis: presumed_minor`); send the age.",
    WarningCode.PART_OF_A_DATE: "Not a whole date: read as the least age that somebody born then can be today, which counts as "
    "stated where no other is, or where it is a child's.",
    WarningCode.SHORT_YEAR: "Read as a date whose year has two digits, in the century that makes them 0 to 99 years old; of the "
    "orders and days that can be meant the latest date counts. The age since then counts as stated where no other is, or where "
    "it is a child's.",
    WarningCode.LEAST_AGE: "Read as less: of the ages that can be meant, the least counts, so that a child is protected.",
    WarningCode.TIME_AHEAD: "Counts as now: it lies up to 24 hours ahead, as with a wrong offset of summer time.",
    WarningCode.CUSTODY_ASSUMED: "Counts as in custody since then, though in_custody was not true: the 72 hours run.",
    WarningCode.SAME_REFERENCE: "Kept as written; another subject has the same reference, so the answers come in your order.",
    WarningCode.TOO_LONG: "Cut to what the contract takes; all of it is kept as written.",
    WarningCode.SPELT: "Read as what it spells; send a text in quotes, and a number or yes or no without.",
    WarningCode.CHARACTERS: "Read without the characters that no text may hold; it is kept as written.",
    WarningCode.SAID_TWICE: "The last one counts; what stood there before is kept as written.",
    WarningCode.NOT_UNDERSTOOD: "Read as not given: it is not written as the contract says.",
    WarningCode.PURPOSE_NOT_THEIRS: "Kept; the recipient may not state this purpose, so it can read nothing for it.",
    WarningCode.OPENS_STATUS_ALONE: "Kept as written; words open nothing beyond the status. To open more, send a list of: "
    f"{', '.join(ShareScope)}.",
}


class InputWarning(Answer):
    """Something that was taken, and says less than it seems to. `loc` is its place in the body, as in the errors of a 422."""

    loc: list[str | int]
    code: WarningCode
    msg: str


def warning(loc: Sequence[str | int], code: WarningCode) -> InputWarning:
    return InputWarning(loc=list(loc), code=code, msg=SENTENCES[code])


def purpose_not_theirs(
    loc: Sequence[str | int], *, recipient: str, purpose: Purpose, parts: Iterable[visibility.Part]
) -> Iterator[InputWarning]:
    """That the recipient, being what it is and with these parts, may not state the purpose that stands there, and which it may
    (docs/rules.md, consent-7); nothing where it may."""
    allowed = visibility.stated_by(kind_of(recipient), parts)
    if purpose not in allowed:
        code = WarningCode.PURPOSE_NOT_THEIRS
        said = f"{SENTENCES[code]} It may state: {', '.join(sorted(allowed))}."
        yield InputWarning(loc=list(loc), code=code, msg=said)


class Described(Protocol):
    """Somebody as a body describes them: a subject of a referral, the person of a case, or who is sought."""

    @property
    def given_name(self) -> PersonalName | None: ...
    @property
    def family_name(self) -> PersonalName | None: ...
    @property
    def birth_date(self) -> Personal[date] | None: ...
    @property
    def identifiers(self) -> Sequence[Identifier]: ...


def warnings_of(
    person: Described, *, aliases: Sequence[PersonalName], on: date, at: Sequence[str] = ("body",)
) -> list[InputWarning]:
    """What of a description that stands there in a request says less than it seems to."""
    return [warning([*at, *each.loc], each.code) for each in placeholders_in(person, aliases=aliases, on=on)]


def placeholders_in(
    person: Described, *, aliases: Sequence[PersonalName] = (), on: date | None
) -> Iterator[InputWarning]:
    """A warning for each part of a description that stands for something unknown, or has not the shape of its type; of a
    birth date only where it is said on which day that is asked."""
    given, family = person.given_name, person.family_name
    is_none_together = bool(given and family and is_no_name(f"{given.value} {family.value}"))  # Jane Doe
    for field, name in (("given_name", given), ("family_name", family)):
        if name and (is_none_together or is_no_name(name.value)):
            yield warning([field], WarningCode.PLACEHOLDER)
    for position, alias in enumerate(aliases):
        if is_no_name(alias.value):
            yield warning(["aliases", position], WarningCode.PLACEHOLDER)
    if person.birth_date and on and is_no_birth_date(person.birth_date.value, on=on):
        yield warning(["birth_date"], WarningCode.PLACEHOLDER)
    for position, identifier in enumerate(person.identifiers):
        loc: list[str | int] = ["identifiers", position, "value"]
        if is_no_number(identifier.type, identifier.value.value):
            yield warning(loc, WarningCode.PLACEHOLDER)
        elif not fits_its_type(identifier):
            yield warning(loc, WarningCode.SHAPE)
