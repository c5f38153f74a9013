"""Personal data as a type: it prints as nothing, and no event can hold it."""

from datetime import date
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

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
        inner = handler.generate_schema(*(get_args(source) or (str,)))
        wrap = core_schema.no_info_after_validator_function(cls, inner)
        return core_schema.json_or_python_schema(
            json_schema=wrap,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), wrap]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda personal: personal.value),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        wrapped: Any = schema
        # As the item of a list: asked for directly, the handler passes by what the inner type says of itself (`Day`'s pattern).
        listed = handler(core_schema.list_schema(wrapped["json_schema"]["schema"]))
        return {**listed["items"], "x-personal": True}


PersonalName = Personal[Annotated[str, StringConstraints(min_length=1, max_length=200)]]
PersonalText = Personal[Annotated[str, StringConstraints(min_length=1, max_length=10_000)]]
PersonalCode = Personal[Annotated[str, StringConstraints(min_length=1, max_length=64)]]
PersonalDate = Personal[date]
