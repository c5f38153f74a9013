"""The only door to the rows of the referrals service: it asks who is asking, and notes what they saw."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referrals.models import Organisation, Referral, ReferralSubject, StatusChange
from services.referrals.schemas import Narrative, Remark
from shared import audit, sealed
from shared.audit import Purpose
from shared.auth import Actor
from shared.codes import ReferralKind, ReferralStatus
from shared.concurrency import Match
from shared.errors import NotFound
from shared.organisations import HAVN
from shared.person import Subject


class ReferralNotFound(NotFound):
    """No such referral, or not yours."""


class OrganisationNotFound(NotFound):
    """No such organisation in the directory."""


class Box(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


def _is_party(actor: Actor) -> ColumnElement[bool]:
    """Sender and recipient; and Havn's own identification service, for what asks for an identification."""
    if actor.org == HAVN:
        return col(Referral.kind) == ReferralKind.IDENTIFICATION
    return or_(col(Referral.sender) == actor.org, col(Referral.recipient) == actor.org)


def _may_read(actor: Actor) -> ColumnElement[bool]:
    """As a party; but what the sender has withdrawn is no longer the recipient's to read."""
    withdrawn = col(Referral.status) == ReferralStatus.WITHDRAWN
    return and_(_is_party(actor), or_(~withdrawn, col(Referral.sender) == actor.org))


async def add_referral(
    session: AsyncSession, referral: Referral, narrative: Narrative, subjects: Sequence[Subject]
) -> list[ReferralSubject]:
    """Store a new referral, sealed under a key of its own; gives its subjects in the sender's order."""
    key = sealed.new_key(session, referral.id, now=referral.submitted_at)
    referral.narrative = key.seal(narrative, table="referral", column="narrative", row=referral.id)
    rows = []
    for position, subject in enumerate(subjects):
        row = ReferralSubject(referral_id=referral.id, position=position)
        row.person = key.seal(subject, table="referral_subject", column="person", row=row.id)
        rows.append(row)
    session.add(referral)
    await session.flush()
    session.add_all(rows)
    audit.record(session, operation="referral.submit", subject_id=referral.id, object_ids=[row.id for row in rows])
    return rows


async def lock_referral(session: AsyncSession, actor: Actor, referral_id: UUID, match: Match) -> Referral:
    """The referral, locked until the transaction ends and at its next version, for a party that means to change it.

    Raises ReferralNotFound, and Stale when the caller saw an earlier version."""
    referral = await session.scalar(
        select(Referral).where(col(Referral.id) == referral_id, _is_party(actor)).with_for_update()
    )
    if referral is None:
        raise ReferralNotFound
    match.check(referral)
    referral.version += 1
    return referral


async def add_status_change(session: AsyncSession, change: StatusChange, remark: Remark | None) -> None:
    """Note a step of the referral's life."""
    if remark:
        key = await sealed.key_of(session, change.referral_id)
        change.remark = key.seal(remark, table="status_change", column="remark", row=change.id)
    session.add(change)
    audit.record(session, operation=f"referral.{change.status}", subject_id=change.referral_id)


async def read_referral(
    session: AsyncSession, actor: Actor, referral_id: UUID, *, purpose: Purpose
) -> tuple[Referral, Narrative, list[tuple[ReferralSubject, Subject]], list[tuple[StatusChange, Remark | None]]]:
    """The whole referral, opened, for a party that may read it."""
    referral = await session.scalar(select(Referral).where(col(Referral.id) == referral_id, _may_read(actor)))
    if referral is None:
        raise ReferralNotFound
    key = await sealed.key_of(session, referral.id)
    narrative = key.open(referral.narrative, Narrative, table="referral", column="narrative", row=referral.id)
    subjects = [
        (row, key.open(row.person, Subject, table="referral_subject", column="person", row=row.id))
        for row in (await subjects_of(session, [referral.id]))[referral.id]
    ]
    steps = await session.scalars(
        select(StatusChange).where(col(StatusChange.referral_id) == referral.id).order_by(col(StatusChange.at))
    )
    history = [
        (row, key.open(row.remark, Remark, table="status_change", column="remark", row=row.id) if row.remark else None)
        for row in steps
    ]
    audit.record(
        session,
        operation="referral.read",
        subject_id=referral.id,
        object_ids=[row.id for row, _ in subjects],
        fields=["reason", "safe_contact", "subjects"],
        purpose=purpose,
    )
    return referral, narrative, subjects, history


async def read_state(session: AsyncSession, actor: Actor, referral_id: UUID) -> Referral:
    """The referral's head, for a party; a withdrawn one still says that it is withdrawn."""
    referral = await session.scalar(select(Referral).where(col(Referral.id) == referral_id, _is_party(actor)))
    if referral is None:
        raise ReferralNotFound
    audit.record(session, operation="referral.status", subject_id=referral.id)
    return referral


async def list_referrals(
    session: AsyncSession,
    actor: Actor,
    *,
    box: Box | None,
    status: ReferralStatus | None,
    since: datetime | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Referral]:
    """The actor's referrals, newest first, up to one more than `limit`; `after` is (submitted_at, id) of the last seen."""
    query = select(Referral).where(_may_read(actor))
    if box:
        query = query.where((col(Referral.recipient) if box is Box.INCOMING else col(Referral.sender)) == actor.org)
    if status:
        query = query.where(col(Referral.status) == status)
    if since:
        query = query.where(col(Referral.updated_at) >= since)
    if after:
        last = (datetime.fromisoformat(str(after[0])), UUID(str(after[1])))
        query = query.where(tuple_(col(Referral.submitted_at), col(Referral.id)) < last)
    query = query.order_by(col(Referral.submitted_at).desc(), col(Referral.id).desc()).limit(limit + 1)
    found = list(await session.scalars(query))
    audit.record(session, operation="referral.list", object_ids=[referral.id for referral in found[:limit]])
    return found


async def subjects_of(session: AsyncSession, referral_ids: Sequence[UUID]) -> dict[UUID, list[ReferralSubject]]:
    """The subjects of these referrals, in the senders' order, with one statement. Ask only for referrals already read."""
    found: dict[UUID, list[ReferralSubject]] = {referral_id: [] for referral_id in referral_ids}
    rows = await session.scalars(
        select(ReferralSubject)
        .where(col(ReferralSubject.referral_id).in_(referral_ids))
        .order_by(col(ReferralSubject.position))
    )
    for row in rows:
        found[row.referral_id].append(row)
    return found


async def subject_with_case(session: AsyncSession, subject_id: UUID) -> ReferralSubject | None:
    """A subject that identification has spoken of; None when it is not one of ours."""
    return await session.get(ReferralSubject, subject_id)


async def list_organisations(
    session: AsyncSession, *, after: Sequence[str | int] | None, limit: int
) -> list[Organisation]:
    """The directory by id, up to one more than `limit`."""
    query = select(Organisation).order_by(col(Organisation.id)).limit(limit + 1)
    if after:
        query = query.where(col(Organisation.id) > str(after[0]))
    return list(await session.scalars(query))


async def organisation(session: AsyncSession, organisation_id: str, *, lock: bool = False) -> Organisation:
    """One entry of the directory; raises OrganisationNotFound."""
    found = await session.get(Organisation, organisation_id, with_for_update=lock)
    if found is None:
        raise OrganisationNotFound
    return found
