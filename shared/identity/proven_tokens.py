"""Tokens whose signature was verified a moment ago: verifying it again would prove nothing new, and costs more than all else that
a small request does."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from shared.identity.actor import Actor
from shared.identity.issuer_keys import KeySource, PublishedKey

SECONDS: Final = 30.0
"""A token is verified anew so often, however long it lives."""
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class ProvenToken:
    """Who acts by a token, which key proved it, and until when that is believed: no longer than the token lives."""

    actor: Actor
    source: KeySource = field(repr=False)
    key: PublishedKey = field(repr=False)
    until: float

    async def holds(self, now: float) -> bool:
        """Whether that is still so: the issuer has not taken the key back since, nor published its keys anew. Raises
        KeysUnavailable, as for a token that was never seen."""
        if now >= self.until:
            return False
        return any(key is self.key for key in await self.source.keys(self.key.kid))


class ProvenTokens:
    """Remembered by the hash of the whole token, so that one that differs in a bit is another; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._proven: OrderedDict[bytes, ProvenToken] = OrderedDict()

    def find(self, token: str) -> ProvenToken | None:
        """What is remembered of exactly this token."""
        return self._proven.get(_digest(token))

    def keep(self, token: str, proven: ProvenToken) -> None:
        """Remember the token."""
        self._proven[_digest(token)] = proven
        if len(self._proven) > _MOST:
            self._proven.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
