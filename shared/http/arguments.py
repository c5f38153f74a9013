"""What an endpoint is called with: its arguments, read from a request by a plan that is made once, with the endpoint.

FastAPI finds out what an endpoint takes, and answers for its types; what it would find out of that anew for each request stands
in the plan (docs/adr/0027)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form

from shared.http.handling import NOTHING, body_said

Errors = list[Any]


class NotTaken(TypeError):
    """An endpoint was defined that takes what none of ours does: a form, a cookie, two bodies, a plain function as dependency."""


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of a request: where it stands, and what it becomes."""

    name: str
    place: tuple[str, ...]
    """As an error names it: `query`, `limit`."""
    read: Callable[[Request], Any]
    validate: Callable[..., tuple[Any, Errors]]
    default: Callable[[], Any]
    is_required: bool

    def take(self, request: Request, values: dict[str, Any], errors: Errors) -> None:
        """Add it to the values; or what is wrong with it to the errors."""
        given = self.read(request)
        if given is not NOTHING:
            value, wrong = self.validate(given, {}, loc=self.place)
            errors.extend(wrong)
            if not wrong:
                values[self.name] = value
        elif self.is_required:
            errors.append({"type": "missing", "loc": self.place, "msg": "Field required", "input": None})
        else:
            values[self.name] = self.default()


def _value(field: Any, read: Callable[[Request], Any], *place: str) -> _Value:
    info = field.field_info
    if isinstance(info, Form) or info.validate_default:
        raise NotTaken(f"{field.name}: no form is taken, and a default is as it stands.")
    return _Value(field.name, place, read, field.validate, field.get_default, info.is_required())


_PARTS: Final[Mapping[str, Callable[[Request], Mapping[str, Any]]]] = {
    "path": lambda request: request.path_params,
    "query": lambda request: request.query_params,
    "header": lambda request: request.headers,
}


def _parameter(field: Any, part: str) -> _Value:
    name = field.alias.replace("_", "-") if part == "header" else field.alias
    return _value(field, lambda request: _PARTS[part](request).get(name, NOTHING), part, name)


class Arguments:
    """What one endpoint, or one of its dependencies, is called with."""

    def __init__(self, dependant: Dependant) -> None:
        """Raises NotTaken."""
        if dependant.cookie_params or len(dependant.body_params) > 1:
            raise NotTaken(f"{dependant.call}: no cookies are taken, and one body.")
        self._before = [(inner.name, _coroutine(inner.call), Arguments(inner)) for inner in dependant.dependencies]
        self._own = [
            *(_parameter(field, "path") for field in dependant.path_params),
            *(_parameter(field, "query") for field in dependant.query_params),
            *(_parameter(field, "header") for field in dependant.header_params),
            *(_value(field, body_said, "body") for field in dependant.body_params),
        ]
        self._request = dependant.request_param_name

    async def of(self, request: Request) -> dict[str, Any]:
        """The arguments by their names. Raises RequestValidationError with all that is wrong, or what a dependency raises."""
        errors: Errors = []
        values = await self.read(request, errors)
        if errors:
            raise RequestValidationError(errors)
        return values

    async def read(self, request: Request, errors: Errors) -> dict[str, Any]:
        """What is right of them by name; what is wrong is added to the errors."""
        values: dict[str, Any] = {}
        for name, call, arguments in self._before:
            wrong: Errors = []
            given = await arguments.read(request, wrong)
            if wrong:
                errors.extend(wrong)
                continue
            value = await call(**given)
            if name is not None:
                values[name] = value
        for each in self._own:
            each.take(request, values, errors)
        if self._request is not None:
            values[self._request] = request
        return values


def _coroutine(call: Any) -> Callable[..., Awaitable[Any]]:
    if iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__):
        found: Callable[..., Awaitable[Any]] = call
        return found
    raise NotTaken(f"{call} is no coroutine: make it one, though it waits for nothing.")
