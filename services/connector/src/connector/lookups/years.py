"""Which of Fortnox's financial years is the one that the product works in, and what differs when none is."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from common.events import FinancialYear, Trouble
from common.problems import INVALID_REQUEST, ProblemError
from connector.lookups import problems
from connector.lookups.answers import FinancialYears, Year


def _written_out(value: object) -> object:
    """pydantic would take a number of seconds for a day too."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise PydanticCustomError("date", "must be written YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]


def wished_year(begins: date | None, ends: date | None) -> FinancialYear | None:
    """The year with these days, of which there are both or none. Raises ProblemError."""
    if begins is None and ends is None:
        return None
    if begins is None or ends is None:
        raise INVALID_REQUEST.error(fields=f"query.{'from' if begins is None else 'to'} (missing)")
    if begins > ends:
        raise INVALID_REQUEST.error(fields="query.to (before_from)")
    return FinancialYear(from_date=begins, to_date=ends)


def compared(years: Sequence[Year], wished: FinancialYear | None) -> FinancialYears:
    """All years, newest first, and the one with exactly the wished days. Without a wish none is looked for."""
    newest_first = tuple(sorted(years, key=lambda year: year.from_date, reverse=True))
    if wished is None:
        return FinancialYears(years=newest_first, matching=None, trouble=None)
    matching = next((one.id for one in years if _days(one) == wished), None)
    trouble = None if matching is not None else Trouble.of(_difference(newest_first, wished))
    return FinancialYears(years=newest_first, matching=matching, trouble=trouble)


def _difference(years: Sequence[Year], wished: FinancialYear) -> ProblemError:
    found = [_days(one) for one in years if one.from_date <= wished.to_date and one.to_date >= wished.from_date]
    if not found:
        return problems.YEAR_MISSING.error(product_year=wished)
    if len(found) == 1 and found[0].from_date == wished.from_date:
        return problems.YEAR_ENDS_OTHERWISE.error(**_both(found[0], wished))
    if len(found) == 1 and found[0].to_date == wished.to_date:
        return problems.YEAR_STARTS_OTHERWISE.error(**_both(found[0], wished))
    return problems.YEAR_DIFFERS.error(product_year=wished, fortnox_years=", ".join(map(str, reversed(found))))


def _both(ours: FinancialYear, wished: FinancialYear) -> dict[str, object]:
    return {
        "product_year": wished,
        "product_from": wished.from_date,
        "product_to": wished.to_date,
        "fortnox_year": ours,
        "fortnox_from": ours.from_date,
        "fortnox_to": ours.to_date,
    }


def _days(year: Year) -> FinancialYear:
    return FinancialYear(from_date=year.from_date, to_date=year.to_date)
