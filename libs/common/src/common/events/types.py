"""The small types that events are made of."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from common.problems import ProblemError

ConnectionId = UUID
"""A connection between one assignment in the product and one company in Fortnox: opaque, never a company number."""


LONGEST_AMOUNT = 30  # digits before or after the point: 1E+999999999 would take a gigabyte to write out


def _finite(amount: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -LONGEST_AMOUNT or amount.adjusted() > LONGEST_AMOUNT:
        msg = "an amount must be a finite number of a reasonable length"
        raise ValueError(msg)
    return amount


Amount = Annotated[
    Decimal,
    AfterValidator(_finite),
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["1250.00"]}),
]
"""A decimal string; SEK unless a currency stands beside it."""

Timestamp = AwareDatetime
"""RFC 3339, UTC."""


class Model(BaseModel):
    """Anything inside an event: never changed once made; unknown fields are tolerated."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        ser_json_bytes="base64",
        val_json_bytes="base64",
        use_attribute_docstrings=True,  # they become the fields' descriptions in docs/
        json_schema_serialization_defaults_required=True,  # what we send is always whole
    )


class FinancialYear(Model):
    """A financial year by its first and last day; rarely longer than 18 months, not always a calendar year."""

    from_date: date
    to_date: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_date > self.to_date:
            msg = "from_date is after to_date"
            raise ValueError(msg)
        return self

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.from_date <= day <= self.to_date

    def __str__(self) -> str:
        return f"{self.from_date}–{self.to_date}"


class Trouble(Model):
    """A catalogued problem as an event tells it."""

    code: str
    swedish: str
    next_step: str
    english: str
    data: dict[str, str] = {}

    @classmethod
    def of(cls, error: ProblemError) -> "Trouble":
        return cls(
            code=error.problem.code,
            swedish=error.swedish,
            next_step=error.next_step,
            english=error.english,
            data={name: str(value) for name, value in error.data.items()},
        )
