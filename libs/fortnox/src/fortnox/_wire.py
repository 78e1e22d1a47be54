"""The kinds of values in Fortnox's JSON, which writes the same thing in many ways (Fortnox facts 3 and 14).

A number may come as a string, an empty value as "" or null, a boolean as "false". A value that the user
may not see comes as the text API_NORIGHT: that is an error of its own, never a zero.
"""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal
from pydantic_core import PydanticCustomError

from fortnox._errors import FortnoxError, NotAllowed, UnreadableAnswer

NO_RIGHT = "API_NORIGHT"
# Bounded: longer numbers are no amounts, and cost time and memory to calculate with.
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([ T].*)?")  # some dates carry a time


class Wire(BaseModel):
    """A record as Fortnox writes it: unknown fields are ignored, names in PascalCase."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_by_alias=True,
        validate_by_name=True,
    )


Record = TypeVar("Record", bound=Wire)


def parse_json(body: bytes) -> Any:
    """Numbers with decimals as `Decimal`; raises `ValueError` for whatever isn't JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("too deeply nested") from None


def parse_record(model: type[Record], content: Any, *, call: str, where: str, **context: Any) -> Record:
    """A record from parsed JSON; `where` is its place in the answer, for the error."""
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    # Outside the except block: the validation error holds the whole record, which must not travel along.
    field = ".".join([where, *(str(step) for step in first["loc"])])
    kind: type[FortnoxError] = NotAllowed if first["type"] == "no_right" else UnreadableAnswer
    raise kind(call, field=field, **context)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | float):
        raise _wrong("number")
    _check_right(value)
    written = str(value).strip()
    if not NUMBER.fullmatch(written):
        raise _wrong("number")
    return Decimal(written)


def _integer(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise _wrong("integer")
    return int(number)


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    _check_right(value)
    written = DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not written:
        raise _wrong("date")
    try:
        return date.fromisoformat(written[1])
    except ValueError:
        raise _wrong("date") from None


def _boolean(value: Any) -> bool:
    _check_right(value)
    known = {"true": True, "false": False, "1": True, "0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise _wrong("boolean")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
        raise _wrong("text")
    # Neither a lone surrogate nor a NUL can be written to Kafka as UTF-8 or to PostgreSQL.
    return str(value).encode("utf-8", "replace").decode().replace("\0", "")


def _key(value: Any) -> str:
    text = _text(value).strip()
    _check_right(text)
    if not text:
        raise _wrong("key")
    return text


def _none_if_empty(value: Any) -> Any:
    return None if value is None or (isinstance(value, str) and not value.strip()) else value


def _check_right(value: Any) -> None:
    if value == NO_RIGHT:
        raise PydanticCustomError("no_right", "the user may not see this value")


def _wrong(kind: str) -> PydanticCustomError:
    return PydanticCustomError("wrong_" + kind, "not what the field should hold")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _optional(read: Any) -> BeforeValidator:
    """Reads a value that may be empty."""

    def validate(value: Any) -> Any:
        return None if _none_if_empty(value) is None else read(value)

    return BeforeValidator(validate)


Amount = Annotated[Decimal, BeforeValidator(_number)]
Integer = Annotated[int, BeforeValidator(_integer)]
Day = Annotated[date, BeforeValidator(_date)]
Flag = Annotated[bool, BeforeValidator(_boolean)]
Key = Annotated[str, BeforeValidator(_key)]  # what a record is known by: never empty, whatever its wire type

OptionalAmount = Annotated[Decimal | None, _optional(_number)]
OptionalInteger = Annotated[int | None, _optional(_integer)]
OptionalDay = Annotated[date | None, _optional(_date)]
OptionalFlag = Annotated[bool | None, _optional(_boolean)]
OptionalText = Annotated[str | None, _optional(_text)]
FalseIfEmpty = Annotated[bool, BeforeValidator(lambda value: _none_if_empty(value) is not None and _boolean(value))]
PrivateText = Annotated[str | None, _optional(_text), Field(repr=False)]  # persons, texts of invoices and vouchers

Element = TypeVar("Element")
Many = Annotated[list[Element], BeforeValidator(lambda value: [] if _none_if_empty(value) is None else value)]
