"""Tables of who is who."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.identification.case.codes import AskedBecause, QuestionState, SameOrDifferent
from services.identification.case.models import Table
from shared.data.columns import code, codes, moment, record_id, sealed


class Question(Table, table=True):
    """Whether two cases are about one person, asked once for the pair.

    `newer_id` and `older_id` are the cases as they were asked about; `newer_now` and `older_now` those where the work on the
    two people goes on, which are one and the same once the cases are merged. Between two cases in which one authority decides
    they are those that it knows of: a merge into a case that it has no part in takes no question away from it."""

    id: UUID = record_id()
    newer_id: UUID = Field(foreign_key="case_file.id")
    older_id: UUID = Field(foreign_key="case_file.id")
    newer_now: UUID = Field(foreign_key="case_file.id")
    older_now: UUID = Field(foreign_key="case_file.id")
    score: float
    matched_on: list[AskedBecause] = codes(AskedBecause)
    state: QuestionState = code(QuestionState, default=QuestionState.OPEN)
    asked_at: datetime = moment()
    due_at: datetime = moment()
    due_on: date
    alert_at: datetime = moment()
    """When CMM is alerted that the question waits, before `due_at`."""
    next_alert_at: datetime | None = moment()
    """The alert that is still to come; None once none is."""
    answer: SameOrDifferent | None = code(SameOrDifferent, default=None)
    answered_at: datetime | None = moment(default=None)
    answered_by: str | None = None
    is_settled: bool = False
    """The two are one by merges of which the authority that is asked knows nothing: there is nothing left for CMM to answer."""
    version: int = 1
    reason: bytes | None = sealed(default=None)
    """Why, in the words of who answered, sealed under the key of `newer_id`."""

    @property
    def asked_of(self) -> frozenset[UUID]:
        """The two cases as they were asked about, whichever is the newer one."""
        return frozenset((self.newer_id, self.older_id))

    @property
    def asked_of_now(self) -> frozenset[UUID]:
        """The cases where the work on the two goes on; one where they are merged."""
        return frozenset((self.newer_now, self.older_now))

    @property
    def shown_as_about(self) -> tuple[UUID, UUID]:
        """The two cases, the newer first: where the work on the two goes on; as they were asked about once that is one, and could
        be two again."""
        goes_on = self.newer_now, self.older_now
        return (self.newer_id, self.older_id) if self.newer_now == self.older_now else goes_on

    def note_answer(self, state: QuestionState, answer: SameOrDifferent | None, *, at: datetime, by: str) -> None:
        """Somebody has answered it, or taken the answer back."""
        self.state, self.answer = state, answer
        self.answered_at, self.answered_by = at, by
        self.version += 1
