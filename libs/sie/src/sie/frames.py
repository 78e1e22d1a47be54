"""Columns handed over to Arrow, polars and pandas: buffers as they are, without a loop in Python.

Needs the extra of that name (`bokbrygga-sie[arrow]`, `[polars]`, `[pandas]`); they are looked for when asked for.
"""

from array import array
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sie.values import NO_DATE

if TYPE_CHECKING:
    from sie.columns import Coded


class Frame:
    """A set of columns of equal length."""

    __slots__ = ()

    DATES: tuple[str, ...] = ()
    NAMES: tuple[str, ...] = ()
    """The columns in the order in which they are handed over."""

    def to_arrow(self) -> Any:
        """A `pyarrow.Table`: amounts int64 in öre, dates date32 with nulls, texts dictionary-coded."""
        arrow = import_module("pyarrow")
        return arrow.table({name: self._column(arrow, name) for name in self.NAMES})

    def to_polars(self) -> Any:
        """A `polars.DataFrame` of what `to_arrow` gives."""
        return import_module("polars").from_arrow(self.to_arrow())

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` of what `to_arrow` gives, with texts as categories."""
        return self.to_arrow().to_pandas(date_as_object=False)

    def _column(self, arrow: Any, name: str) -> Any:
        column = getattr(self, name)
        if not isinstance(column, array):
            return _coded(arrow, column)
        numbers = _numbers(arrow, column)
        return _dates(arrow, numbers) if name in self.DATES else numbers


def _numbers(arrow: Any, column: "array[int]") -> Any:
    types = {"b": arrow.int8(), "i": arrow.int32(), "q": arrow.int64()}
    buffers = [None, arrow.py_buffer(column)]
    return arrow.Array.from_buffers(types[column.typecode], len(column), buffers)


def _dates(arrow: Any, days: Any) -> Any:
    compute = import_module("pyarrow.compute")
    given = compute.not_equal(days, NO_DATE)
    return compute.if_else(given, days, None).cast(arrow.date32())


def _coded(arrow: Any, column: "Coded[Any]") -> Any:
    codes = _numbers(arrow, column.codes)
    if any(isinstance(value, tuple) for value in column.values[:1]):
        pair = arrow.struct([("dimension", arrow.string()), ("object", arrow.string())])
        lists = [[{"dimension": d, "object": o} for d, o in objects] for objects in column.values]
        return arrow.array(lists, arrow.list_(pair)).take(codes)
    return arrow.DictionaryArray.from_arrays(codes, arrow.array(column.values, arrow.string()))
