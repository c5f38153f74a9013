"""The only way to the rows of the referrals service: it asks who is asking, and notes what they saw."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import String, Uuid, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from services.referrals import queries
from services.referrals.models import (
    KnownConsent,
    Organisation,
    Referral,
    ReferralSubject,
    StatusChange,
    WithdrawnConsent,
)
from services.referrals.schemas import Narrative, Remark
from shared.contract import visibility
from shared.contract.codes import Purpose, ReferralKind, ReferralStatus
from shared.contract.organisations import HAVN, OrganisationKind
from shared.contract.person import Subject
from shared.contract.visibility import Aspect, Part
from shared.data import answers, audit, history, sealed
from shared.data.columns import LIMIT, ORGANISATION, any_asked
from shared.data.positions import page
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Forbidden, Gone, NotFound

_FEW = 200


class ReferralNotFound(NotFound):
    """No such referral, or not yours."""


class ReferralIsErased(Gone):
    """What was written of the people can no longer be read, by anybody."""


class OrganisationNotFound(NotFound):
    """No such organisation in the directory."""


class RoleDoesNotSee(Forbidden):
    """The organisation may read the referral; this role in it may not."""


def _show(referral: Referral, closed_since: datetime | None, status: str, updated_at: datetime) -> Referral:
    """The referral; for whom it is closed, a copy as it stood, without its case."""
    if closed_since is None:
        return referral
    shown = {"status": ReferralStatus(status), "updated_at": updated_at, "case_id": None, "version": 1}
    return Referral(**(referral.model_dump() | shown))


async def add_referral(
    work: UnitOfWork, referral: Referral, narrative: Narrative, subjects: Sequence[Subject]
) -> list[ReferralSubject]:
    """Store a new referral, its texts sealed under a key of its own and each subject under theirs; gives the subjects in the
    sender's order."""
    key = sealed.new_key(work, referral.id)
    referral.narrative = key.seal(narrative, table="referral", column="narrative", row=referral.id)
    rows = []
    for position, subject in enumerate(subjects):
        row_id = uuid4()
        own = sealed.new_key(work, row_id)
        person = own.seal(subject, table="referral_subject", column="person", row=row_id)
        rows.append(ReferralSubject(id=row_id, referral_id=referral.id, position=position, person=person))
    work.session.add(referral)
    await work.session.flush()
    work.session.add_all(rows)
    work.audit(operation="referral.submit", subject_id=referral.id, object_ids=[row.id for row in rows])
    return rows


async def lock_referral(work: UnitOfWork, referral_id: UUID, expected: ExpectedVersion) -> Referral:
    """The referral, locked until the transaction ends and at its next version, for a party that means to change it.

    Raises ReferralNotFound, and Stale when the caller saw an earlier version."""
    referral = await work.session.scalar(queries.to_lock(queries.Reader.of(work.actor)), {"referral_id": referral_id})
    if referral is None:
        raise ReferralNotFound
    expected.check(referral)
    referral.version += 1
    return referral


async def add_status_change(work: UnitOfWork, change: StatusChange, remark: Remark | None) -> None:
    """Note a step of the referral's life."""
    if remark:
        key = await sealed.key_of(work, change.referral_id)
        change.remark = key.seal(remark, table="status_change", column="remark", row=change.id)
    work.session.add(change)
    work.audit(operation=f"referral.{change.status}", subject_id=change.referral_id)


@dataclass(frozen=True, slots=True)
class OpenedReferral:
    """A referral, opened, and what of it the reader may know."""

    referral: Referral
    known: frozenset[Aspect]
    only_facts: bool
    """Whether nothing of it is shown but the facts that are taken in of a case's person: to Havn's identification service, of
    what asks for no identification."""
    narrative: Narrative
    subjects: list[tuple[ReferralSubject, Subject | None]]
    history: list[tuple[StatusChange, Remark | None]]


def parts_of(actor: Actor, referral: Referral) -> list[Part]:
    """The parts that the actor's organisation has in a referral."""
    if actor.org == HAVN:
        return [Part.SERVICE]
    is_part = {Part.SENDER: actor.org == referral.sender, Part.ADDRESSEE: actor.org == referral.recipient}
    return [part for part, holds in is_part.items() if holds]


def _known_of(actor: Actor, referral: Referral, purpose: Purpose) -> frozenset[Aspect]:
    """What of the referral the actor may know. Raises PurposeNotYours and RoleDoesNotSee."""
    parts = parts_of(actor, referral)
    visibility.judge(actor, parts, purpose)
    known = visibility.may_know(actor, parts)
    if not known & {Aspect.PERSON, Aspect.CONTACT}:
        raise RoleDoesNotSee(
            "Who was referred, and why, is for those who work with the person.",
            danish=("Hvem der er henvist og hvorfor, er for dem, der arbejder med personen; jeres rolle ser det ikke."),
        )
    return known


async def read_referral(work: UnitOfWork, referral_id: UUID, *, purpose: Purpose) -> OpenedReferral:
    """The whole referral, opened, for a party that may read it; without the person where that one was erased. Raises
    ReferralNotFound, PurposeNotYours, RoleDoesNotSee, and ReferralIsErased where all were."""
    asked = {"referral_id": referral_id}
    found = await work.session.first(queries.readable(queries.Reader.of(work.actor)), asked)
    if found is None:
        raise ReferralNotFound
    referral = _show(*found)
    known = _known_of(work.actor, referral, purpose)
    if referral.erased_at:
        raise ReferralIsErased(
            f"The referral was erased on {referral.erased_at:%Y-%m-%d}; its status can still be read."
        )
    subjects = await _opened_subjects(work, referral)
    key = await sealed.key_of(work, referral.id)
    narrative = key.open(referral.narrative, Narrative, table="referral", column="narrative", row=referral.id)
    steps = await work.session.scalars(queries.steps(), asked)
    history = [
        (row, key.open(row.remark, Remark, table="status_change", column="remark", row=row.id) if row.remark else None)
        for row in steps
    ]
    only_facts = work.actor.org == HAVN and referral.kind is not ReferralKind.IDENTIFICATION
    fields = ["reason", "safe_contact", "subjects"] if Aspect.PERSON in known else ["safe_contact"]
    work.audit(
        operation="referral.read",
        subject_id=referral.id,
        object_ids=[row.id for row, _ in subjects],
        fields=["subjects"] if only_facts else fields,
        purpose=purpose,
    )
    return OpenedReferral(referral, known, only_facts, narrative, subjects, history)


async def _opened_subjects(work: UnitOfWork, referral: Referral) -> list[tuple[ReferralSubject, Subject | None]]:
    """The subjects in the sender's order; without the person where that one was erased."""
    rows = (await subjects_of(work, [referral.id]))[referral.id]
    # With the referral's own, which whoever opens its subjects opens too.
    keys = await sealed.keys_of(work, [referral.id, *(row.id for row in rows if not row.erased_at)])
    return [
        (
            row,
            keys[row.id].open(row.person, Subject, table="referral_subject", column="person", row=row.id)
            if row.id in keys
            else None,
        )
        for row in rows
    ]


async def open_to_forward(
    work: UnitOfWork, referral: Referral
) -> tuple[Narrative, list[tuple[ReferralSubject, Subject | None]]]:
    """Who a locked referral is about, for the rule that asks whether it may go on."""
    subjects = await _opened_subjects(work, referral)
    key = await sealed.key_of(work, referral.id)
    narrative = key.open(referral.narrative, Narrative, table="referral", column="narrative", row=referral.id)
    work.audit(operation="referral.consult", subject_id=referral.id, fields=["consents", "subjects"])
    return narrative, subjects


_LETS_KNOW: Final = select(
    func.lets_know(bindparam("case_id", type_=Uuid), ORGANISATION, bindparam("purposes", type_=ARRAY(String)))
)
_CONSENT: Final = insert(KnownConsent).values(
    org=ORGANISATION,
    case_id=bindparam("case_id"),
    purpose=bindparam("purpose"),
    is_live=bindparam("is_live"),
)
_NOTE_CONSENT: Final = _CONSENT.on_conflict_do_update(
    index_elements=["org", "case_id", "purpose"], set_={"is_live": _CONSENT.excluded.is_live}
)
_STOP_DISCLOSING: Final = (
    insert(WithdrawnConsent)
    .values(case_id=bindparam("case_id"), org=ORGANISATION, since=bindparam("since"))
    .on_conflict_do_nothing()
)
_DISCLOSE_AGAIN: Final = delete(WithdrawnConsent).where(
    col(WithdrawnConsent.case_id) == bindparam("case_id"), col(WithdrawnConsent.org) == ORGANISATION
)
_ERASE: Final = text("SELECT erase_case(:case_id, :now)")
_PARTLY_ERASED: Final = (
    select(Referral)
    .where(any_asked(col(Referral.id), "ids"), col(Referral.erased_at).is_(None))
    .order_by(col(Referral.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_DIRECTORY: Final = (
    select(Organisation)
    .where(col(Organisation.id) > bindparam("last", type_=String))
    .order_by(col(Organisation.id))
    .limit(LIMIT)
)


async def lets_know(work: UnitOfWork, case_id: UUID, organisation: str, purposes: Collection[Purpose]) -> bool | None:
    """Whether the person of a case of the actor's lets that organisation know for one of these purposes; None where no word of it
    is known from identification."""
    asked = {"case_id": case_id, "org": organisation, "purposes": sorted(purposes)}
    return await work.session.scalar(_LETS_KNOW, asked)


async def note_consent(work: UnitOfWork, *, case_id: UUID, organisation: str, purpose: Purpose, is_live: bool) -> None:
    """The person lets the organisation know for this purpose, or does so no more."""
    given = {"org": organisation, "case_id": case_id, "purpose": purpose, "is_live": is_live}
    await work.session.execute(_NOTE_CONSENT, given)


async def read_state(work: UnitOfWork, referral_id: UUID) -> Referral:
    """The referral's head, for a party; a withdrawn one still says that it is withdrawn."""
    found = await work.session.first(queries.state(queries.Reader.of(work.actor)), {"referral_id": referral_id})
    if found is None:
        raise ReferralNotFound
    work.audit(operation="referral.status", subject_id=referral_id)
    return _show(*found)


async def list_referrals(
    work: UnitOfWork,
    *,
    box: queries.Box | None,
    status: ReferralStatus | None,
    since: datetime | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Referral]:
    """The actor's referrals, newest first, up to one more than `limit`; `after` is (submitted_at, id) of the last seen."""
    form = queries.listed(
        queries.Reader.of(work.actor), box, status=status is not None, since=since is not None, goes_on=bool(after)
    )
    asked = page(after, limit) | {"status": status, "since": since}
    found = [_show(*row) for row in await work.session.execute(form, asked)]
    work.audit(operation="referral.list", object_ids=[referral.id for referral in found[:limit]])
    return found


async def recorded_after(work: UnitOfWork, *, after: int, settled: int, most: int) -> Sequence[Mapping[str, Any]]:
    """The next events that may concern the actor, in the order of the history. Who is party to few referrals reads theirs; who
    is party to many, or sees what was erased as well, reads the history, of which row level security shows it no more."""
    keys = None
    if work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        found = await work.session.scalars(queries.keys(queries.Reader.of(work.actor)), {"most": _FEW + 1})
        keys = found if len(found) <= _FEW else None
    return await history.recorded_after(work, after=after, settled=settled, most=most, keys=keys)


async def open_among(work: UnitOfWork, referral_ids: Collection[UUID]) -> dict[UUID, tuple[Referral, datetime | None]]:
    """Those of these referrals that are open to the actor, and since when each is closed in part."""
    form, asked = queries.open_among(queries.Reader.of(work.actor)), {"referral_ids": list(referral_ids)}
    return {referral.id: (referral, since) for referral, since in await work.session.execute(form, asked)}


async def subjects_of(work: UnitOfWork, referral_ids: Sequence[UUID]) -> dict[UUID, list[ReferralSubject]]:
    """The subjects of these referrals, in the senders' order, with one statement; without the case of whoever took consent
    back from the actor. Ask only for referrals already read."""
    found: dict[UUID, list[ReferralSubject]] = {referral_id: [] for referral_id in referral_ids}
    for row, closed in await work.session.execute(queries.subjects(), {"referral_ids": list(referral_ids)}):
        shown = ReferralSubject(**(row.model_dump() | {"case_id": None})) if closed else row
        found[row.referral_id].append(shown)
    return found


async def subject_with_case(work: UnitOfWork, subject_id: UUID) -> ReferralSubject | None:
    """A subject that identification has spoken of; None when it is not one of ours."""
    return await work.session.get(ReferralSubject, subject_id)


async def stop_disclosing(work: UnitOfWork, *, case_id: UUID, organisation: str, since: datetime) -> None:
    """Nothing more of the case reaches the organisation."""
    await work.session.execute(_STOP_DISCLOSING, {"case_id": case_id, "org": organisation, "since": since})
    work.audit(operation="case.withdraw_share", subject_id=case_id)


async def disclose_again(work: UnitOfWork, *, case_id: UUID, organisation: str) -> None:
    """The person lets the organisation know again."""
    await work.session.execute(_DISCLOSE_AGAIN, {"case_id": case_id, "org": organisation})
    work.audit(operation="case.share_again", subject_id=case_id)


async def erase_case(work: UnitOfWork, case_id: UUID) -> None:
    """Erase what is held of a case: its subjects, the texts of referrals of which nobody is left, and the stored answers."""
    touched = await work.session.scalars(_ERASE, {"case_id": case_id, "now": work.now})
    for referral in await work.session.scalars(_PARTLY_ERASED, {"ids": touched}):
        await _forget_what_was_written(work, referral)
    await answers.forget_about(work, {case_id, *touched})
    work.audit(operation="case.erase", subject_id=case_id)


async def _forget_what_was_written(work: UnitOfWork, referral: Referral) -> None:
    """Of the erased among a referral's subjects nothing is kept as it was written either: that lies with the referral's texts,
    under its key, where the others' is."""
    key = await sealed.key_of(work, referral.id)
    narrative = key.open(referral.narrative, Narrative, table="referral", column="narrative", row=referral.id)
    erased = {row.position for row in (await subjects_of(work, [referral.id]))[referral.id] if row.erased_at}
    kept = [each for each in narrative.as_written if not _is_of_one(each.loc, erased)]
    if kept != narrative.as_written:
        left = narrative.model_copy(update={"as_written": kept})
        referral.narrative = key.seal(left, table="referral", column="narrative", row=referral.id)


def _is_of_one(loc: Sequence[str | int], erased: Collection[int]) -> bool:
    """Whether what stood there, in the list of subjects or in its place in the body, may be of one of these."""
    _, first, *further = loc
    return first == "subjects" and (not further or further[0] in erased)


_BEHIND: Final = select(col(ReferralSubject.referral_id)).where(
    col(ReferralSubject.case_id) == bindparam("case_id", type_=Uuid)
)


async def accesses_of(work: UnitOfWork, case_id: UUID, *, after: int, most: int) -> Sequence[Mapping[str, Any]]:
    """What the audit has of the referrals behind the case."""
    ids = await work.session.scalars(_BEHIND, {"case_id": case_id})
    return await audit.read_about(work, [case_id, *ids], after=after, most=most)


async def list_organisations(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[Organisation]:
    """The directory by id, up to one more than `limit`."""
    asked = {"last": str(after[0]) if after else "", "limit": limit + 1}
    return await work.session.scalars(_DIRECTORY, asked)


async def organisation(work: UnitOfWork, organisation_id: str, *, lock: bool = False) -> Organisation:
    """One entry of the directory; raises OrganisationNotFound."""
    found = await work.session.get(Organisation, organisation_id, with_for_update=lock)
    if found is None:
        raise OrganisationNotFound
    return found
