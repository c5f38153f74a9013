"""What is asked of a value when it is written. What was accepted once stays readable, whatever has become a rule since."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

AS_STORED: Final = {"stored": True}
"""The context to validate in what we have accepted before: it comes out of a sealed column, or from another service."""


@dataclass(frozen=True, slots=True)
class Written:
    """In an `Annotated` text: `rule` raises a SpokenValueError for what may not be written; `published` says the same as
    JSON Schema, so that the contract and the code do not differ."""

    rule: Callable[[str], str]
    published: dict[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | self.published

    def _check(self, text: str, validation: ValidationInfo) -> str:
        return text if validation.context is AS_STORED else self.rule(text)
