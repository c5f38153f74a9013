"""What of the referrals an organisation sees, as statements: each is made once, and sent with what differs (docs/adr/0022).

`havn_org()` is the organisation that row level security lets the transaction see for: the actor's."""

from datetime import datetime
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlmodel import col

from services.referrals.models import Referral, ReferralSubject, StatusChange, WithdrawnConsent
from shared.contract.codes import ReferralKind, ReferralStatus
from shared.contract.organisations import HAVN, IDENTIFICATION_SERVICE
from shared.data.columns import any_asked
from shared.data.positions import newest_first
from shared.identity.actor import Actor


class Box(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


_ASKING = func.havn_org(type_=String)


class Reader(Enum):
    """Whose referrals are asked for: the forms that the statements below have, each made once."""

    PARTNER = auto()
    IDENTIFICATION = auto()
    OTHER_SERVICE = auto()

    @classmethod
    def of(cls, actor: Actor) -> "Reader":
        if actor.org != HAVN:
            return cls.PARTNER
        return cls.IDENTIFICATION if actor.client_id == IDENTIFICATION_SERVICE else cls.OTHER_SERVICE


def _is_party(reader: Reader) -> ColumnElement[bool]:
    """Sender and recipient; of Havn's own services the identification service alone, for what asks for an identification."""
    match reader:
        case Reader.PARTNER:
            return or_(col(Referral.sender) == _ASKING, col(Referral.recipient) == _ASKING)
        case Reader.IDENTIFICATION:
            return col(Referral.kind) == ReferralKind.IDENTIFICATION
        case Reader.OTHER_SERVICE:
            return false()


def _is_open_to(reader: Reader) -> ColumnElement[bool]:
    """As a party; but where a person it is about has taken consent back from the recipient, it is the sender's alone."""
    return and_(_is_party(reader), or_(col(Referral.sender) == _ASKING, _closed_since().is_(None)))


def _closed_since() -> ScalarSelect[datetime]:
    """Since when a case that the referral is about is no longer disclosed to the actor's organisation; NULL where it is."""
    is_about = or_(
        col(WithdrawnConsent.case_id) == col(Referral.case_id),
        exists()
        .where(
            col(ReferralSubject.referral_id) == col(Referral.id),
            col(ReferralSubject.case_id) == col(WithdrawnConsent.case_id),
        )
        .correlate(Referral, WithdrawnConsent),
    )
    since = select(func.min(WithdrawnConsent.since)).where(col(WithdrawnConsent.org) == _ASKING, is_about)
    return since.correlate(Referral).scalar_subquery()


def _is_shown() -> ColumnElement[bool]:
    """Of a referral that is closed to the actor: the steps before that, and its own."""
    since = _closed_since()
    return or_(since.is_(None), col(StatusChange.at) <= since, col(StatusChange.org) == _ASKING)


def _last_shown(column: Any) -> ScalarSelect[Any]:
    """Of the last step that is shown to the actor."""
    shown = select(column).where(col(StatusChange.referral_id) == col(Referral.id), _is_shown())
    return (
        shown.order_by(col(StatusChange.at).desc(), col(StatusChange.id).desc())
        .limit(1)
        .correlate(Referral)
        .scalar_subquery()
    )


def _shown_status() -> ColumnElement[Any]:
    frozen = func.coalesce(_last_shown(StatusChange.status), ReferralStatus.SUBMITTED.value)
    return case((_closed_since().is_(None), cast(col(Referral.status), String)), else_=cast(frozen, String))


def _shown_update() -> ColumnElement[Any]:
    frozen = func.coalesce(_last_shown(StatusChange.at), col(Referral.submitted_at))
    return case((_closed_since().is_(None), col(Referral.updated_at)), else_=frozen)


def _as_shown() -> Select[Referral, datetime | None, str, datetime]:
    """Referrals with what the actor may know of their progress; see `_show`."""
    return select(Referral, _closed_since(), _shown_status(), _shown_update())


_IS_ASKED_FOR = col(Referral.id) == bindparam("referral_id")


def _may_read(reader: Reader) -> ColumnElement[bool]:
    """As it is shared; but what the sender has withdrawn is no longer the recipient's to read."""
    if reader is not Reader.PARTNER:
        return _is_party(reader)  # a withdrawal that overtakes the opening of the cases loses nobody
    withdrawn = col(Referral.status) == ReferralStatus.WITHDRAWN
    return and_(_is_open_to(reader), or_(~withdrawn, col(Referral.sender) == _ASKING))


def _says_facts_of_a_case() -> ColumnElement[bool]:
    """A referral about a case and one person: what it says of that person is taken in there. The identification service reads
    the facts alone (`views.FACTS`), and it is on no list of its."""
    others = exists().where(col(ReferralSubject.referral_id) == col(Referral.id), col(ReferralSubject.position) > 0)
    return and_(col(Referral.case_id).is_not(None), ~others.correlate(Referral))


@cache
def readable(reader: Reader) -> Select[Referral, datetime | None, str, datetime]:
    may_read = _may_read(reader)
    if reader is Reader.IDENTIFICATION:
        may_read = or_(may_read, _says_facts_of_a_case())
    return _as_shown().where(_IS_ASKED_FOR, may_read)


@cache
def state(reader: Reader) -> Select[Referral, datetime | None, str, datetime]:
    return _as_shown().where(_IS_ASKED_FOR, _is_open_to(reader))


@cache
def to_lock(reader: Reader) -> Select[Referral]:
    return select(Referral).where(_IS_ASKED_FOR, _is_open_to(reader)).with_for_update()


@cache
def keys(reader: Reader) -> Select[str]:
    """Under which the history has the events of these referrals."""
    theirs = select(cast(col(Referral.id), String)).where(_is_party(reader))
    return theirs.limit(bindparam("most", type_=Integer))


@cache
def open_among(reader: Reader) -> Select[Referral, datetime | None]:
    """Those of some referrals that are open, and since when each is closed in part."""
    asked = any_asked(col(Referral.id), "referral_ids")
    return select(Referral, _closed_since()).where(asked, _is_open_to(reader))


@cache
def steps() -> Select[StatusChange]:
    shown = select(StatusChange).join(Referral, col(Referral.id) == col(StatusChange.referral_id))
    return shown.where(_IS_ASKED_FOR, _is_shown()).order_by(col(StatusChange.at), col(StatusChange.id))


@cache
def subjects() -> Select[ReferralSubject, bool]:
    is_closed = exists().where(
        col(WithdrawnConsent.org) == _ASKING, col(WithdrawnConsent.case_id) == col(ReferralSubject.case_id)
    )
    asked = any_asked(col(ReferralSubject.referral_id), "referral_ids")
    return select(ReferralSubject, is_closed).where(asked).order_by(col(ReferralSubject.position))


@cache
def listed(
    reader: Reader, box: Box | None, *, status: bool, since: bool, goes_on: bool
) -> Select[Referral, datetime | None, str, datetime]:
    """With a condition for each of these that is asked about."""
    query = _as_shown().where(_may_read(reader))
    if box:
        query = query.where((col(Referral.recipient) if box is Box.INCOMING else col(Referral.sender)) == _ASKING)
    if status:
        query = query.where(_shown_status() == bindparam("status", type_=String))
    if since:
        query = query.where(_shown_update() >= bindparam("since", type_=DateTime(timezone=True)))
    return newest_first(query, col(Referral.submitted_at), col(Referral.id), goes_on=goes_on)
