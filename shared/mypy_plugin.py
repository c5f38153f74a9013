"""mypy refuses an event class with a personal field, as the import does: `name: Personal[str]` never gets past a review."""

from collections.abc import Callable

from mypy.nodes import AssignmentStmt, NameExpr
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import AnyType, Instance, ProperType, TupleType, Type, UnionType, get_proper_type

PERSONAL = "shared.personal.Personal"
EVENT_BASES = {"shared.events.base.Event", "shared.events.base.CaseEvent", "shared.events.base.ReferralEvent"}


class HavnPlugin(Plugin):
    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return _refuse_personal_fields if fullname in EVENT_BASES else None


def _refuse_personal_fields(context: ClassDefContext) -> None:
    for statement in context.cls.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.unanalyzed_type is None:
            continue
        analysed = context.api.anal_type(statement.unanalyzed_type)
        if analysed is not None and _is_personal(get_proper_type(analysed)):
            name = statement.lvalues[0].name if isinstance(statement.lvalues[0], NameExpr) else "?"
            context.api.fail(f'Event field "{context.cls.name}.{name}" carries personal data', statement)


def _is_personal(found: ProperType) -> bool:
    if isinstance(found, AnyType):
        return False
    parts: list[Type] = []
    if isinstance(found, UnionType | TupleType):
        parts = list(found.items)
    elif isinstance(found, Instance):
        if found.type.fullname == PERSONAL:
            return True
        parts = list(found.args)
    return any(_is_personal(get_proper_type(part)) for part in parts)


def plugin(version: str) -> type[Plugin]:
    return HavnPlugin
