"""Finds what must never be: something lost, doubled, made up, out of order, or stuck.

It is given what was seen from outside (what clients were promised) and from inside (rows, histories, inboxes, topics)
after everything has come to rest, and knows nothing of how Havn works. Names after Jepsen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TypeVar


class Kind(StrEnum):
    LOST = "lost"
    """Promised to a client or told by a service, and not there where it should have taken effect."""
    DUPLICATE = "duplicate"
    """Took effect twice."""
    GHOST = "ghost"
    """An event of something that does not exist."""
    ZOMBIE = "zombie"
    """A row that no event ever told of."""
    OUT_OF_ORDER = "out of order"
    """A case's events skip a number or overtake each other."""
    INCONSISTENT = "inconsistent"
    """One thing told in two ways."""
    STUCK = "stuck"
    """Still waiting although nothing is under way any more."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    kind: Kind
    about: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a service's history, in the order of its positions."""

    id: str
    key: str
    sequence: int
    name: str
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A message as it lies on a topic, in the order of its offsets."""

    id: str
    key: str
    sequence: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the checker is told. Services by name; ids as text."""

    promised: Sequence[str] = ()
    """Referrals that a client was answered 201 for."""
    referrals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The referrals there are, each with its subjects."""
    case_told_to_referrer: Mapping[str, str | None] = field(default_factory=dict)
    """Subject -> case, as the referrals service knows it."""
    case_of_subject: Sequence[tuple[str, str]] = ()
    """(subject, case), as identification knows it."""
    cases: Sequence[str] = ()
    histories: Mapping[str, Sequence[Told]] = field(default_factory=dict)
    unsent: Mapping[str, int] = field(default_factory=dict)
    listens: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Service -> the services whose events it takes."""
    inboxes: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    """Service -> {(source, key): last sequence that took effect}."""
    dead_letters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    topics: Mapping[str, Sequence[Carried]] | None = None
    """What lies on each service's topic, where there is one to read."""
    were_refilled_meanwhile: bool = False
    """The topics were made anew and filled from the history while events were on their way: those may lie before older ones of
    their case. Whoever reads puts them aside until the older ones come (tests/shared/messaging/test_consumer.py)."""


NumberedT = TypeVar("NumberedT", Told, Carried)


def anomalies(seen: Evidence) -> list[Anomaly]:
    """All that is wrong, none when nothing is."""
    found = [*_promises(seen), *_cases(seen), *_sequences(seen), *_effects(seen), *_waiting(seen)]
    return found + [anomaly for service in seen.topics or () for anomaly in _topic(seen, service)]


def _promises(seen: Evidence) -> Iterator[Anomaly]:
    """Each 201 has one referral, and each referral one event that tells of it."""
    for referral, count in Counter(seen.promised).items():
        if referral not in seen.referrals:
            yield Anomaly(Kind.LOST, f"referral {referral} was answered 201 and is not there")
        if count > 1:
            yield Anomaly(Kind.DUPLICATE, f"two requests were answered with the referral {referral}")
    submitted = _told(seen, "referrals", "referral-submitted")
    yield from _one_event_each("referral", seen.referrals, (told.key for told in submitted))


def _cases(seen: Evidence) -> Iterator[Anomaly]:
    """Each subject has one case, each case one opening, and both services agree on it."""
    opened = _told(seen, "identification", "case-opened")
    yield from _one_event_each("case", seen.cases, (told.key for told in opened))
    for subject, count in Counter(told.subject_id for told in opened if told.subject_id).items():
        if count > 1:
            yield Anomaly(Kind.DUPLICATE, f"{count} cases were opened for subject {subject}")
    cases: dict[str, list[str]] = defaultdict(list)
    for subject, case in seen.case_of_subject:
        cases[subject].append(case)
        if case not in seen.cases:
            yield Anomaly(Kind.GHOST, f"subject {subject} belongs to case {case}, which is not there")
    for subject in (subject for subjects in seen.referrals.values() for subject in subjects):
        if not cases[subject]:
            yield Anomaly(Kind.LOST, f"subject {subject} was referred and has no case")
        elif len(cases[subject]) > 1:
            yield Anomaly(Kind.DUPLICATE, f"subject {subject} has {len(cases[subject])} cases")
        elif seen.case_told_to_referrer.get(subject) != cases[subject][0]:
            told = seen.case_told_to_referrer.get(subject) or "nothing"
            yield Anomaly(
                Kind.INCONSISTENT, f"subject {subject} has case {cases[subject][0]}, its referrer knows {told}"
            )


def _one_event_each(what: str, rows: Iterable[str], told: Iterable[str]) -> Iterator[Anomaly]:
    counts = Counter(told)
    for row in rows:
        if counts[row] == 0:
            yield Anomaly(Kind.ZOMBIE, f"{what} {row} is there and was never told of")
        elif counts[row] > 1:
            yield Anomaly(Kind.DUPLICATE, f"{what} {row} was told of {counts[row]} times")
    for key in counts.keys() - set(rows):
        yield Anomaly(Kind.GHOST, f"{what} {key} was told of and is not there")


def _sequences(seen: Evidence) -> Iterator[Anomaly]:
    """The events of a case are numbered 1, 2, 3 in the order in which they were committed."""
    for service, history in seen.histories.items():
        for key, told in _by_key(history).items():
            numbers = [event.sequence for event in told]
            if numbers != list(range(1, len(numbers) + 1)):
                yield Anomaly(Kind.OUT_OF_ORDER, f"{service} tells {key} as {numbers}")


def _effects(seen: Evidence) -> Iterator[Anomaly]:
    """Who listens has taken all there is, and no more."""
    for consumer, sources in seen.listens.items():
        for source in sources:
            last = {key: told[-1].sequence for key, told in _by_key(seen.histories[source]).items()}
            taken = {key: number for (origin, key), number in seen.inboxes[consumer].items() if origin == source}
            for key in last.keys() | taken.keys():
                told_up_to, taken_up_to = last.get(key, 0), taken.get(key, 0)
                if taken_up_to < told_up_to:
                    about = f"{consumer} took {key} of {source} up to {taken_up_to} of {told_up_to}"
                    yield Anomaly(Kind.STUCK if seen.unsent.get(source) else Kind.LOST, about)
                elif taken_up_to > told_up_to:
                    about = f"{consumer} took {key} of {source} up to {taken_up_to}, and {told_up_to} were told"
                    yield Anomaly(Kind.GHOST, about)


def _waiting(seen: Evidence) -> Iterator[Anomaly]:
    for service, count in seen.unsent.items():
        if count:
            yield Anomaly(Kind.STUCK, f"{count} events of {service} are unsent")
    for service, ids in seen.dead_letters.items():
        for event_id in ids:
            yield Anomaly(Kind.STUCK, f"event {event_id} is a dead letter of {service}")


def _topic(seen: Evidence, service: str) -> Iterator[Anomaly]:
    """The topic carries the whole history. A message may lie there twice, but never before an earlier one of its case."""
    carried = (seen.topics or {})[service]
    history = {told.id: told for told in seen.histories[service]}
    for event_id in history.keys() - {message.id for message in carried}:
        yield Anomaly(Kind.LOST, f"event {event_id} of {service} is not on the topic")
    values: dict[str, set[bytes]] = defaultdict(set)
    for message in carried:
        values[message.id].add(message.value)
        told = history.get(message.id)
        if told is None:
            yield Anomaly(Kind.GHOST, f"message {message.id} on the topic of {service} was never told")
        elif (told.key, told.sequence) != (message.key, message.sequence):
            yield Anomaly(Kind.INCONSISTENT, f"message {message.id} has another key or number than its event")
    for event_id, told_as in values.items():
        if len(told_as) > 1:
            yield Anomaly(
                Kind.INCONSISTENT, f"message {event_id} lies on the topic with {len(told_as)} different contents"
            )
    for key, messages in _by_key(carried).items():
        first_copies = list(dict.fromkeys(message.sequence for message in messages))
        if first_copies != sorted(first_copies) and not seen.were_refilled_meanwhile:
            yield Anomaly(Kind.OUT_OF_ORDER, f"the topic of {service} has {key} as {first_copies}")


def _told(seen: Evidence, service: str, name: str) -> list[Told]:
    return [event for event in seen.histories.get(service, ()) if event.name == name]


def _by_key(numbered: Iterable[NumberedT]) -> dict[str, list[NumberedT]]:
    """By case, the order within each kept."""
    ordered = sorted(numbered, key=lambda one: one.key)
    return {key: list(of_key) for key, of_key in groupby(ordered, key=lambda one: one.key)}
