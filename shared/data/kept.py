"""How long every service keeps first answers and its audit (docs/rules.md, retention-6); the lengths are data, `kept-*.json`."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import Field
from sqlalchemy import text

from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import months_after, on_date, start_of
from shared.rules.decision_tables import Dated, Versions


class Terms(Dated):
    """Lengths of time."""

    stored_answers_days: int = Field(gt=0)
    audit_months: int = Field(ge=12)
    """The database gives up no line of the audit that is younger than a year, whatever is configured."""


TERMS: Final = Versions(Path(__file__).parent, "kept", Terms)
_FORGET = text("SELECT forget_answers(:answers), forget_audit(:audit)")


async def forget_old(work: UnitOfWork) -> None:
    """Delete the answers for which nobody can be waiting any more, and the lines of the audit whose time is over."""
    today = on_date(work.now)
    terms = TERMS.on(today)
    await work.session.execute(
        _FORGET,
        {
            "answers": work.now - timedelta(days=terms.stored_answers_days),
            "audit": start_of(months_after(today, -terms.audit_months)),
        },
    )
