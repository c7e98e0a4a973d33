"""What `/` understands of events: words of any part, and fields that events have.

`key:room`, `prop:name`, `prop:name=value`, `system:name=value`, `type:json`, `P2`, `seq>=920`,
`size>10k`, `/expression/`, `!` in front of what must not be. All must hold.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import field

from ehtui.domain.values import Value
from ehtui.tui.filtering import (
    ORDERS,
    FilterError,
    amount,
    expression,
    hold,
    is_expression,
    parse_line,
    terms_of,
)
from ehtui.views.events.body import glance, kind_of, searched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ehtui.domain.world.events import Event
    from ehtui.tui.expressions import Expression

    EventTest = Callable[[Event], bool]

HINT = "words  P2  key:room  prop:type=minutes  type:json  seq>=920  size>10k  !not  /expression/"
_PER_TURN_S = 0.5  # of each second: thousands are asked about, a few at a time
_FIELD = re.compile(
    r"(?P<field>[a-z]+)(?P<operator>!=|<=|>=|:|=|<|>)(?P<value>.*)", re.DOTALL | re.IGNORECASE
)
_PARTITION = re.compile(r"[Pp](\d+)")
_NAMED = re.compile(r'(?P<name>"[^"]*"|[^=]*)(?:=(?P<value>.*))?', re.DOTALL)
_TEXTS: dict[str, Callable[[Event], Iterable[str]]] = {
    "key": lambda event: () if event.key is None else (event.key,),
    "type": lambda event: (kind_of(event, glance(event)), event.content_type or ""),
    "partition": lambda event: (event.partition,),
    "body": lambda event: (searched(event),),
    "offset": lambda event: (event.offset,),
}
_PAIRS: dict[str, Callable[[Event], Iterable[tuple[str, object]]]] = {
    "prop": lambda event: event.properties,
    "system": lambda event: event.system,
}
_NUMBERS: dict[str, Callable[[Event], float]] = {
    "seq": lambda event: event.sequence,
    "size": lambda event: event.size_bytes,
}
_OTHER_NAMES = {
    "sequence": "seq",
    "property": "prop",
    "properties": "prop",
    "p": "partition",
    "kind": "type",
    "sys": "system",
}
FIELDS = (*_TEXTS, *_PAIRS, *_NUMBERS)


class EventFilter(Value, frozen=True):
    """What an event must be to be shown."""

    text: str
    tests: Sequence[EventTest]
    expressions: Sequence[Expression] = ()
    problems: list[str] = field(default_factory=list)  # of an expression that was given up

    def matches(self, event: Event) -> bool:
        """Whether it is shown. An expression that takes too long hides nothing from then on."""
        return hold(self.tests, event, self.problems)

    @property
    def rests_s(self) -> float:
        """How long to wait before many more events are asked about: expressions have their time."""
        return max((each.rests_s for each in self.expressions), default=0.0)


def parse_events(text: str) -> EventFilter | None:
    """A filter for events; None where there is nothing to filter by.

    Raises:
        FilterError: A field that there is not, a number that is none, a bad expression.
    """
    expressions: list[Expression] = []
    tests = [_term(term, expressions) for term in terms_of(text)]

    return EventFilter(text.strip(), tests, expressions) if tests else None


def _term(term: str, expressions: list[Expression]) -> EventTest:
    if term.startswith("!") and len(term) > 1:
        inner = _term(term[1:], expressions)
        return lambda event: not inner(event)

    if (partition := _PARTITION.fullmatch(term)) is not None:
        number = partition[1]
        return lambda event: event.partition == number

    if is_expression(term):
        asked = expression(term[1:-1], per_turn_s=_PER_TURN_S)
        expressions.append(asked)
        return lambda event: any(map(asked.is_in, _everything(event)))

    found = None if term.startswith('"') else _FIELD.fullmatch(term)

    if found is not None:
        return _field(found["field"].lower(), found["operator"], found["value"])

    is_in = parse_line(term)

    return lambda event: is_in is None or any(map(is_in, _everything(event)))


def _everything(event: Event) -> Iterable[str]:
    """What words are looked for in, the cheapest first."""
    yield from _TEXTS["key"](event)

    for name, value in (*event.properties, *event.system):
        yield name
        yield _written(value)

    yield searched(event)


def _written(value: object) -> str:
    """As the details show it."""
    if isinstance(value, bytes):
        return value.hex(" ")

    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]

    return str(value)


def _field(field: str, operator: str, value: str) -> EventTest:
    name = _OTHER_NAMES.get(field, field)

    if name not in FIELDS:
        raise FilterError(f"no field “{field}”; events have {', '.join(FIELDS)}")

    if name in _NUMBERS:
        return _number(name, operator, value)

    if operator in ORDERS:
        raise FilterError(f"{name} has no order: use {name}:text or {name}=text")

    is_negated = operator == "!="
    test = _pair(name, value) if name in _PAIRS else _text(name, operator, value)

    return (lambda event: not test(event)) if is_negated else test


def _text(name: str, operator: str, value: str) -> EventTest:
    wanted, texts = value.strip('"').casefold(), _TEXTS[name]

    if operator == ":" and name != "partition":
        return lambda event: any(wanted in text.casefold() for text in texts(event))

    return lambda event: any(text.casefold() == wanted for text in texts(event))


def _pair(name: str, text: str) -> EventTest:
    """`prop:name`: it has one of that name; `prop:name=value`: and that is its value."""
    found, pairs = _NAMED.fullmatch(text), _PAIRS[name]
    wanted = (found["name"] if found is not None else text).strip('"').casefold()
    value = found["value"] if found is not None else None

    if value is None:
        return lambda event: any(key.casefold() == wanted for key, _ in pairs(event))

    worth = value.strip('"').casefold()

    return lambda event: any(
        key.casefold() == wanted and _written(value).casefold() == worth
        for key, value in pairs(event)
    )


def _number(name: str, operator: str, value: str) -> EventTest:
    number = _NUMBERS[name]
    limit = amount("rss" if name == "size" else name, value)

    if operator in ORDERS:
        order = ORDERS[operator]
        return lambda event: order(number(event), limit)

    is_negated = operator == "!="

    return lambda event: (number(event) == limit) is not is_negated
