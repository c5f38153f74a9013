"""Who houses a person and who pays: the rows A1 to D, first match wins, and review where the rules are silent.

The rules stand in `tables/responsibility-*.json`, one file a version. Their order, and why it is that order:

- Children come first (C1, C2, C3), decided or not: the duty towards a child does not wait for an assessment, and a child of
  whom nobody has said whether it came alone is taken for one that did.
- Asylum and no legal stay come next (B4, B1, B2, B3), decided or not: Udlændingestyrelsen houses and maintains by the stay,
  not by the assessment.
- Then D: whoever else is under clarification.
- Then the decided: A3 before A1 and A2 (a resident is also one with legal stay), and last review, as row D.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from services.accommodation import tables
from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from shared.contract.codes import Gender, ResidenceBasis
from shared.rules.decision_tables import Fact, Rule, RuleTable, Versions, load

Company = Literal["women", "men"]
YES_OR_NO: Final[frozenset[Fact]] = frozenset({True, False})


class ResponsibilityFacts(BaseModel):
    """What is known of the person. `minor` includes whoever is presumed a minor.

    `unaccompanied` and `asylum_registered` are None when nobody has said; a child then counts as one that came alone, and a
    pending claim as registered, since "lodged, not yet registered" lasts hours. `decided` means positively assessed.
    `resident` means settled in a Danish municipality: a residence permit or an EU right alone does not say so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gender: Gender
    minor: bool
    unaccompanied: bool | None = None
    residence_basis: ResidenceBasis
    asylum_pending: bool = False
    asylum_registered: bool | None = None
    decided: bool
    resident: bool = False

    def as_adult(self) -> "ResponsibilityFacts":
        """The same facts for the parent, whose gender is not known from the child's."""
        return self.model_copy(update={"minor": False, "unaccompanied": None, "gender": Gender.UNKNOWN})


class Responsibility(BaseModel):
    """Who decides on the accommodation, who pays, and the kinds of facility that may be used.

    Row D with `needs_review` says that the rules gave no answer and that CMM must settle it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority
    payer_in: Mapping[FacilityKind, HousingAuthority] = {}
    options: tuple[FacilityKind, ...]
    why: str
    why_da: str
    needs_review: bool
    table_version: str

    def payer_of(self, kind: FacilityKind | None) -> HousingAuthority:
        """Who pays for a place of that kind; of one that is not known, by the row alone."""
        return self.payer_in.get(kind, self.payer) if kind else self.payer


class Options(BaseModel):
    """The kinds of facility a row offers: to everyone, and besides to those housed with women or with men."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    everyone: tuple[FacilityKind, ...] = ()
    women: tuple[FacilityKind, ...] = ()
    men: tuple[FacilityKind, ...] = ()

    def housed_with(self, company: Company) -> tuple[FacilityKind, ...]:
        return self.everyone + (self.women if company == "women" else self.men)


class Addition(BaseModel):
    """Options added to some rows for some people for some time: a switch with dates, `[from_on, until_on)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    for_genders: frozenset[Gender]
    to_rows: frozenset[PlacementRow]
    options: tuple[FacilityKind, ...]
    from_on: date
    until_on: date | None

    def applies(self, *, row: PlacementRow, gender: Gender, on: date) -> bool:
        is_on = self.from_on <= on and (self.until_on is None or on < self.until_on)
        return is_on and row in self.to_rows and gender in self.for_genders


class Responsible(BaseModel):
    """Who decides on the accommodation, and who pays for it: in some kinds of facility another than elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authority: HousingAuthority
    payer: HousingAuthority
    payer_in: Mapping[FacilityKind, HousingAuthority] = {}


class Reason(BaseModel):
    """Why, in one sentence of each language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: str
    why_da: str


class ResponsibilityRule(Rule):
    """One row, or a variant of one. Without `responsible` the parent's row says who that is and what is offered."""

    row: PlacementRow
    responsible: Responsible | None = None
    options: Options = Options()
    needs_review: bool = False

    @model_validator(mode="after")
    def _follows_a_parent_only_for_minors(self) -> Self:
        is_for_minors = all(alternative.get("minor") == (True,) for alternative in self.when)
        if self.responsible is None and not is_for_minors:
            raise ValueError(f"rule {self.id} must say who is responsible: only a minor is housed as the parent")
        return self


class ResponsibilityTable(RuleTable[ResponsibilityRule]):
    """One version of the rows A1 to D."""

    vocabulary: ClassVar[Mapping[str, frozenset[Fact]]] = {
        "minor": YES_OR_NO,
        "unaccompanied": YES_OR_NO,
        "residence_basis": frozenset(ResidenceBasis),
        "asylum": YES_OR_NO,
        "asylum_registered": YES_OR_NO | {None},
        "decided": YES_OR_NO,
        "resident": YES_OR_NO,
        "housed_with": frozenset({"women", "men"}),
    }

    housed_with: dict[Gender, tuple[Company, ...]]
    between_women_and_men: Reason
    additions: tuple[Addition, ...] = ()

    @model_validator(mode="after")
    def _places_every_gender(self) -> Self:
        if missing := [gender for gender in Gender if not self.housed_with.get(gender)]:
            raise ValueError(f"housed_with says nothing for {missing[0]}")
        return self

    def rule_for(self, facts: ResponsibilityFacts, company: Company) -> ResponsibilityRule:
        """The first rule that holds when the person is housed with women, or with men."""
        named: dict[str, Fact] = {
            "minor": facts.minor,
            "unaccompanied": facts.unaccompanied is not False,
            "residence_basis": facts.residence_basis.value,
            "asylum": facts.asylum_pending or facts.residence_basis is ResidenceBasis.ASYLUM_SEEKER,
            "asylum_registered": facts.asylum_registered,
            "decided": facts.decided,
            "resident": facts.resident,
            "housed_with": company,
        }
        return self.find_rule(named).rule


TABLES: Final = Versions(tables.FOLDER, "responsibility", ResponsibilityTable)


def responsible_for(
    facts: ResponsibilityFacts, *, on: date, table: ResponsibilityTable | None = None
) -> Responsibility:
    """Who is responsible on that day, by the given table or the one in force; there is always an answer."""
    table = table or TABLES.find(on)
    if table is None:
        return _NO_TABLE
    # By the person's own gender. Who is neither woman nor man, or has not said, is offered what either would be:
    # the choice is then one of individual safety, made by people.
    by_company = {company: table.rule_for(facts, company) for company in table.housed_with[facts.gender]}
    rule = next(iter(by_company.values()))
    if rule.responsible is None:
        return _as_parent(rule, responsible_for(facts.as_adult(), on=on, table=table))
    offered = [kind for company, found in by_company.items() for kind in found.options.housed_with(company)]
    for addition in table.additions:
        if addition.applies(row=rule.row, gender=facts.gender, on=on):
            offered += addition.options
    # The row of the one would misname a person who may be offered both.
    reason: Reason | ResponsibilityRule = table.between_women_and_men
    if len({found.id for found in by_company.values()}) == 1:
        reason = rule
    return Responsibility(
        row=rule.row,
        authority=rule.responsible.authority,
        payer=rule.responsible.payer,
        payer_in=rule.responsible.payer_in,
        options=tuple(dict.fromkeys(offered)),
        why=reason.why,
        why_da=reason.why_da,
        needs_review=rule.needs_review,
        table_version=table.version,
    )


def _as_parent(rule: ResponsibilityRule, parent: Responsibility) -> Responsibility:
    return parent.model_copy(
        update={
            "row": rule.row,
            "why": f"{rule.why} For the parent: {parent.why}",
            "why_da": f"{rule.why_da} For forælderen: {parent.why_da}",
        }
    )


_NO_TABLE: Final = Responsibility(
    row=PlacementRow.D,
    authority=HousingAuthority.CMM,
    payer=HousingAuthority.CMM,
    options=(),
    why="Review: no version of the table covers that day, so CMM settles who is responsible.",
    why_da="Gennemgang: ingen version af tabellen dækker den dag, så CMM afklarer ansvaret.",
    needs_review=True,
    table_version="none",
)


def load_table(path: Path) -> ResponsibilityTable:
    """Read one version; raises TableInvalid with a sentence that says where and why."""
    return load(path, ResponsibilityTable)
