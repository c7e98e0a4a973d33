r"""Regular expressions that cannot hang: every character of a text is looked at once.

Python's own go back and try again, which `(a+)+$` makes take for ever; whoever types a filter waits
for it on the loop that paints. Here are no back-references and no look-around, so none of that is
needed (Thompson's construction, each set of states remembered). Case never counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_STATES = 1000  # of an expression; what repeats so often is no filter
_MOST_REMEMBERED = 20_000  # steps
_MOST_REPEATS = 200
_DEEPEST = 50  # brackets in brackets


class ExpressionError(ValueError):
    """It cannot be read; the text says what is wrong with it."""


class _Edge(Enum):
    """What stands before or behind a place in a text."""

    NOTHING = "nothing"
    WORD = "word"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Char:
    """One character, and where to go on behind it."""

    test: Callable[[str], bool]
    then: int


@dataclass(frozen=True, slots=True)
class _Fork:
    """Go on at each of these."""

    ways: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Go on where the place is right."""

    test: Callable[[_Edge, _Edge], bool]
    then: int


_Part = _Char | _Fork | _Place
_END = -1  # the expression is found


@dataclass(slots=True, eq=False)
class _Known:
    """A set of states behind a character, and where each next one leads."""

    at: frozenset[int]
    before: _Edge
    then: dict[str, _Known | None] = field(default_factory=dict)  # None: found


class Expression:
    """A compiled expression.

    Raises:
        ExpressionError: It cannot be read, or is none that is understood here.
    """

    def __init__(self, pattern: str) -> None:
        self._parts, self._first = _Parser(pattern).parts()
        self._known: dict[tuple[frozenset[int], _Edge], _Known] = {}
        self._steps = 0

    def is_in(self, text: str) -> bool:
        """Whether it is found anywhere in a text."""
        state = self._state(frozenset({self._first}), _Edge.NOTHING)

        for character in text:
            is_known = character in state.then
            after = state.then[character] if is_known else self._step(state, character)

            if after is None:
                return True

            state = after

        return self._closure(state, _Edge.NOTHING) is None

    def _state(self, at: frozenset[int], before: _Edge) -> _Known:
        key = (at, before)
        known = self._known.get(key)

        if known is None:
            known = self._known[key] = _Known(at, before)
        return known

    def _step(self, state: _Known, character: str) -> _Known | None:
        edge = _Edge.WORD if character.isalnum() or character == "_" else _Edge.OTHER
        reached = self._closure(state, edge)
        self._steps += 1

        if self._steps > _MOST_REMEMBERED:
            self._known.clear()
            self._steps = 0

        if reached is None:
            state.then[character] = None
            return None

        at = frozenset(part.then for part in reached if part.test(character)) | {self._first}
        after = state.then[character] = self._state(at, edge)
        return after

    def _closure(self, state: _Known, behind: _Edge) -> list[_Char] | None:
        """The characters that may come next; None where the end is reached without one."""
        found: list[_Char] = []
        waiting, seen = list(state.at), set(state.at)

        while waiting:
            at = waiting.pop()

            if at == _END:
                return None

            part = self._parts[at]
            ways: Iterable[int] = ()
            if isinstance(part, _Char):
                found.append(part)
            elif isinstance(part, _Fork):
                ways = part.ways
            elif part.test(state.before, behind):
                ways = (part.then,)

            new = [way for way in ways if way not in seen]
            seen.update(new)
            waiting += new

        return found


class _Parser:
    """Reads a pattern into builders: each is told where to go on, and says where it begins."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern.removeprefix("(?i)")
        self._at = 0
        self._depth = 0
        self._parts: list[_Part] = []

    def parts(self) -> tuple[list[_Part], int]:
        """All parts, and the first."""
        build = self._either()

        if self._at < len(self._text):
            raise ExpressionError("a ) has no ( before it")

        first = build(_END)  # for an empty one the end itself
        return self._parts, first

    def _add(self, part: _Part) -> int:
        if len(self._parts) >= _MOST_STATES:
            raise ExpressionError("it repeats too much")

        self._parts.append(part)
        return len(self._parts) - 1

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, what: str) -> bool:
        if not self._text.startswith(what, self._at):
            return False

        self._at += len(what)
        return True

    def _either(self) -> Callable[[int], int]:
        ways = [self._sequence()]

        while self._take("|"):
            ways.append(self._sequence())

        def build(then: int) -> int:
            return self._add(_Fork(tuple(way(then) for way in ways)))

        return ways[0] if len(ways) == 1 else build

    def _sequence(self) -> Callable[[int], int]:
        steps: list[Callable[[int], int]] = []

        while self._next() and self._next() not in "|)":
            steps.append(self._repeated())

        def build(then: int) -> int:
            for step in reversed(steps):
                then = step(then)

            return then

        return build

    def _repeated(self) -> Callable[[int], int]:
        build = self._single()

        while (times := self._times()) is not None:
            self._take("?")  # lazy or not, it is found or not
            build = partial(self._lay_repeated, build, *times)

        return build

    def _lay_repeated(
        self, build: Callable[[int], int], least: int, most: int | None, then: int
    ) -> int:
        if most is None:
            loop = self._add(_Fork(()))
            self._parts[loop] = _Fork((build(loop), then))
            then = loop
        else:
            end = then

            for _ in range(most - least):
                then = self._add(_Fork((build(then), end)))

        for _ in range(least):
            then = build(then)

        return then

    def _times(self) -> tuple[int, int | None] | None:
        for sign, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return times

        closed = self._text.find("}", self._at)

        if self._next() != "{" or closed < 0:
            return None

        least, comma, most = self._text[self._at + 1 : closed].partition(",")

        if not (least or "0").isdecimal() or not (most or "0").isdecimal() or not (least or comma):
            return None  # { is then a character like others

        self._at = closed + 1
        first = int(least or 0)
        last = first if not comma else (int(most) if most else None)

        if max(first, last or 0) > _MOST_REPEATS or (last is not None and last < first):
            raise ExpressionError(f"{{{least}{comma}{most}}} is not a number of times")

        return first, last

    def _single(self) -> Callable[[int], int]:
        character = self._next()
        self._at += 1

        if character in {"*", "+", "?"}:
            raise ExpressionError(f"nothing stands before {character} that it could repeat")

        special: dict[str, Callable[[], Callable[[int], int]]] = {
            "(": self._group,
            "[": lambda: self._char(self._class()),
            "\\": self._escaped,
            ".": lambda: self._char(lambda found: found != "\n"),
            "^": lambda: self._place(lambda before, _: before is _Edge.NOTHING),
            "$": lambda: self._place(lambda _, behind: behind is _Edge.NOTHING),
        }

        return special[character]() if character in special else self._char(_literal(character))

    def _char(self, test: Callable[[str], bool]) -> Callable[[int], int]:
        return lambda then: self._add(_Char(test, then))

    def _place(self, test: Callable[[_Edge, _Edge], bool]) -> Callable[[int], int]:
        return lambda then: self._add(_Place(test, then))

    def _group(self) -> Callable[[int], int]:
        if not self._take("?:") and self._next() == "?":
            raise ExpressionError("(?…) is not understood here, but for (?:…)")

        self._depth += 1

        if self._depth > _DEEPEST:
            raise ExpressionError("too many ( stand in each other")

        build = self._either()
        self._depth -= 1

        if not self._take(")"):
            raise ExpressionError("a ( is not closed")

        return build

    def _escaped(self) -> Callable[[int], int]:
        character = self._next()

        if character in {"b", "B"}:
            self._at += 1
            at_edge = character == "b"
            return self._place(
                lambda before, behind: ((before is _Edge.WORD) != (behind is _Edge.WORD)) is at_edge
            )

        return self._char(self._meant())

    def _meant(self) -> Callable[[str], bool]:
        """What the character behind a backslash stands for."""
        character = self._next()
        self._at += 1

        if not character:
            raise ExpressionError("nothing follows the last \\")

        if character.lower() in _KINDS:
            test = _KINDS[character.lower()]
            return test if character.islower() else lambda found: not test(found)

        if character in _CONTROLS:
            return _literal(_CONTROLS[character])

        if character.isalnum():
            raise ExpressionError(f"\\{character} is not understood here")

        return _literal(character)

    def _class(self) -> Callable[[str], bool]:
        is_not = self._take("^")
        tests: list[Callable[[str], bool]] = []

        while not self._take("]") or not tests:
            tests.append(self._class_member(is_first=not tests))
        return lambda found: any(test(found) for test in tests) is not is_not

    def _class_member(self, *, is_first: bool) -> Callable[[str], bool]:
        if is_first and self._text[self._at - 1] == "]":  # the first one is a character
            self._at -= 1

        first = self._next()
        self._at += 1

        if not first:
            raise ExpressionError("a [ is not closed")

        if first == "\\":
            if self._next().lower() in _KINDS or self._next() in _CONTROLS:
                return self._meant()

            first = self._next()
            self._at += 1

        last = self._text[self._at + 1 : self._at + 2]

        if self._next() != "-" or not last or last == "]":
            return _literal(first)

        self._at += 2

        if last == "\\":
            last = self._next()
            self._at += 1

        if last < first:
            raise ExpressionError(f"{first}-{last} runs backwards")

        return lambda found: any(first <= case <= last for case in _cases(found))


def _literal(character: str) -> Callable[[str], bool]:
    cases = _cases(character)
    return lambda found: found in cases


def _cases(character: str) -> frozenset[str]:
    return frozenset({character, character.lower(), character.upper()})


_KINDS: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "s": str.isspace,
    "w": lambda found: found.isalnum() or found == "_",
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
