"""All that a Havn answers to somebody, with what chance decides replaced, so that two Havns can be compared."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

import httpx

from tests.world import World


@dataclass
class Answer:
    """What somebody was answered, with all that chance decides replaced by the order in which it was first seen."""

    call: str
    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass
class Transcript:
    """Everything that one world has answered to its outsiders."""

    havn: World
    has_etags: bool = True
    """Whether they are compared. Of a closed case the newer one goes on, which is the outsider's own: what CMM takes in there
    makes a new version of it, as all that CMM does in it."""
    is_answered: bool = False
    """Whether CMM has said who is who. What it does about somebody afterwards, it does where the work goes on."""
    answers: list[Answer] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """A second goes by, so that nothing is left to the order of ids."""
        clock = self.havn.development.clock
        clock.set(clock.now() + timedelta(seconds=1))

    def keep(self, call: str, answer: httpx.Response) -> None:
        self._keep(call, answer, answer.text)

    def keep_list(self, call: str, last: httpx.Response, items: list[dict[str, Any]]) -> None:
        """All items of a list. What is of one instant stands in the order of its ids, which are chance."""
        texts: list[str] = []
        for _, of_one_instant in groupby(items, key=_instant_of):
            written = [json.dumps(item, separators=(",", ":"), ensure_ascii=False) for item in of_one_instant]
            texts += sorted(written, key=self._as_far_as_seen)
        self._keep(call, last, ",".join(texts))

    def _keep(self, call: str, answer: httpx.Response, body: str) -> None:
        left_out = _CHANCE if self.has_etags else {*_CHANCE, "etag"}
        headers = [
            (name, self._masked(value)) for name, value in sorted(answer.headers.items()) if name not in left_out
        ]
        self.answers.append(Answer(self._masked(call), answer.status_code, headers, self._masked(body)))

    def _as_far_as_seen(self, text: str) -> str:
        return _ID.sub(lambda found: self._names.get(found[0], "(id)"), text)

    def _masked(self, text: str) -> str:
        text = _TRACE.sub("(trace)", _CURSOR.sub('"next_cursor":"(cursor)"', text))
        return _ID.sub(lambda found: self._names.setdefault(found[0], f"(id {len(self._names)})"), text)


_CHANCE: Final = frozenset({"traceparent", "x-request-id"})
_TRACE: Final = re.compile(r"(?<=urn:trace:)[0-9a-f]{32}|(?<=\"trace_id\":\")[0-9a-f]{32}")
_CURSOR: Final = re.compile(r'"next_cursor":"[^"]+"')
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\")[0-9a-f]{16,32}(?=\")")
"""Ids, and what ETags are made of."""


def _instant_of(item: dict[str, Any]) -> str:
    """By which field the items of a list are ordered."""
    return next((str(item[name]) for name in ("due_at", "asked_at", "time") if name in item), "")


def differences(one: Transcript, other: Transcript) -> Iterator[str]:
    """Where the two worlds have answered otherwise, in words."""
    if len(one.answers) != len(other.answers):
        yield f"{len(one.answers)} calls in one world, {len(other.answers)} in the other"
    for number, (mine, theirs) in enumerate(zip(one.answers, other.answers, strict=False)):
        if mine != theirs:
            told, instead = (f"{each.status} {each.body} {each.headers}" for each in (mine, theirs))
            at = next((place for place, pair in enumerate(zip(told, instead, strict=False)) if len(set(pair)) > 1), 0)
            around = slice(max(0, at - 150), at + 150)
            yield f"call {number}, {mine.call}: ...{told[around]}... and not ...{instead[around]}..."
