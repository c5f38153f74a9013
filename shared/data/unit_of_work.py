"""What a request, an event or a sweep does as one: one transaction, one actor, one instant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.contract.codes import Purpose
from shared.contract.events import Event
from shared.data.session import Session
from shared.data.vault import DataKey, Vault
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Access:
    """An access to rows about people that is about to be written to the audit log."""

    operation: str
    subject_id: UUID | None
    object_ids: tuple[UUID, ...]
    fields: tuple[str, ...]
    purpose: Purpose | None
    criterion: tuple[bytes, ...] = ()
    """Of a search: keyed hashes of what was sought, never the words."""
    is_replay: bool = False
    """Nothing was done anew: the first answer was given again, for the same Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What somebody asked for and did not get: the answer's status and the error's name, with what the request named."""

    access: Access
    status: int
    name: str


@dataclass(frozen=True, slots=True)
class KeptBefore:
    """What is kept under a request's Idempotency-Key as its work begins; all None where it has none."""

    is_ours: bool | None
    """Whether this unit of work holds the key until it ends: nobody else is at work under it."""
    request_hash: bytes | None
    """Of the request that was first answered under the key; None where none was."""
    answer: bytes | None = field(repr=False)
    """The first answer, sealed; None too where what it was about has been erased."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What is kept for a request's Idempotency-Key: sealed, with what finds it when something is erased."""

    key_hash: bytes
    request_hash: bytes
    answer: bytes = field(repr=False)
    about: tuple[bytes, ...]
    """Keyed hashes of the ids that request and answer name."""


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """Made and committed by `shared/` for a request, an event or a sweep; handed on first to every function."""

    session: Session
    """Its transaction. Only `repository.py` and `shared/` speak to it."""
    actor: Actor
    """Who acts."""
    now: datetime
    """The one instant, in UTC, at which all of it happens: what is stored, audited, recorded and answered says the same."""
    vault: Vault
    """Seals and opens what is personal, and hashes what is compared."""
    kept_before: KeptBefore
    """Under the Idempotency-Key of the request, if it has one."""
    events: list[Event] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    alerts: list[UUID] = field(default_factory=list)
    """Of the alerts that are raised, if and when this unit of work commits."""
    answers: list[FirstAnswer] = field(default_factory=list)
    """At most one: the answer that is kept, when this unit of work commits, for a request that is sent again."""
    keys: dict[UUID, DataKey] = field(default_factory=dict, repr=False)
    """The keys that were opened so far, by their owner's id."""
    answer_key: bytes | None = field(default=None, repr=False)
    """The hash of the Idempotency-Key under which this request's answer is stored: deleting a draft deletes that answer by it.
    None where no answer is stored."""

    def record(self, event: Event) -> None:
        """Publish the event to the other services, if and when this unit of work commits."""
        self.events.append(event)

    def forget(self) -> None:
        """Leave undone what was only prepared: rows added or changed and not sent, events, accesses, an answer to keep."""
        self.session.forget()
        for prepared in (self.events, self.accesses, self.refusals, self.alerts, self.answers):
            prepared.clear()
        self.keys.clear()

    def audit(
        self,
        *,
        operation: str,
        subject_id: UUID | None = None,
        object_ids: Iterable[UUID] = (),
        fields: Iterable[str] = (),
        purpose: Purpose | None = None,
    ) -> None:
        """Note what the actor sees or changes; it is written in the same transaction, and without it no data leaves.

        `operation` is the server's word for it (`case.person.read`), `subject_id` the case (or referral) it is about."""
        self.accesses.append(Access(operation, subject_id, tuple(object_ids), tuple(fields), purpose))
