"""What the stats service takes and gives over HTTP."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from shared.contract.codes import AgeGroup, Authority, ExploitationForm, Gender, ReferralStatus
from shared.contract.organisations import OrganisationKind
from shared.contract.types import Answer, Day, Moment
from shared.kernel.errors import SpokenValueError


class Dimension(StrEnum):
    """What people can be counted by. Everybody is in exactly one cell of each."""

    YEAR = "year"
    GENDER = "gender"
    EXPLOITATION_FORM = "exploitation_form"
    CITIZENSHIP = "citizenship"
    AGE_GROUP = "age_group"
    REGION = "region"
    AUTHORITY = "authority"
    REFERRED_BY = "referred_by"


class Audience(StrEnum):
    """Whom the counts are for: exact and audited inside, the frozen releases for everybody else."""

    PUBLIC = "public"
    PARTNER = "partner"
    INTERNAL = "internal"


class CountStatus(StrEnum):
    """What a count says: 0 that is exact means none, which neither a suppressed nor an unknown count does."""

    EXACT = "exact"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class Language(StrEnum):
    DANISH = "da"
    ENGLISH = "en"


def _from_year(month_and_day: str) -> BeforeValidator:
    def read(given: Any) -> Any:
        if isinstance(given, str) and re.fullmatch(r"[0-9]{4}", given):
            return given + month_and_day
        if isinstance(given, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
            raise SpokenValueError("Give a year, 2026, or a day, 2026-03-02.")
        return given

    return BeforeValidator(read, json_schema_input_type=date | str)


FromDay = Annotated[Day, _from_year("-01-01")]
"""A day; a year alone means its first."""
ToDay = Annotated[Day, _from_year("-12-31")]
"""A day; a year alone means its last."""


class Cell(Answer):
    """One count. Of the dimensions only those asked for are there, `unknown` where nobody knows; `count` is null where it is
    suppressed or unknown."""

    year: int | None = None
    gender: Gender | None = None
    exploitation_form: ExploitationForm | None = None
    citizenship: str | None = None
    age_group: AgeGroup | None = None
    region: str | None = None
    authority: Authority | Literal["unknown"] | None = None
    referred_by: str | None = None
    count: int | None
    status: CountStatus


class VictimCounts(Answer):
    """How many people were assessed as trafficked, as it was known at `as_of` (UTC). Havn has recorded cases from the year
    `recorded_from` on: a year before it, or ahead, that has nobody is `unknown`, and no table counts whom Havn has not
    recorded."""

    as_of: Moment
    release: str | None
    recorded_from: int
    dimensions: list[Dimension]
    rows: list[Cell]


class FigureCounts(VictimCounts):
    """The counts behind one of the reports' figures."""

    figure: int
    title: str


class SenderCount(Answer):
    """The referrals of one organisation, and how many of them stand where."""

    referred_by: str
    kind: OrganisationKind
    count: int
    statuses: dict[ReferralStatus, int]


class Flow(Answer):
    """What came in and what was done: referrals by sender, and how many people were interviewed and how many have left by a
    prepared return. Havn has recorded cases from the year `recorded_from` on: of days before it, or ahead, the counts are
    `unknown`, and the numbers are what Havn holds all the same."""

    recorded_from: int
    referrals: list[SenderCount]
    interviewed: int
    prepared_returns: int
    status: CountStatus
