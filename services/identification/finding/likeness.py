"""How alike two descriptions of a person are, and in what: names first, then age and numbers, which raise or lower it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA, Indel, JaroWinkler

from services.identification.case.schemas import CasePerson
from services.identification.finding.names import Name, names_of, sound
from services.identification.finding.schemas import MatchedOn
from shared.contract.codes import IdentifierType
from shared.contract.numbers import Number, SameNumber, number_of, same_number
from shared.contract.placeholders import is_no_birth_date, is_no_name

NAME_WEIGHT = 0.72
"""What a name alone can reach: without anything else two people of one name remain two people."""
SAME_NUMBER = 0.9
_ONE_SLIP, _TWO_SLIPS = 0.92, 0.82
_SHORTEST_WITH_A_SLIP, _SHORTEST_WITH_TWO_SLIPS = 3, 6
_SOUNDS_ALIKE, _ONLY_SOUNDS_ALIKE, _SPELT_ALIKE = 0.93, 0.84, 0.7
_ONE_PART_ALONE = 0.75
_PART_MISSING = 0.06
_JOINED_LEAST, _JOINED_WORTH = 0.86, 0.97
_SAME_DAY, _NEARLY_SAME_DAY, _SAME_AGE, _NEARLY_SAME_AGE = 0.28, 0.16, 0.12, 0.05
_OTHER_DAY, _OTHER_AGE, _OTHER_NUMBER = -0.3, -0.25, -0.2
_NUMBER_ALONE, _NUMBER_BESIDES = 0.65, 0.2
"""A number that says less (of a passport without its country, or that has not the shape of its type): it is asked about."""
_ONE_PER_PERSON = frozenset({IdentifierType.CPR, IdentifierType.FOREIGNER_NUMBER})
"""Registers that give a person one number: two different ones speak against one person."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person, as far as it is compared, and on which day it was. What stands for something unknown is not
    among it: two people of whom nothing is known have nothing in common."""

    names: tuple[Name, ...]
    birth_dates: frozenset[date]
    stated_age: int | None
    numbers: frozenset[Number]
    on: date

    @classmethod
    def of(cls, person: CasePerson, *, on: date) -> "Known":
        given, family = known_names(person)
        aliases = (
            name
            for alias in person.aliases
            if not is_no_name(alias.value)
            for name in names_of(alias.value, None, is_alias=True)
        )
        dates = (person.birth_date, person.stated_birth_date)
        return cls(
            names=(*names_of(given, family), *aliases),
            birth_dates=frozenset(born.value for born in dates if born and not is_no_birth_date(born.value, on=on)),
            stated_age=person.stated_age,
            numbers=frozenset(number for each in person.identifiers if (number := number_of(each))),
            on=on,
        )

    @property
    def years(self) -> frozenset[int]:
        """The years the person may have been born in: that of the birth date, or the two that the age leaves."""
        if self.birth_dates or self.stated_age is None:
            return frozenset(born.year for born in self.birth_dates)
        return frozenset({self.on.year - self.stated_age, self.on.year - self.stated_age - 1})


def known_names(person: CasePerson) -> tuple[str | None, str | None]:
    """The given and the family name, each as far as it is one."""
    given, family = (name.value if name else None for name in (person.given_name, person.family_name))
    if given and family and is_no_name(f"{given} {family}"):  # Jane Doe
        return None, None
    return (None if given and is_no_name(given) else given), (None if family and is_no_name(family) else family)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two people are, from 0 to 1, and in which fields."""

    score: float
    matched_on: tuple[MatchedOn, ...]


def compare(one: Known, other: Known) -> Likeness:
    """How alike the two are. It does not matter which is which, but for the names of the fields, which are `one`'s."""
    number = _same_number(one, other)
    name, fields = _names(one.names, other.names)
    age, age_field = _age(one, other)
    score = NAME_WEIGHT * name + age
    if number:
        # A number can be borrowed or mistyped, so what speaks against it still shows; but it is always asked.
        score = (
            max(SAME_NUMBER, min(1.0, SAME_NUMBER + 0.1 * name + max(age, 0) / 4))
            if number is SameNumber.FIRM
            else max(_NUMBER_ALONE, score + _NUMBER_BESIDES)
        )
        fields = {MatchedOn.IDENTIFIERS, *fields}
    elif _numbers_differ(one, other):
        score += _OTHER_NUMBER
    matched = fields | ({age_field} if age_field else set())
    return Likeness(round(min(1.0, max(0.0, score)), 3), tuple(field for field in MatchedOn if field in matched))


def _same_number(one: Known, other: Known) -> SameNumber | None:
    """The most that a number of both says."""
    found = {same_number(mine, theirs) for mine in one.numbers for theirs in other.numbers}
    return next((each for each in SameNumber if each in found), None)


def _numbers_differ(one: Known, other: Known) -> bool:
    theirs = {number.type for number in other.numbers} & _ONE_PER_PERSON
    return any(number.type in theirs for number in one.numbers)


# ---------------------------------------------------------------- names


def _names(ours: Sequence[Name], theirs: Sequence[Name]) -> tuple[float, set[MatchedOn]]:
    """The likeness of the two most alike names."""
    best, fields = 0.0, set[MatchedOn]()
    for one in ours:
        for other in theirs:
            likeness, found = _name(one, other)
            if likeness > best:
                best, fields = likeness, found
            if best >= 1:
                return best, fields
    return best, fields


def _name(one: Name, other: Name) -> tuple[float, set[MatchedOn]]:
    """Part by part, in whatever order; and as one word, for parts that are written together here and apart there."""
    pairs = _aligned(one, other)
    short, long = sorted((len(one.all), len(other.all)))
    by_part = sum(likeness for _, likeness in pairs) / short * (1 - _PART_MISSING * (long - short))
    if short == 1 < long:
        by_part *= _ONE_PART_ALONE
    whole = _in_one_word(one, other) if short != long else 0.0
    if max(by_part, whole) == 0:
        return 0.0, set()
    if one.is_alias or other.is_alias:
        return max(by_part, whole), {MatchedOn.ALIASES}
    alike = {position for position, _ in pairs} if by_part >= whole else set(range(len(one.all)))
    fields = {MatchedOn.GIVEN_NAME if each < len(one.given) else MatchedOn.FAMILY_NAME for each in alike}
    return max(by_part, whole), fields


def _in_one_word(one: Name, other: Name) -> float:
    alike = max(
        Indel.normalized_similarity("".join(mine), "".join(theirs))
        for mine in {one.all, one.wholes[::-1]}
        for theirs in {other.all, other.wholes[::-1]}
    )
    return alike * _JOINED_WORTH if alike >= _JOINED_LEAST else 0.0


def _aligned(one: Name, other: Name) -> list[tuple[int, float]]:
    """Each part of the one that has its like in the other, by its place, with how alike they are; each is used once."""
    likenesses = sorted(
        (
            (likeness, -(mine + theirs), mine, theirs)
            for mine, part in enumerate(one.all)
            for theirs, their_part in enumerate(other.all)
            if (likeness := _alike(part, their_part, one.heard[mine], other.heard[theirs]))
        ),
        reverse=True,
    )
    used_mine, used_theirs, found = set[int](), set[int](), list[tuple[int, float]]()
    for likeness, _, mine, theirs in likenesses:
        if mine not in used_mine and theirs not in used_theirs:
            used_mine.add(mine)
            used_theirs.add(theirs)
            found.append((mine, likeness))
    return found


def part_likeness(one: str, other: str) -> float:
    """How alike two folded parts are; 0 for what is not worth a thought."""
    return _alike(one, other, sound(one), sound(other))


def _alike(one: str, other: str, heard: str, heard_other: str) -> float:
    """A slip or two in a long part, one in a short one; whatever sounds the same; and nothing else."""
    if one == other:
        return 1.0
    slips = OSA.distance(one, other, score_cutoff=2)
    short = min(len(one), len(other))
    if slips == 1 and short >= _SHORTEST_WITH_A_SLIP:
        return _ONE_SLIP
    if len(heard) > 1 and heard == heard_other:
        return _SOUNDS_ALIKE if JaroWinkler.similarity(one, other) >= _SPELT_ALIKE else _ONLY_SOUNDS_ALIKE
    return _TWO_SLIPS if slips == 2 and short >= _SHORTEST_WITH_TWO_SLIPS else 0.0


# ---------------------------------------------------------------- age


def _age(one: Known, other: Known) -> tuple[float, MatchedOn | None]:
    """What birth dates, or ages where there is none, say for or against one person."""
    if one.birth_dates and other.birth_dates:
        worth = max(_days(mine, theirs) for mine in one.birth_dates for theirs in other.birth_dates)
        return worth, MatchedOn.BIRTH_DATE if worth > 0 else None
    day = max(one.on, other.on)
    ages = [(mine, theirs) for mine in _ages(one, on=day) for theirs in _ages(other, on=day)]
    if not ages:
        return 0.0, None
    apart = min(abs(mine - theirs) for mine, theirs in ages)
    if apart <= 1:
        return _SAME_AGE, MatchedOn.STATED_AGE
    if apart <= 3:
        return _NEARLY_SAME_AGE, MatchedOn.STATED_AGE
    return (_OTHER_AGE if apart > 5 else 0.0), None


def _ages(known: Known, *, on: date) -> Iterable[float]:
    """The ages the person may have had on a day."""
    if known.birth_dates:
        return [(on - born).days / 365.25 for born in known.birth_dates]
    return [] if known.stated_age is None else [known.stated_age + (on - known.on).days / 365.25 + 0.5]


def _days(one: date, other: date) -> float:
    """Days that differ as a slip of the pen does are nearly the same; the first of January often stands for a year."""
    if one == other:
        return _SAME_DAY
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return _NEARLY_SAME_DAY
    if one.year == other.year and (1, 1) in {(one.month, one.day), (other.month, other.day)}:
        return _SAME_AGE
    as_written = (f"{one:%Y%m%d}", f"{other:%Y%m%d}")
    differing = sum(mine != theirs for mine, theirs in zip(*as_written, strict=True))
    is_transposed = differing == 2 and sorted(as_written[0]) == sorted(as_written[1])
    return _NEARLY_SAME_DAY if differing == 1 or is_transposed else _OTHER_DAY
