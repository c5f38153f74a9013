"""Deadlines follow every change of what they depend on: whoever locks a case says that it changed (`changes.case_changed`), or
stands here with the reason why no deadline depends on what it does. Read from the code; of several locked cases it cannot tell
which one is meant."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from services.identification.case.lifecycle import ALLOWED, DECIDED, Step, after
from tests.tree import ROOT, tree

SERVICE = ROOT / "services" / "identification"
CASE_CHANGED = "case.changes.case_changed"

WORDS = "Words and files about the person: no deadline is computed from them."
OTHERS_KNOW = "Who may know of the case is no deadline's: they run for who decides, CMM, and the child's municipality."
OTHER_PEOPLE = "A deadline is one person's: whom they have to do with moves none."
SUPPORT = "Support is owed from the decision on, without a deadline; what is still to open is an alert and a list."
KEEPING = "How long a case is kept is looked up on the day, not set as a deadline."
NO_DEADLINE = {
    "retention.domain.erase_slip": "What is erased has no deadlines any more.",
    "absence.domain.ask": "Whether somebody is missing is a question to people: no deadline is computed from it.",
    "absence.domain.note_arrival": "Nothing changes in the case: somebody is alerted.",
    "absence.domain.deny": "The question is answered: no deadline was computed from it.",
    "children.notes.write": WORDS,
    "clarification.domain.hold_interview": "It leads to `clarification`; deadlines ask whether it is decided, which it is not.",
    "clarification.domain.recommend": "It leads to `recommended`; deadlines ask whether it is decided, which it is not.",
    "consents.disclosures.disclose": OTHERS_KNOW,
    "consents.disclosures.end": OTHERS_KNOW,
    "consents.domain.confirm": OTHERS_KNOW,
    "consents.domain.record_consent": OTHERS_KNOW,
    "consents.domain.withdraw": OTHERS_KNOW,
    "criminal.domain.record_step": "The criminal track never decides the identification; a court's recognition is a decision.",
    "deadlines.domain.set_deadlines_of_merged": "It sets the deadlines itself.",
    "deadlines.domain.set_missing_deadlines": "It sets the deadlines itself.",
    "evidence.domain.complete": WORDS,
    "evidence.domain.release": WORDS,
    "evidence.domain.remove": WORDS,
    "evidence.domain.scan_again": WORDS,
    "evidence.domain.submit": WORDS,
    "evidence.domain.submit_part": WORDS,
    "indicators.domain.observe": "Signs and their score decide nothing: no status, no authority.",
    "links.domain.add_link": OTHER_PEOPLE,
    "links.domain.drop_suspect": OTHER_PEOPLE,
    "links.domain.name_suspect": OTHER_PEOPLE,
    "links.domain.remove_link": OTHER_PEOPLE,
    "parties.domain.end": OTHERS_KNOW,
    "parties.domain.withdraw": "Whose referral is withdrawn is still a person: every deadline runs on.",
    "person.domain.attempt_contact": "An attempt to reach the person begins and ends nothing.",
    "person.domain.refuse": "Who it was is forgotten; the case goes on until it is decided that the person declined.",
    "retention.domain.end_hold": KEEPING,
    "retention.domain.hold": KEEPING,
    "retention.domain.note_placement": KEEPING,
    "rights.domain.explain": WORDS,
    "support.domain.end_measure": SUPPORT,
    "support.domain.start_measure": SUPPORT,
    "support.domain.state_health_needs": SUPPORT,
}
"""The rules that change a locked case and say nothing, and why no deadline depends on it."""

Functions = Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]


@cache
def modules() -> dict[str, ast.Module]:
    paths = [path for path in sorted(SERVICE.rglob("*.py")) if "migrations" not in path.parts]
    return {".".join(path.relative_to(SERVICE).with_suffix("").parts): tree(path) for path in paths}


class Code:
    """The functions of some modules by their names (`custody.domain.hold`), and which of them calls which."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.functions: Functions = {
            f"{module}.{node.name}": node
            for module, tree in trees.items()
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self.constants = {
            f"{module}.{node.target.id}": node
            for module, tree in trees.items()
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        self.calls = {
            name: called & self.functions.keys()
            for module, tree in trees.items()
            for name, called in _calls_of(module, tree).items()
        }

    def reaching(self, wanted: set[str]) -> set[str]:
        """These, and whatever calls one of them, directly or through others."""
        found = set(wanted)
        while more := {name for name, called in self.calls.items() if called & found} - found:
            found |= more
        return found

    def locks(self) -> set[str]:
        """The functions of repositories that hand out locked cases."""
        giving = {name for name, node in self.functions.items() if ".repository." in name and _gives_case(node)}
        found = {name for name in giving if any(_says(node, "with_for_update") for node in self._sent_by(name))}
        return found | {name for name in giving if self.calls[name] & found}

    def _sent_by(self, name: str) -> Iterator[ast.AST]:
        """The function, and the statements of its module that are made once and that it sends."""
        module, function = name.rpartition(".")[0], self.functions[name]
        yield function
        named = {f"{module}.{each.id}" for each in ast.walk(function) if isinstance(each, ast.Name)}
        yield from (self.constants[each] for each in named & self.constants.keys())

    def rules_that_lock(self) -> set[str]:
        """Async functions outside of repositories that lock a case, or have a helper of their module lock it for them."""
        rules = {
            name
            for name, node in self.functions.items()
            if isinstance(node, ast.AsyncFunctionDef) and ".repository." not in name
        }
        locks = self.locks()
        helpers = {name for name in rules if self.calls[name] & locks and _is_helper(name, self.functions[name])}
        return {name for name in rules - helpers if self.calls[name] & (locks | helpers)}

    def silent(self) -> set[str]:
        """The rules that lock a case and never say that it changed."""
        return self.rules_that_lock() - self.reaching({CASE_CHANGED})

    def unsaid(self, name: str) -> set[str]:
        """The rules with a reason, and whatever nobody calls, through which this function runs without anybody saying so."""
        if name in self.reaching({CASE_CHANGED}):
            return set()
        callers = {caller for caller, called in self.calls.items() if name in called} - {name}
        if name in NO_DEADLINE or not callers:
            return {name}
        return set[str]().union(*(self.unsaid(caller) for caller in callers))


@cache  # a module is read once, also where another one is exchanged
def _calls_of(module: str, tree: ast.Module) -> dict[str, set[str]]:
    """What each function of a module calls, by name."""
    imported = dict(_imported(tree))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {f"{module}.{node.name}": set(_called(node, module, imported)) for node in functions}


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What each name that a module imports from this service stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("services.identification."):
            of = (node.module or "").removeprefix("services.identification.")
            yield from ((each.asname or each.name, f"{of}.{each.name}") for each in node.names)


def _called(node: ast.AST, module: str, imported: Mapping[str, str]) -> Iterator[str]:
    for call in (each.func for each in ast.walk(node) if isinstance(each, ast.Call)):
        if isinstance(call, ast.Name):
            yield imported.get(call.id, f"{module}.{call.id}")
        elif isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
            yield f"{imported.get(call.value.id, call.value.id)}.{call.attr}"


def _gives_case(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return node.returns is not None and any(isinstance(n, ast.Name) and n.id == "Case" for n in ast.walk(node.returns))


def _says(node: ast.AST, attribute: str) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == attribute for each in ast.walk(node))


def _is_helper(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return name.rpartition(".")[2].startswith("_") and _gives_case(node)


@cache
def code() -> Code:
    return Code(modules())


def test_whoever_locks_a_case_says_that_it_changed_or_why_no_deadline_depends_on_that() -> None:
    silent = code().silent()
    assert silent - NO_DEADLINE.keys() == set(), "say `changes.case_changed`, or in NO_DEADLINE why not"
    assert NO_DEADLINE.keys() - silent == set(), "these say so, or lock no case any more"


def test_the_search_finds_every_way_to_a_lock() -> None:
    locks = {"lock_case", "lock_pair", "case_for_itself"} | {"lock_cases_with_due_entries", "take_without_deadlines"}
    assert locks <= {name.rpartition(".")[2] for name in code().locks()}
    locking = code().rules_that_lock()
    assert {
        "risk.domain.assess",
        "children.domain.assess",
        "evidence.domain.remove",
        "parties.domain.withdraw",
    } <= locking
    assert {
        "merging.domain.merge",
        "person.legal_status.take_effect",
        "deadlines.domain.set_missing_deadlines",
    } <= locking
    assert {"children.domain._lock_child", "evidence.domain._lock", "case.repository.lock_pair"}.isdisjoint(locking)


@pytest.mark.parametrize(
    "rule",
    [
        "risk.domain.assess",
        "children.domain.assess",
        "custody.domain.end",
        "merging.domain.merge",
        "decisions.closing.close",
        "periods.domain.extend_period",
    ],
)
def test_a_rule_that_forgets_to_say_so_is_found(rule: str) -> None:
    module = rule.rpartition(".")[0]
    forgetful = ast.unparse(modules()[module]).replace("changes.case_changed(", "asyncio.sleep(")
    assert rule in Code(modules() | {module: ast.parse(forgetful)}).silent()


# ---------------------------------------------------------------- the reasons are true


def _read_by_deadlines() -> set[str]:
    """The attributes of a case that its deadlines are computed from."""
    elsewhere = "deadlines.repository.going_on_elsewhere"
    readers = [
        code().functions[name] for name in ("deadlines.domain._basis_of", elsewhere, "periods.lengths.is_suspended")
    ]
    return {
        node.attr
        for reader in readers
        for node in ast.walk(reader)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "case"
    } - {"id"}


def _set_of_cases(node: ast.AST) -> set[str]:
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and ast.unparse(each.value) in {"case", "surviving", "other"}
    }


def test_whoever_sets_what_deadlines_read_of_a_case_has_somebody_say_so() -> None:
    read = _read_by_deadlines()
    assert {"status", "authority", "custody_since", "child_assessed_at", "merged_into", "residence_basis"} <= read
    setting = {name for name, node in code().functions.items() if _set_of_cases(node) & read}
    assert {
        "custody.arrests.take",
        "authority.domain.route",
        "children.domain.protect",
        "case.lifecycle.take",
    } <= setting
    unsaid = set[str]().union(*(code().unsaid(name) for name in setting))
    assert unsaid == {"clarification.domain.hold_interview", "clarification.domain.recommend"}, "of which more below"


@pytest.mark.parametrize("step", [Step.INTERVIEW, Step.RECOMMEND])
def test_interviews_and_recommendations_lead_neither_into_a_decision_nor_out_of_it(step: Step) -> None:
    assert all((after(status, step) in DECIDED) is (status in DECIDED) for status in ALLOWED[step])
