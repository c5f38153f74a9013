"""A case in the codes of the Human Trafficking Case Data Standard (IOM, CC BY 4.0). Danish codes stay inside and are mapped
at the edge; what the standard has no code for is listed, never dropped.

The mapping is data: `tables/htcds-*.json`, a file for each version of the standard.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from services.identification import tables
from services.identification.case.codes import Observed
from services.identification.case.models import Case, age_group_on
from services.identification.case.schemas import CasePerson
from services.identification.decisions.models import Decision
from services.identification.indicators.models import Observation
from services.identification.overview.schemas import Export, Unmapped
from services.identification.support.models import SupportMeasure
from shared.contract.codes import Outcome
from shared.contract.countries import citizenships_read
from shared.rules.decision_tables import Dated, Versions

_NO_CODE: Final = "The standard has no code for this."


class FieldMapping(BaseModel):
    """Our codes of one kind, the standard's field and codes for them, and what is lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str | None
    codes: Mapping[str, str]
    notes: Mapping[str, str]


class Standard(Dated):
    """One version of the standard, as far as we fill it."""

    standard: str
    source: str
    attribution: str
    values: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, FieldMapping]

    @model_validator(mode="after")
    def _maps_to_codes_that_exist(self) -> Self:
        for name, field in self.fields.items():
            known = self.values.get(field.to, ()) if field.to else ()
            if strange := sorted(set(field.codes.values()) - set(known)):
                raise ValueError(f"{name} maps to codes that {field.to} does not have: {', '.join(strange)}")
        return self


STANDARDS: Final = Versions(tables.FOLDER, "htcds", Standard)


class _Record:
    """The record as it fills: what is mapped, and what is lost on the way."""

    def __init__(self, standard: Standard) -> None:
        self._standard = standard
        self.fields: dict[str, str | list[str]] = {}
        self.unmapped: list[Unmapped] = []

    def one(self, ours: str, value: str) -> None:
        """A field of the standard that takes one code."""
        found = self._look_up(ours, value)
        if found:
            self.fields[found[0]] = found[1]

    def several(self, ours: str, values: Iterable[str]) -> None:
        """A field of the standard that takes several codes."""
        for value in values:
            found = self._look_up(ours, value)
            if found:
                codes = self.fields.setdefault(found[0], [])
                if isinstance(codes, list) and found[1] not in codes:
                    codes.append(found[1])

    def _look_up(self, ours: str, value: str) -> tuple[str, str] | None:
        mapping = self._standard.fields[ours]
        code = mapping.codes.get(value)
        note = mapping.notes.get(value)
        if code is None or mapping.to is None or note:
            self.unmapped.append(Unmapped(field=ours, value=value, reason=note or _NO_CODE))
        return (mapping.to, code) if code and mapping.to else None


def export(
    case: Case,
    person: CasePerson | None,
    *,
    decisions: Sequence[Decision],
    observations: Sequence[Observation],
    support: Sequence[SupportMeasure],
    on: date,
) -> Export:
    """The case's coded facts, without anything that names the person. Of several current decisions the positive one."""
    standard = STANDARDS.on(on)
    record = _Record(standard)
    record.one("gender", case.gender)
    record.one("age_group", age_group_on(case, on))
    record.fields["prs_Citizenship"] = list(citizenships_read(case.citizenships))
    if person and person.languages:
        record.fields["prs_PrimaryLanguage"] = person.languages[0]
        if person.languages[1:]:
            record.fields["prs_SecondaryLanguage"] = person.languages[1]
        for language in person.languages[2:]:
            record.unmapped.append(
                Unmapped(field="languages", value=language, reason="The standard has two languages.")
            )
    record.one("residence_basis", case.residence_basis)
    record.one("channel", case.channel)
    record.one("status", case.status)
    record.fields["cas_IncomingReferralDate"] = case.opened_on.isoformat()
    _decided(record, case, person, decisions)
    _observed(record, standard, observations)
    record.several("support_kind", sorted({measure.kind for measure in support}))
    return Export(
        standard=standard.standard,
        attribution=standard.attribution,
        table_version=standard.version,
        case_id=case.id,
        record=record.fields,
        unmapped=record.unmapped,
    )


def _decided(record: _Record, case: Case, person: CasePerson | None, decisions: Sequence[Decision]) -> None:
    current = [each for each in decisions if each.is_current]
    if not current:
        record.fields["vic_TraffickingStatus"] = "PossibleVictimOfTrafficking"
        record.one("authority", case.authority)
        record.several("exploitation_form", person.suspected_forms if person else ())
        return
    standing = max(current, key=lambda each: (each.outcome is Outcome.ASSESSED_TRAFFICKED, each.recorded_at))
    record.one("outcome", standing.outcome)
    record.one("authority", standing.authority)
    suspected = person.suspected_forms if person and not standing.exploitation_forms else ()
    record.several("exploitation_form", [*standing.exploitation_forms, *suspected])


def _observed(record: _Record, standard: Standard, observations: Sequence[Observation]) -> None:
    """Signs that are there: a way of control, a way of recruitment, or neither and so listed."""
    latest = {each.item: each for each in observations}
    for item in sorted(item for item, each in latest.items() if each.answer is Observed.YES):
        kind = "recruitment" if item in standard.fields["recruitment"].codes else "indicator"
        record.several(kind, [item])
