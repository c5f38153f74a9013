"""The description after a change, and the legal status, as they are shown."""

from collections.abc import Sequence
from datetime import date

from services.identification.case.schemas import AGE_FIELDS, CasePerson
from services.identification.person.models import LegalStatusEntry
from services.identification.person.schemas import (
    DescribedPerson,
    LegalStatusDetails,
    LegalStatusHistory,
    Particulars,
)
from shared.contract.warnings import InputWarning, warnings_of
from shared.kernel.text import AS_STORED


def see_description(
    person: CasePerson, *, sent: CasePerson, today: date, purposes: Sequence[InputWarning]
) -> DescribedPerson:
    """A description that was just written, with what in it says less than it seems to (of its consents, `purposes`), and what of
    it does not hold."""
    added = {
        "warnings": [*warnings_of(person, aliases=person.aliases, on=today), *purposes],
        "differs": [*_against_what_is_kept(person, sent), *_consents_left_out(person, sent)],
    }
    return DescribedPerson.model_validate(dict(person) | added, context=AS_STORED)


def _against_what_is_kept(person: CasePerson, sent: CasePerson) -> list[str]:
    ages = ("stated_birth_date", *AGE_FIELDS)
    return [name for name in ages if getattr(sent, name) not in (None, getattr(person, name))]


def _consents_left_out(person: CasePerson, sent: CasePerson) -> list[str]:
    """A consent ends when it is withdrawn, and begins again when it is given: no description takes one away, or back."""
    said, standing = ({(each.recipient, each.purpose) for each in of.consents} for of in (sent, person))
    return ["consents"] if said != standing else []


def see_legal_status(
    entries: Sequence[tuple[LegalStatusEntry, Particulars | None]], *, today: date
) -> LegalStatusHistory:
    """The history, with what holds today marked: the last that has begun, of entries in their order."""
    begun = [entry.id for entry, _ in entries if entry.valid_from <= today]
    return LegalStatusHistory(
        items=[
            LegalStatusDetails(
                legal_status_id=entry.id,
                holds=entry.id in begun[-1:],
                source=words.source if words else None,
                **entry.model_dump(
                    include=set(LegalStatusDetails.model_fields) - {"legal_status_id", "holds", "source"}
                ),
            )
            for entry, words in entries
        ]
    )
