"""Personal data as a type: it prints as nothing, and no event can hold it."""

from datetime import date
from typing import Annotated, Any, Final, Generic, TypeVar, get_args

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shared.kernel.errors import SpokenValueError
from shared.kernel.strict_json import UNWANTED
from shared.kernel.text import AS_STORED, INVISIBLE, Written, is_blank

T = TypeVar("T")


class Personal(Generic[T]):
    """A value about a person. `value` opens it; its `repr` and `str` never show it; JSON (an answer, a sealed document) does."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<personal>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # No union of "one of these" and "what is inside": what is refused would be named by both, in words about our classes.
        return core_schema.no_info_wrap_validator_function(
            cls._wrap,
            handler.generate_schema(*(get_args(source) or (str,))),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda personal: personal.value),
        )

    @classmethod
    def _wrap(cls, given: Any, validate: ValidatorFunctionWrapHandler) -> "Personal[T]":
        return given if isinstance(given, cls) else cls(validate(given))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        wrapped: Any = schema
        # As the item of a list: asked for directly, the handler passes by what the inner type says of itself (`Day`'s pattern).
        listed = handler(core_schema.list_schema(wrapped["schema"]))
        return {**listed["items"], "x-personal": True}


def _says_something(text: str) -> str:
    if is_blank(text):
        raise SpokenValueError("Write something here; spaces alone say nothing.")
    return text


WORDS: Final = Written(_says_something, {"pattern": rf"^[^{UNWANTED}]*[^\s{UNWANTED}{INVISIBLE}][^{UNWANTED}]*$"})
"""In an `Annotated` text: it has more in it than spaces and what cannot be seen."""

PersonalName = Personal[Annotated[str, StringConstraints(min_length=1, max_length=200), WORDS]]
PersonalText = Personal[Annotated[str, StringConstraints(min_length=1, max_length=10_000), WORDS]]
PersonalCode = Personal[Annotated[str, StringConstraints(min_length=1, max_length=64), WORDS]]


class Unreadable:
    """In a body, in place of a required text in which nothing can be seen: it is read as null."""


UNREADABLE: Final = Unreadable()


class _Required:
    """In an `Annotated` text or None: null is no text, though what cannot be read becomes null."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._wrap, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        published = handler(schema)
        return published["anyOf"][0] if handler.mode == "validation" else published

    def _wrap(self, given: Any, validate: ValidatorFunctionWrapHandler, validation: ValidationInfo) -> Any:
        if given is UNREADABLE:
            return None
        if given is None and validation.context is not AS_STORED:
            raise SpokenValueError("Write something here; null says nothing.")
        return validate(given)


Present = Annotated[T | None, _Required()]
"""A text that must be sent, and is null where nothing could be seen in it."""
PersonalDate = Personal[date]
