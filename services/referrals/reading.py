"""A referral is never lost over a formality: what can be forgiven is named in a warning, and the rest is taken.

The body is held against the contract as any other. What the contract refuses in it is refused where it says which people, to
whom, when, or by which code; whatever else it is, it is kept as written, and read as not given (docs/rules.md, referral-1).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

from services.referrals.ages import says_a_child, says_a_number, years_meant
from services.referrals.births import least_age, least_age_by_short_date, whole_day
from shared.contract.codes import AgeBasis
from shared.contract.person import ADULT_AGE, Subject
from shared.contract.personal import UNREADABLE, Personal
from shared.contract.times import lies_ahead
from shared.contract.types import Answer, Moment
from shared.contract.visibility import Part
from shared.contract.warnings import InputWarning, WarningCode, placeholders_in, purpose_not_theirs, warning
from shared.kernel import strict_json
from shared.kernel.clock import instant_of_judging, on_date
from shared.kernel.text import is_blank

AHEAD_AT_MOST: Final = timedelta(hours=24)
"""A time may be so far ahead: a wrong offset, or a date of the day that begins. It counts as now."""
_NEVER_FORGIVEN: Final = frozenset({"missing", "extra_forbidden", "enum"})
_TIMES: Final = frozenset({"occurred_at", "custody_since"})
_REQUIRED_TEXTS: Final = frozenset({"reason", "reference"})
_WORDS: Final = _REQUIRED_TEXTS | {"safe_contact", "given_name", "family_name", "value"}
"""Texts that have no shape of their own, so that a number may be one: what it spells is what was meant."""
_PARTS_OF: Final[Mapping[str, frozenset[str]]] = {
    "identifiers": frozenset({"type", "value"}),
    "consents": frozenset({"recipient", "purpose"}),
}
_AGES: Final = frozenset({"stated_age", "age_at_exploitation"})
_UNKNOWN: Final = {
    "citizenships": WarningCode.UNKNOWN_COUNTRY,
    "issuing_country": WarningCode.UNKNOWN_COUNTRY,
    "languages": WarningCode.UNKNOWN_LANGUAGE,
    "interpreter_language": WarningCode.UNKNOWN_LANGUAGE,
    "municipality": WarningCode.UNKNOWN_MUNICIPALITY,
}
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)

Place = tuple[str | int, ...]
SubmissionT = TypeVar("SubmissionT")


class AsWritten(Answer):
    """What stands in the referral otherwise than the sender wrote it: where, and what was written there."""

    loc: list[str | int]
    value: Personal[Any]


@dataclass(frozen=True, slots=True)
class _Odd:
    """Something that a JSON text can say and no field can hold: where it was sent, what is done with it, what was written
    there."""

    place: Place
    code: WarningCode
    written: Sequence[Any] = field(repr=False)


class Reading:
    """One body, read until it is as the contract says."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.warnings: list[InputWarning] = []
        self.as_written: list[AsWritten] = []
        self._sent = body
        self._odd: list[_Odd] = []
        self._body: dict[str, Any] = _plain(body, (), self._odd)
        self._taken_out: defaultdict[Place, set[int]] = defaultdict(set)
        self._least_ages: set[Place] = set()

    def read(self, validate: Callable[[Any], SubmissionT]) -> SubmissionT:
        """What `validate` makes of the body; its ValidationError where something in it cannot be forgiven."""
        self._read_times()
        while True:
            self._assume_custody()
            try:
                submission = validate(self._body)
                self._name_odd()
                return submission
            except ValidationError as refused:
                errors = refused.errors(include_url=False)
                if stands := [error for error in errors if not self._may_forgive(error)]:
                    raise _only(stands) from None
            taken_out = set[Place]()
            # From the end, so that what is taken out of a list moves nothing that is still to be looked at.
            for error in sorted(errors, key=lambda error: _order(error["loc"]), reverse=True):
                # What else is odd about what was taken out stands in it, as it was written.
                if error["loc"][:-1] not in taken_out:
                    taken_out |= self._forgive(error["loc"], error["type"], error.get("ctx", {}))

    def _may_forgive(self, error: ErrorDetails) -> bool:
        return _is_forgivable(error["loc"], error["type"], self._body)

    def _read_times(self) -> None:
        """A time that lies up to 24 hours ahead counts as now."""
        now = instant_of_judging()
        for name in sorted(_TIMES & self._body.keys()):
            time = _time(self._body[name])
            if time and now and lies_ahead(time, of=now) and not time > now + AHEAD_AT_MOST:
                self._change((name,), now.isoformat(), WarningCode.TIME_AHEAD)

    def _assume_custody(self) -> None:
        """Custody since a time is custody, also where the word for it was read as no, or as not given."""
        if self._body.get("custody_since") is not None and self._body.get("in_custody") in (None, False):
            self._body["in_custody"] = True
            self._warn(("custody_since",), WarningCode.CUSTODY_ASSUMED)
            if "in_custody" in self._sent:
                self._keep(("in_custody",))

    def _forgive(self, loc: Place, kind: str, limits: Mapping[str, Any]) -> set[Place]:
        """Read what stands there as not given; what is too long as far as the contract goes. Gives the item of a list that was
        taken out for it."""
        if _is_incomplete(loc, kind, self._body):
            return self._complete(loc)
        value = _at(self._body, loc)
        spelt = _spelt(loc, kind, value)
        if spelt is not None:
            self._change(loc, spelt, WarningCode.SPELT)
        elif self._reads_an_age(loc, value):
            pass
        elif kind in ("string_too_long", "too_long"):
            self._change(loc, value[: limits["max_length"]], WarningCode.TOO_LONG)
        elif loc[-1] in _REQUIRED_TEXTS:
            self._change(loc, UNREADABLE, _code(loc, value))
        elif loc[-1] == "value" or isinstance(loc[-1], int):
            item = loc[:-1] if loc[-1] == "value" else loc
            self._take_out(item, _code(loc, value), named=loc)
            return {item}
        else:
            self._change(loc, None, _code(loc, value))
        return set()

    def _complete(self, loc: Place) -> set[Place]:
        """A number of no type is one of some other kind; whatever else is left out of an item leaves nothing to go by."""
        item = loc[:-1]
        if loc[-1] == "type":
            self._warn(loc, WarningCode.NOT_UNDERSTOOD)
            self._keep(item)
            _at(self._body, item)["type"] = "other"
            return set()
        self._take_out(item, WarningCode.NOT_UNDERSTOOD, named=loc)
        return {item}

    def _reads_an_age(self, loc: Place, value: Any) -> bool:
        """Read what says how old somebody is in another form than the contract's, so that a child is protected; says whether it
        did (docs/rules.md, child-6)."""
        now = instant_of_judging()
        if loc[-1] not in (*_AGES, "birth_date") or now is None:
            return False
        if loc[-1] == "birth_date":
            return self._reads_a_birth_date(loc, value, on=on_date(now))
        stated = (*loc[:-1], "stated_age")
        if stated in self._least_ages and isinstance(value, int) and _at(self._body, stated) < value < ADULT_AGE:
            # They may be older than the least that was said: no reason to lose that they were exploited as a child.
            self._change(loc, _at(self._body, stated), WarningCode.LEAST_AGE)
            return True
        years = years_meant(value, on=on_date(now))
        if years is not None:
            self._change(loc, years, WarningCode.AGE_IN_WORDS)
            self._least_ages.add(loc)
        elif says_a_child(value):
            self._change(loc, None, WarningCode.SAID_TO_BE_A_CHILD)
            self._presume(loc)
            return True
        return years is not None

    def _reads_a_birth_date(self, loc: Place, value: Any, *, on: date) -> bool:
        ways = (
            (least_age(value, on=on), WarningCode.PART_OF_A_DATE),
            (least_age_by_short_date(value, on=on), WarningCode.SHORT_YEAR),
        )
        readings = [(least, code) for least, code in ways if least is not None]
        if not readings:
            return False
        least, code = min(readings, key=lambda each: each[0])
        self._change(loc, None, code)
        self._state(least, (*loc[:-1], "stated_age"))
        return True

    def _presume(self, loc: Place) -> None:
        """Whoever is, or was when exploited, said to be a child of no certain age is presumed one."""
        basis = "age_basis" if loc[-1] == "stated_age" else "age_at_exploitation_basis"
        of_whom = _at(self._body, loc[:-1])
        if of_whom.get(basis) is not None:
            self._keep((*loc[:-1], basis))
        of_whom[basis] = AgeBasis.PRESUMED_MINOR.value

    def _state(self, least: int, loc: Place) -> None:
        """An age follows from the birth date: it counts where none was stated, and where it says that they may be a child."""
        stated = _at(self._body, loc[:-1]).get(loc[-1])
        if isinstance(stated, int) and not least < min(stated, ADULT_AGE):
            return
        if stated is not None:
            self._warn(loc, WarningCode.LEAST_AGE)
            self._keep(loc)
        _at(self._body, loc[:-1])[loc[-1]] = least
        self._least_ages.add(loc)

    def _name_odd(self) -> None:
        """Name what is odd about a value that is given all the same. What lies within one that was read otherwise is kept with
        it, and under names that may themselves be somebody's."""
        kept = {tuple(each.loc[1:]) for each in self.as_written}
        for odd in self._odd:
            whole = odd.place[:-1] if odd.code is WarningCode.SAID_TWICE else odd.place
            is_named = any(whole[:length] in kept for length in range(1, len(whole) + 1))
            if not is_named:
                self.warnings.append(warning(["body", *odd.place], odd.code))
            if not is_named or odd.code is WarningCode.SAID_TWICE:
                for value in odd.written:
                    self._keep_at(odd.place, value)

    def _change(self, loc: Place, value: Any, code: WarningCode) -> None:
        self._warn(loc, code)
        self._keep(loc)
        _at(self._body, loc[:-1])[loc[-1]] = value

    def _take_out(self, loc: Place, code: WarningCode, *, named: Place) -> None:
        self._warn(named, code)
        self._keep(loc)
        position = self.as_sent(loc)[-1]
        items = _at(self._body, loc[:-1])
        del items[loc[-1]]
        self._taken_out[self.as_sent(loc[:-1])].add(int(position))

    def _warn(self, loc: Place, code: WarningCode) -> None:
        self.warnings.append(warning(["body", *self.as_sent(loc)], code))

    def _keep(self, loc: Place) -> None:
        place = self.as_sent(loc)
        if all(each.loc != ["body", *place] for each in self.as_written):
            self._keep_at(place, _at(self._sent, place))

    def _keep_at(self, place: Place, value: Any) -> None:
        self.as_written.append(AsWritten(loc=["body", *place], value=Personal(_writable(value))))

    def as_sent(self, loc: Sequence[str | int]) -> Place:
        """Where the sender wrote it: what was taken out of a list before it is counted again."""
        place: Place = ()
        for part in loc:
            place = (*place, _before(self._taken_out[place], part)) if isinstance(part, int) else (*place, part)
        return place

    def look_at(self, subjects: Sequence[Subject]) -> None:
        """Name what of the subjects is kept as written and says less than it seems to."""
        now = instant_of_judging()
        given = Counter(subject.reference.value for subject in subjects if subject.reference)
        for position, subject in enumerate(subjects):
            if subject.reference and given[subject.reference.value] > 1:
                self._warn(("subjects", position, "reference"), WarningCode.SAME_REFERENCE)
            for each in placeholders_in(subject, on=on_date(now) if now else None):
                self._warn(("subjects", position, *each.loc), each.code)

    def look_at_consents(self, subjects: Sequence[Subject], *, sender: str, recipient: str) -> Iterator[InputWarning]:
        """The consents for a purpose that their recipient may not state, with the part that it has in the referral."""
        parts = {recipient: [Part.ADDRESSEE], sender: [Part.SENDER]}
        for position, subject in enumerate(subjects):
            for number, each in enumerate(subject.consents):
                place = self.as_sent(("subjects", position, "consents", number, "purpose"))
                of_recipient = parts.get(each.recipient, [])
                yield from purpose_not_theirs(
                    ["body", *place], recipient=each.recipient, purpose=each.purpose, parts=of_recipient
                )

    def written_in_order(self) -> list[AsWritten]:
        """All that was written otherwise, by its places."""
        return sorted(self.as_written, key=lambda each: _order(each.loc))


def in_order(warnings: Iterable[InputWarning]) -> list[InputWarning]:
    """These, by their places."""
    return sorted(warnings, key=lambda each: _order(each.loc))


def _plain(value: Any, place: Place, odd: list[_Odd]) -> Any:
    """A copy of the value with only what a field can hold; what is odd about it is added to the list."""
    if isinstance(value, str):
        text = strict_json.plain(value)
        if isinstance(value, strict_json.WrittenNumber):
            odd.append(_Odd(place, WarningCode.SPELT, [value]))
        elif text != value:
            odd.append(_Odd(place, WarningCode.CHARACTERS, [value]))
        return str(text)
    if isinstance(value, dict):
        if isinstance(value, strict_json.Members):
            before = value.passed_over.items()
            odd.extend(_Odd((*place, name), WarningCode.SAID_TWICE, values) for name, values in before)
        return {name: _plain(inner, (*place, name), odd) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, (*place, position), odd) for position, inner in enumerate(value)]
    return value


def _writable(value: Any) -> Any:
    """The value as an answer can show it."""
    if isinstance(value, dict):
        return {name: _writable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_writable(inner) for inner in value]
    return strict_json.writable(value) if isinstance(value, str) else value


def _before(taken_out: Iterable[int], position: int) -> int:
    """Where the item of this position stood before others were taken out."""
    for taken in sorted(taken_out):
        position += taken <= position
    return position


def _only(errors: Sequence[ErrorDetails]) -> ValidationError:
    """A refusal for these alone: whoever sends it again need not mend what would have been forgiven."""
    return ValidationError.from_exception_data(
        "ReferralSubmission",
        [
            InitErrorDetails(type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))
            for error in errors
        ],
    )


def _is_incomplete(loc: Place, kind: str, body: Mapping[str, Any]) -> bool:
    """Whether a part of an identifier or a consent is left out: of a list of details, what the person needs no referral for."""
    if len(loc) < 3 or loc[-1] not in _PARTS_OF.get(str(loc[-3]), ()):
        return False
    return kind == "missing" or _at(body, loc) is None


def _is_forgivable(loc: Place, kind: str, body: Mapping[str, Any]) -> bool:
    if _is_incomplete(loc, kind, body):
        return True
    if not loc or kind in _NEVER_FORGIVEN or loc[0] in _TIMES or loc[-1] == "recipient":
        return False
    if loc[0] == "subjects" and len(loc) < 3:
        return False  # how many people there are, and that each is one
    if loc[-1] in _REQUIRED_TEXTS:
        value = _at(body, loc)
        return value is not None
    return True


_YES_OR_NO: Final = dict.fromkeys(("true", "yes", "y", "ja", "j", "sand", "1"), True) | dict.fromkeys(
    ("false", "no", "n", "nej", "falsk", "0"), False
)


def _spelt(loc: Place, kind: str, value: Any) -> int | bool | str | None:
    """The number, or the yes or no, that a text spells where one was to be sent: a child's age is not lost in quotes. Or the text
    that a number spells where words were to be sent: nor is a reference without them."""
    if kind == "string_type" and loc[-1] in _WORDS and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind == "bool_type" and isinstance(value, str | int):
        return _YES_OR_NO.get(str(value).strip().casefold())
    if not isinstance(value, str):
        return None
    if loc[-1] == "birth_date":
        return whole_day(value)
    if loc[-1] in _AGES:
        return int(value) if re.fullmatch(r"[0-9]{1,3}", value) else None
    return None


def _code(loc: Place, value: Any) -> WarningCode:
    field = next(part for part in reversed(loc) if isinstance(part, str))
    if isinstance(value, str) and is_blank(value):
        return WarningCode.BLANK
    is_an_age = field in (*_AGES, "birth_date") and says_a_number(value)
    return _UNKNOWN.get(field, WarningCode.IMPOSSIBLE if is_an_age else WarningCode.NOT_UNDERSTOOD)


def _at(body: Any, loc: Place) -> Any:
    for part in loc:
        body = body[part]
    return body


def _order(loc: Sequence[str | int]) -> list[tuple[str, int]]:
    return [(part, -1) if isinstance(part, str) else ("", part) for part in loc]


def _time(written: Any) -> datetime | None:
    try:
        return _MOMENT.validate_python(written)
    except ValidationError:
        return None
