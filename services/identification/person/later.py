"""What somebody who has a part in a case says of its person later, in a referral about the case: what protects the person, or
is new, is taken in; nothing that was known is taken away by it (docs/rules.md, identity-8, child-2)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case.models import MINORS, Case
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.person import description, repository, taking_in
from shared.contract.codes import AgeBasis, ReferralKind, ResidenceBasis
from shared.contract.person import ADULT_AGE
from shared.contract.personal import Personal
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


@dataclass(frozen=True, kw_only=True)
class LaterWord:
    """What a referral about a case says of its person, and whose word that is."""

    person: CasePerson
    custody_since: datetime | None
    said_by: str
    is_of_a_party: bool
    """Whether it is the word of who works on the case or has brought the person in. Who only sees that an identification is
    pending does not say on what the stay rests: who decides follows from that."""
    kind: ReferralKind
    referral_id: UUID
    referred_at: datetime
    child_municipality: str | None = None
    """The municipality that a notification of a child names."""

    @property
    def source(self) -> SealedText:
        """Where the facts come from, as those who work on the case read it."""
        return SealedText(text=Personal(f"Referral {self.referral_id} ({self.kind}) of {self.referred_at:%Y-%m-%d}"))


async def take_in(work: UnitOfWork, case: Case, word: LaterWord) -> tuple[CasePerson, CasePerson] | None:
    """Take what is new in it into the description of a locked case's person. Gives that before and after, None where it stays.
    Whoever calls it has the deadlines set."""
    known = await repository.open_person(work, case, fields=_ASKED)
    person = with_later_word(known, word, on=on_date(work.now), age_stated_on=case.age_stated_on)
    if person == known:
        return None
    await repository.store_later_word(work, case, person, referral_id=word.referral_id)
    if await taking_in.follow(work, case, person, known=known, said_by=word.said_by, source=word.source):
        authority.route(case, now=work.now)
        await authority.record_route(work, case)
    return known, person


_ASKED = ("age_basis", "asylum_pending", "birth_date", "residence_basis", "stated_age")


def with_later_word(known: CasePerson, word: LaterWord, *, on: date, age_stated_on: date | None) -> CasePerson:
    """The description with what is taken in of a later one; `age_stated_on` says since when the known age is as it is."""
    person = _with_age(known, word.person, on=on, age_stated_on=age_stated_on)
    return _with_stay(person, word.person) if word.is_of_a_party else person


def _with_age(known: CasePerson, said: CasePerson, *, on: date, age_stated_on: date | None) -> CasePerson:
    """Who is said to be a minor is presumed one, and for as long as any word makes one of them. An assessment stands."""
    if known.age_basis is AgeBasis.ASSESSED or not is_minor(said, on=on):
        return known
    until = _minor_until(known, on=on, age_stated_on=age_stated_on)
    if said.stated_age is not None and said.stated_age < ADULT_AGE and said.stated_age != known.stated_age:
        younger = known.model_copy(update={"stated_age": said.stated_age, "age_basis": _basis_of_a_stated_age(known)})
        if _minor_until(younger, on=on, age_stated_on=on) > until:
            return younger
    return known.model_copy(update={"age_basis": AgeBasis.PRESUMED_MINOR}) if until == date.min else known


def _basis_of_a_stated_age(known: CasePerson) -> AgeBasis | None:
    """Papers bear out the birth date alone: without one, an age that somebody states rests on that."""
    return known.age_basis if known.birth_date or known.age_basis is AgeBasis.PRESUMED_MINOR else AgeBasis.STATED


def is_minor(person: CasePerson, *, on: date, age_stated_on: date | None = None) -> bool:
    """Whether the description makes a minor of the person on that day."""
    return description.age_group(person, on=on, age_stated_on=age_stated_on) in MINORS


def _minor_until(person: CasePerson, *, on: date, age_stated_on: date | None) -> date:
    """The day from which who is a minor is none: the last there is where nothing says when, the first for who is none."""
    if not is_minor(person, on=on, age_stated_on=age_stated_on):
        return date.min
    return description.adult_on(person, on=on, age_stated_on=age_stated_on) or date.max


def _with_stay(known: CasePerson, said: CasePerson) -> CasePerson:
    """A stay of which nothing was known, and an application for asylum; what contradicts what is known is for people."""
    kept: dict[str, Any] = {}
    if known.residence_basis is ResidenceBasis.UNKNOWN is not said.residence_basis:
        kept |= {"residence_basis": said.residence_basis, "residence_valid_until": said.residence_valid_until}
    if said.asylum_pending and not known.asylum_pending:
        kept["asylum_pending"] = True
    return known.model_copy(update=kept)
