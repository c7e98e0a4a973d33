r"""What `/` understands: words, /regular expressions/, `!` and fields such as `lag>1000`.

Terms are separated by spaces and all must hold. A field is a column's key or title, or how one of
them begins; `:` looks into its text, `=` and `!=` compare it whole, `<` `>` `<=` `>=` its number.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.tui.grid_viewport import RowFilter
    from ehtui.views.cells import Cell, Column

_FIELD = re.compile(r"(?P<field>[^\s:=!<>]+)(?P<operator>!=|<=|>=|:|=|<|>)(?P<value>.*)")
_NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*")
_TERM = re.compile(r'!?/(?:[^/\\]|\\.)*/|(?:"[^"]*"|\S)+')
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class FilterError(ValueError):
    """The filter cannot be read; the text says what is wrong with it."""


def parse(text: str, columns: Sequence[Column]) -> RowFilter | None:
    """A filter for rows of these columns; None where there is nothing to filter by.

    Raises:
        FilterError: A field that no column has, a number that is none, a bad expression.
    """
    terms = [_term(term, columns) for term in _TERM.findall(text)]

    if not terms:
        return None

    return lambda row: all(term(row) for term in terms)


def _term(term: str, columns: Sequence[Column]) -> RowFilter:
    if term.startswith("!") and len(term) > 1:
        inner = _term(term[1:], columns)
        return lambda row: not inner(row)

    if len(term) > 1 and term.startswith("/") and term.endswith("/"):
        expression = _expression(term[1:-1])
        return lambda row: any(expression.search(cell.text) for cell in row.cells)

    field = _FIELD.fullmatch(term)

    if field is not None:
        return _field(columns, **field.groupdict())

    word = term.strip('"').casefold()

    return lambda row: any(word in cell.text.casefold() for cell in row.cells)


def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise FilterError(f"/{pattern}/: {error}") from error


def _field(columns: Sequence[Column], field: str, operator: str, value: str) -> RowFilter:
    place = _place(columns, field)
    wanted = value.strip('"').casefold()

    if operator == ":":
        return lambda row: wanted in row.cells[place].text.casefold()

    if operator in _ORDERS:
        limit = _number(wanted)

        if limit is None:
            raise FilterError(f"{field}{operator} needs a number")

        return _compared(place, _ORDERS[operator], limit)

    if operator == "=":
        return lambda row: _is(row.cells[place], wanted)

    return lambda row: not _is(row.cells[place], wanted)


def _compared(place: int, order: Callable[[float, float], bool], limit: float) -> RowFilter:
    def matches(cell: Cell) -> bool:
        number = cell.sort if isinstance(cell.sort, float | int) else _number(cell.text)

        return number is not None and order(number, limit)

    return lambda row: matches(row.cells[place])


def _is(cell: Cell, wanted: str) -> bool:
    number = _number(wanted)

    if number is not None and isinstance(cell.sort, float | int):
        return cell.sort == number

    return cell.text.strip().casefold() == wanted


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text.strip())

    return float(found[0].replace(",", "")) if found else None


def _place(columns: Sequence[Column], field: str) -> int:
    wanted = field.casefold()
    names = [(column.key.casefold(), column.title.casefold()) for column in columns]

    for is_it in (str.__eq__, str.startswith):
        for place, name in enumerate(names):
            if any(is_it(part, wanted) for part in name if part):
                return place

    known = ", ".join(column.key for column in columns)
    raise FilterError(f"no field {field}; there are {known}")
