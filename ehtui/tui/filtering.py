r"""What `/` understands, in tables, lists and logs alike.

Terms are separated by spaces and all must hold: words; `/expressions/`; `P2`, a partition; `!` in
front of what must not be; and fields such as `lag>1k`, `behind>1m`, `owner:none`. A field is a
column's key or title, how one of them begins, or one of `FACTS`; `:` looks into its text, `=` and
`!=` compare it whole, `<` `>` `<=` `>=` its number, in the units that the screen writes.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, TypeVar

from ehtui.domain.values import Value
from ehtui.tui.expressions import LONGEST_S, Expression, ExpressionError
from ehtui.views.row_facts import NOTHING, RowFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.tui.grid_viewport import RowFilter
    from ehtui.views.cells import Cell, Column, Row

T = TypeVar("T")

HINT = "words  P2  lag>1k  behind>1m  owner:none  age<5m  !not  /expression/"

_FIELD = re.compile(
    r"(?P<field>[^\W\d][^\s:=!<>\"]*)(?P<operator>!=|<=|>=|:|=|<|>)(?P<value>.*)", re.DOTALL
)
_TERM = re.compile(r'!?/(?:[^/\\]|\\.)*/(?=\s|$)|(?:"[^"]*"|\S)+')
_PARTITION = re.compile(r"[Pp](\d+)")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
# Beside the columns, in every table: what a row is about.
FACTS: dict[str, Callable[[RowFacts], tuple[str, ...]]] = {
    "partition": lambda facts: facts.partitions,
    "owner": lambda facts: facts.owner_words,
    "pid": lambda facts: tuple(map(str, facts.pids)),
    "age": lambda facts: () if facts.age_s is None else (str(facts.age_s),),
    "group": lambda facts: (facts.group,) if facts.group else (),
    "kind": lambda facts: (facts.kind,) if facts.kind else (),
}
_AGES = ("age", "up", "since", "at")  # columns that tell a moment: compared by how long ago
_LENGTHS = ("behind", "lease")  # of time
_MOMENT = re.compile(r"\d\d:\d\d(?::\d\d)?")
_CLOCK_CELLS = 8


class FilterError(ValueError):
    """The filter cannot be read; the text says what is wrong with it."""


class Filter(Value, frozen=True):
    """What a row must be to be shown."""

    text: str
    matches: RowFilter
    moves: bool = False  # what it shows changes as time passes
    problems: Sequence[str] = ()  # of an expression that was given up; then all is shown


class Target(Value, frozen=True):
    """What is filtered: a table's columns, and what its rows are about."""

    columns: Sequence[Column] = ()
    facts: Callable[[str], RowFacts] = lambda _: NOTHING

    def about(self, row: Row) -> RowFacts:
        """What a row is about."""
        return self.facts(row.key)


def parse(
    text: str, columns: Sequence[Column], facts: Callable[[str], RowFacts] = lambda _: NOTHING
) -> Filter | None:
    """A filter for rows of these columns; None where there is nothing to filter by.

    Raises:
        FilterError: A field that there is not, a number that is none, a bad expression.
    """
    terms = terms_of(text)

    if not terms:
        return None

    target = Target(columns, facts)
    tests = [_term(term, target) for term in terms]
    moves = any(_name_of(term, target) in _AGES for term in terms)

    problems: list[str] = []
    return Filter(text.strip(), lambda row: hold(tests, row, problems), moves, problems)


def parse_line(text: str, problems: list[str] | None = None) -> Callable[[str], bool] | None:
    """The same language for lines of text, which have no fields; None where there is nothing.

    An expression that is given up later is told in `problems`.

    Raises:
        FilterError: A bad expression.
    """
    tests = [_line_term(term) for term in terms_of(text)]
    told = [] if problems is None else problems

    return (lambda line: hold(tests, line, told)) if tests else None


def terms_of(text: str) -> list[str]:
    """The terms of a filter: what stands in quotes or between slashes is one."""
    return _TERM.findall(text)


def hold(tests: Sequence[Callable[[T], bool]], of: T, problems: list[str]) -> bool:
    """Whether all do. An expression that takes too long is not asked again, and hides nothing."""
    try:
        return bool(problems) or all(test(of) for test in tests)
    except ExpressionError as error:
        problems.append(str(error))
        return True


def _line_term(term: str) -> Callable[[str], bool]:
    if term.startswith("!") and len(term) > 1:
        inner = _line_term(term[1:])
        return lambda line: not inner(line)

    if is_expression(term):
        return expression(term[1:-1]).is_in

    if partition := _PARTITION.fullmatch(term):
        named = expression(rf"\b(?:P{partition[1]}|partition\W{{1,3}}{partition[1]})\b")
        return named.is_in

    word = term.strip('"').casefold()

    return lambda line: word in line.casefold()


def _term(term: str, target: Target) -> RowFilter:
    if term.startswith("!") and len(term) > 1:
        inner = _term(term[1:], target)
        return lambda row: not inner(row)

    if not is_expression(term):
        if (field := _FIELD.fullmatch(term)) is not None:
            return _field(target, **field.groupdict())

        if (partition := _PARTITION.fullmatch(term)) is not None:
            return _partition(target, partition[1])

    is_in = _line_term(term)

    return lambda row: any(is_in(cell.text) for cell in row.cells)


def is_expression(term: str) -> bool:
    """Whether a term is one: `/…/`."""
    return len(term) > 1 and term.startswith("/") and term.endswith("/")


def expression(pattern: str, *, per_turn_s: float = LONGEST_S) -> Expression:
    """One that can be asked.

    Raises:
        FilterError: It cannot be read.
    """
    try:
        return Expression(pattern, per_turn_s=per_turn_s)
    except ExpressionError as error:
        raise FilterError(f"/{pattern}/: {error}") from error


def _partition(target: Target, number: str) -> RowFilter:
    """Rows about that partition: by what they are about, else by its name in their text."""
    named = _line_term(f"P{number}")

    return lambda row: (
        number in target.about(row).partitions or any(named(cell.text) for cell in row.cells)
    )


def _field(target: Target, field: str, operator: str, value: str) -> RowFilter:
    name = _name(target, field)
    wanted = value.strip('"').casefold()

    if operator == ":":
        return lambda row: any(wanted in text.casefold() for text in _texts(target, name, row))

    if operator in ORDERS:
        return _compared(target, name, operator, value)

    is_it = _is(target, name, wanted)

    return is_it if operator == "=" else lambda row: not is_it(row)


def _compared(target: Target, name: str, operator: str, value: str) -> RowFilter:
    order = ORDERS[operator]

    if name in _AGES and (moment := _MOMENT.fullmatch(value)) is not None:
        at = f"{moment[0]}:00"[:_CLOCK_CELLS]
        return lambda row: any(
            order(text[-_CLOCK_CELLS:], at) for text in _texts(target, name, row)
        )

    limit = amount(name, value)

    return lambda row: any(order(number, limit) for number in _numbers(target, name, row))


def _is(target: Target, name: str, wanted: str) -> RowFilter:
    try:
        number = amount(name, wanted)
    except FilterError:
        number = None

    def is_it(row: Row) -> bool:
        if number is not None and number in _numbers(target, name, row):
            return True

        return any(text.strip().casefold() == wanted for text in _texts(target, name, row))

    return is_it


def _texts(target: Target, name: str, row: Row) -> tuple[str, ...]:
    """What is written in that field, and in full what it stands for."""
    place = _place(target, name)
    facts = FACTS[name](target.about(row)) if name in FACTS and name != "age" else ()

    return facts if place is None else (row.cells[place].text, *facts)


def _numbers(target: Target, name: str, row: Row) -> tuple[float, ...]:
    if name in _AGES:
        age_s = target.about(row).age_s
        return () if age_s is None else (age_s,)

    place = _place(target, name)

    if place is not None:
        number = _number_of(row.cells[place])
        return () if number is None else (number,)

    return tuple(float(text) for text in FACTS[name](target.about(row)) if text.isdecimal())


def _number_of(cell: Cell) -> float | None:
    if isinstance(cell.sort, float | int):
        return cell.sort

    found = _NUMBER.fullmatch(cell.text.strip())

    return float(found[0].replace(",", "")) if found else None


# Amounts, as the screen writes them and as one types them.
_NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*")
_AMOUNT = re.compile(r"[~≤≥<>]?(?P<number>[-+]?\d[\d,]*\.?\d*)\s?(?P<unit>[^\W\d]*|%|/s)")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_THOUSANDS = {"": 1.0, "%": 1.0, "/s": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1.0}
_BYTES = {
    **_THOUSANDS,
    **{f"{unit}b": size for unit, size in (("k", 1e3), ("m", 1e6), ("g", 1e9), ("t", 1e12))},
    **{f"{unit}ib": 1024.0**power for power, unit in enumerate("kmgt", 1)},
}


def amount(name: str, value: str) -> float:
    """A number in the units of that field: events, seconds, bytes, a share.

    Raises:
        FilterError: It is none.
    """
    text = value.strip().strip('"')

    if name in (*_AGES, *_LENGTHS):
        return _seconds(name, text)

    found = _AMOUNT.fullmatch(text)
    units = _BYTES if name == "rss" else _THOUSANDS

    if found is None:
        raise FilterError(f"{name} needs a number" + (f", not “{text}”" if text else ""))

    if found["unit"].lower() not in units or found["unit"] == "m":
        kind = "a size such as 200MiB" if name == "rss" else "a number such as 1,000 or 1k"
        raise FilterError(f"{name} needs {kind}, not “{text}”")

    return float(found["number"].replace(",", "")) * units[found["unit"].lower()]


def _seconds(name: str, text: str) -> float:
    """`90`, `90s`, `1m30s`, `2h`."""
    plain = text.lower().lstrip("~≤≥<>")

    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", ""))

    pieces = _LENGTH.findall(plain)

    if not pieces or "".join(number + unit for number, unit in pieces) != plain:
        raise FilterError(f"{name} needs a length of time such as 30s or 1m30s")

    return sum(float(number) * _SECONDS[unit] for number, unit in pieces)


# Names of fields.


def _name_of(term: str, target: Target) -> str:
    field = _FIELD.fullmatch(term.removeprefix("!"))

    return _name(target, field["field"]) if field is not None else ""


def _name(target: Target, field: str) -> str:
    """The key of the column or the name of the fact that is meant."""
    wanted = field.casefold()
    names = [(column.key, column.key, column.title.casefold()) for column in target.columns]
    names += [(fact, fact, fact) for fact in FACTS]

    for is_it in (str.__eq__, str.startswith):
        for key, *known in names:
            if any(is_it(each, wanted) for each in known if each):
                return key

    raise FilterError(_no_field(field, [name for name, *_ in names]))


def _no_field(field: str, names: Sequence[str]) -> str:
    import difflib  # noqa: PLC0415 - only for mistakes

    near = difflib.get_close_matches(field.lower(), names, n=1, cutoff=0.5)

    if near:
        return f"no field “{field}”: did you mean {near[0]}?"

    return f"no field “{field}”; there are {', '.join(dict.fromkeys(names))}"


def _place(target: Target, name: str) -> int | None:
    keys = [column.key for column in target.columns]

    return keys.index(name) if name in keys else None
