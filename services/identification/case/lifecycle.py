"""The life of a case, in one place: which step its status allows, and where the step leads.

`referred` -> `clarification` -> `recommended` -> `decided` -> `closed`; that the person is missing is a flag beside it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case
from shared.kernel.errors import Conflict

_ALL: Final = frozenset(CaseStatus)
_OPEN: Final = _ALL - {CaseStatus.CLOSED}
DECIDED: Final = frozenset({CaseStatus.DECIDED, CaseStatus.CLOSED})
"""In these the identification is no longer pending."""
_UNDECIDED: Final = _ALL - DECIDED


class CaseStatusDoesNotAllow(Conflict):
    """The case has not come that far, or has gone past it."""


class Step(StrEnum):
    """What may be done to a case; the text completes "does not allow to ..."."""

    INTERVIEW = "record an interview"
    RECOMMEND = "recommend"
    DECIDE = "decide"
    RECONSIDER = "decide again"
    END_WITHOUT_ASSESSMENT = "record this"
    """Declined, disappeared, withdrawn, or recognised by a court: none of them waits for a recommendation."""
    FOLLOW_THE_COURTS = "record what the courts do"
    """Charges and judgments, which keep no step with our work: also when the case is closed."""
    APPEAL = "record an appeal"
    """Also when the case is closed: a decision may be appealed long after the work has ended."""
    REFER_BACK = "refer the case back"
    """An appeal's outcome: the authority decides again, and until then the identification is pending again."""
    TAKE_BACK_RECOGNITION = "take back that a court has recognised the person"
    """A higher court's: where nobody else has decided, the identification is pending again."""
    CLOSE = "close the case"
    REOPEN = "reopen the case"
    REOPEN_UNDECIDED = "go on with a case that was closed undecided"
    WORK = "add to it"
    """Everything else that is recorded while the case is open: consents, support, risk, a return ..."""


ALLOWED: Final[Mapping[Step, frozenset[CaseStatus]]] = {
    Step.INTERVIEW: _OPEN,
    Step.RECOMMEND: _OPEN,
    Step.DECIDE: frozenset({CaseStatus.RECOMMENDED}),
    Step.RECONSIDER: frozenset({CaseStatus.RECOMMENDED, CaseStatus.DECIDED}),
    Step.END_WITHOUT_ASSESSMENT: _OPEN,
    Step.FOLLOW_THE_COURTS: _ALL,
    Step.APPEAL: _ALL,
    Step.REFER_BACK: _OPEN,
    Step.TAKE_BACK_RECOGNITION: _ALL,
    Step.CLOSE: frozenset({CaseStatus.DECIDED}),
    Step.REOPEN: frozenset({CaseStatus.CLOSED}),
    Step.REOPEN_UNDECIDED: frozenset({CaseStatus.CLOSED}),
    Step.WORK: _OPEN,
}
_LEADS_TO: Final[Mapping[Step, Mapping[CaseStatus, CaseStatus]]] = {
    Step.INTERVIEW: {CaseStatus.REFERRED: CaseStatus.CLARIFICATION},
    Step.RECOMMEND: dict.fromkeys(_UNDECIDED, CaseStatus.RECOMMENDED),
    Step.DECIDE: dict.fromkeys(_OPEN, CaseStatus.DECIDED),
    Step.RECONSIDER: dict.fromkeys(_OPEN, CaseStatus.DECIDED),
    Step.END_WITHOUT_ASSESSMENT: dict.fromkeys(_OPEN, CaseStatus.DECIDED),
    Step.REFER_BACK: {CaseStatus.DECIDED: CaseStatus.RECOMMENDED},
    Step.TAKE_BACK_RECOGNITION: {CaseStatus.DECIDED: CaseStatus.CLARIFICATION},
    Step.CLOSE: dict.fromkeys(_OPEN, CaseStatus.CLOSED),
    Step.REOPEN: {CaseStatus.CLOSED: CaseStatus.DECIDED},
    Step.REOPEN_UNDECIDED: {CaseStatus.CLOSED: CaseStatus.CLARIFICATION},
}


_WAY_TO: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.RECOMMENDED: "CMM recommends first: POST .../recommendation",
    CaseStatus.DECIDED: "decide it first: POST .../decisions",
    CaseStatus.CLOSED: "close it first: POST .../closure",
}


def allows(case: Case, step: Step) -> bool:
    """Whether the case's status allows the step."""
    return case.status in ALLOWED[step]


def check(case: Case, step: Step) -> None:
    """Raises CaseStatusDoesNotAllow, with the status the case has, those that would, and what to do."""
    allowed = [status for status in CaseStatus if status in ALLOWED[step]]
    if case.status not in allowed:
        is_over = case.status is CaseStatus.CLOSED
        way = "open it again first: POST .../reopening" if is_over else _WAY_TO[allowed[0]]
        raise CaseStatusDoesNotAllow(
            f"A case that is {case.status} does not allow to {step}; {way}.",
            current_status=case.status,
            allowed=allowed,
        )


def take(case: Case, step: Step) -> None:
    """Check the step, and move the case to the status it leads to."""
    check(case, step)
    case.status = after(case.status, step)


def after(status: CaseStatus, step: Step) -> CaseStatus:
    """The status that the step leads to from this one; most leave it as it is."""
    return _LEADS_TO.get(step, {}).get(status, status)
