"""What a case should be after the steps it has taken: the rules of its life, told a second time and in few words."""

from dataclasses import dataclass, field

POSITIVE, WITHOUT_ASSESSMENT = "assessed_trafficked", {"declined", "disappeared", "withdrawn"}
UNDECIDED, OPEN = {"referred", "clarification", "recommended"}, {"referred", "clarification", "recommended", "decided"}
WHILE_PENDING = {"contact_person", "doctor", "psychologist", "midwife", "legal_aid", "other"}


@dataclass
class Decided:
    id: str
    authority: str
    outcome: str
    is_current: bool = True
    replaced_by: "Decided | None" = None

    @property
    def stands(self) -> bool:
        if self.outcome != POSITIVE:
            return False
        return self.is_current or (self.replaced_by is not None and self.replaced_by.stands)


@dataclass
class Model:
    """What the case should be."""

    authority: str
    status: str = "referred"
    is_of_review: bool = False
    court_recognised: bool = False
    missing: bool = False
    missing_or_found_on: str = ""
    """The day of the last word about it; the next word is of that day or later."""
    decisions: list[Decided] = field(default_factory=list)
    appeals: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """For each appeal the decision, and whether it is open."""
    periods: dict[str, tuple[str, str]] = field(default_factory=dict)
    """For each period the decision that gave it, and its end."""
    has_contact_person: bool = False
    departed: bool = False
    merged_into: str | None = None
    consents: dict[str, bool] = field(default_factory=dict)
    """For each consent of the recipient whether it stands."""
    followed_up: dict[int, bool] = field(default_factory=dict)

    def current(self, authority: str) -> Decided | None:
        return next((each for each in self.decisions if each.authority == authority and each.is_current), None)

    @property
    def is_positive(self) -> bool:
        return any(each.is_current and each.outcome == POSITIVE for each in self.decisions)

    @property
    def removal_hold(self) -> bool:
        return any(is_open for _, is_open in self.appeals.values())

    @property
    def has_standing_period(self) -> bool:
        stands = {each.id for each in self.decisions if each.stands}
        return any(decision in stands for decision, _ in self.periods.values())

    def may_decide(self, authority: str, outcome: str, replaces: str | None) -> bool:
        current = self.current(authority)
        if replaces != (current.id if current else None):
            return False
        if authority == "COURT":
            return True
        if self.status == "closed":
            return False
        if authority != ("CMM" if self.authority == "COURT" else self.authority):
            return False
        if outcome in WITHOUT_ASSESSMENT:
            return True
        again = replaces is not None or self.court_recognised
        return self.status == "recommended" or (again and self.status == "decided")

    def decide(self, decided: Decided) -> None:
        if before := self.current(decided.authority):
            before.is_current, before.replaced_by = False, decided
        self.decisions.append(decided)
        if decided.authority != "COURT":
            self.status = "decided"
        elif decided.outcome == POSITIVE:
            self.status, self.court_recognised = "decided", True
            if self.authority == "needs_review":
                self.authority = "COURT"
        elif before and before.outcome == POSITIVE:
            self.court_recognised = False
            if all(each.authority == "COURT" for each in self.decisions if each.is_current):
                self.status = "clarification" if self.status in ("decided", "closed") else self.status
                self.authority = "needs_review" if self.authority == "COURT" else self.authority

    def may_grant(self) -> bool:
        positive = [each for each in self.decisions if each.is_current and each.outcome == POSITIVE]
        if self.status == "closed" or not positive or self.has_standing_period:
            return False
        # A court's judgment over somebody whose stay is unclear does not say which of the two periods it is.
        return not (self.is_of_review and all(each.authority == "COURT" for each in positive))

    def supports(self, kind: str) -> bool:
        if self.status == "closed":
            return kind == "contact_person"
        allowed = {"contact_person"} if self.status == "decided" else WHILE_PENDING
        return self.is_positive or kind in allowed
