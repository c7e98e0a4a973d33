"""Which events `ehtui events` shows: where each partition begins, and what an event must be."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.values import Value
from ehtui.domain.world.events import AtOffset, AtSequence, AtTime, Earliest, Latest, Position
from ehtui.views.events.starting import StartError, start_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regex import Pattern

    from ehtui.domain.snapshot import GroupState
    from ehtui.domain.world.events import Event, EventLookup
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.views.events.starting import Start

AROUND = 20  # events that `--around` shows, half of them before
LOOK_UP_S = 15.0
EXPRESSION_S = 2.0  # that one event may take it
_LAST = re.compile(r"-(\d{1,9})")


class LastOnes(Value, frozen=True):
    """So many events of each partition, from its end."""

    count: int


def beginning_of(text: str, now: float, utc_offset_s: float) -> LastOnes | Start:
    """What `--from` says; None is the checkpoint.

    Raises:
        ConfigError: It is no place to begin at.
    """
    if last := _LAST.fullmatch(text.strip()):
        return LastOnes(int(last[1]))

    try:
        return start_of(text, now, utc_offset_s)
    except StartError as error:
        raise ConfigError(f"{error}.", "--from -10 shows the last ten of each partition.") from None


def positions_from(
    beginning: LastOnes | Start,
    names: Iterable[str],
    samples: Mapping[str, PartitionSample],
    group: GroupState | None,
) -> dict[str, Position]:
    """Where each partition begins: behind its checkpoint, so many before its end, or just there.

    Only the last ones need `samples`.
    """
    if beginning is None:
        return {name: _behind_checkpoint(name, group) for name in names}

    if isinstance(beginning, LastOnes):
        return {name: _last_of(samples[name], beginning.count) for name in names}

    return dict.fromkeys(names, beginning)


def _last_of(sample: PartitionSample, count: int) -> Position:
    first = sample.last_sequence - count + 1

    if sample.is_empty or not count:
        return Latest()

    return AtSequence(first) if first > sample.begin_sequence else Earliest()


def _behind_checkpoint(partition: str, group: GroupState | None) -> Position:
    state = group.partition(partition) if group is not None else None
    checkpoint = state.checkpoint if state is not None else None

    if checkpoint is not None and checkpoint.sequence is not None:
        return AtSequence(checkpoint.sequence, is_inclusive=False)

    if checkpoint is not None and checkpoint.offset:
        return AtOffset(checkpoint.offset)

    return Earliest()


async def positions_around(
    positions: Mapping[str, Position],
    samples: Mapping[str, PartitionSample],
    half: int,
    lookup: EventLookup,
) -> dict[str, Position]:
    """The same, but for so many events before each.

    Raises:
        ProblemError: What stands at a position could not be read.
    """
    return {
        name: await _before(name, position, samples[name], half, lookup)
        for name, position in positions.items()
    }


async def _before(
    name: str, position: Position, sample: PartitionSample, half: int, lookup: EventLookup
) -> Position:
    first = sample.last_sequence + 1

    match position:
        case AtSequence(sequence, is_inclusive):
            first = sequence + (not is_inclusive)
        case AtTime() | AtOffset():
            event = await lookup.read_at(name, position, LOOK_UP_S)
            first = first if event is None else event.sequence
        case Earliest():
            return position

    first -= half
    return AtSequence(first) if first > sample.begin_sequence else Earliest()


class Wanted:
    """What an event must be to be shown: everything that was asked for."""

    def __init__(self, grep: str | None, key: str | None, properties: list[str] | None) -> None:
        self._text: str | None = None
        self._pattern: Pattern[str] | None = None
        self._key = key
        self._properties = [_pair(each) for each in properties or ()]

        if grep is not None and len(grep) > 1 and grep[0] == grep[-1] == "/":
            self._pattern = _compiled(grep[1:-1])
        elif grep:
            self._text = grep.casefold()

    def matches(self, event: Event) -> bool:
        """Whether it is shown.

        Raises:
            ProblemError: An expression takes for ever.
        """
        if self._key is not None and event.key != self._key:
            return False

        given = [(name, str(value)) for name, value in event.properties]

        for name, value in self._properties:
            if not any(name == n and value in (None, v) for n, v in given):
                return False

        return (self._text is None and self._pattern is None) or self._is_in(_text_of(event))

    def _is_in(self, text: str) -> bool:
        if self._pattern is None:
            return self._text is None or self._text in text.casefold()

        try:
            return self._pattern.search(text, timeout=EXPRESSION_S) is not None
        except TimeoutError:
            problem = Problem(
                ProblemKind.TIMEOUT,
                "The expression of --grep takes too long to try on an event.",
                "Write it without nested repetitions such as (a+)+.",
            )
            raise ProblemError(problem) from None


def _pair(text: str) -> tuple[str, str | None]:
    name, sign, value = text.partition("=")
    return name, value if sign else None


def _compiled(expression: str) -> Pattern[str]:
    import regex  # noqa: PLC0415 - of expressions alone

    try:
        return regex.compile(expression, regex.IGNORECASE)
    except (regex.error, ValueError, RecursionError, OverflowError) as error:
        raise ConfigError(f"The expression of --grep cannot be read: {error}.") from None


def _text_of(event: Event) -> str:
    """What words are looked for in: the body unpacked, as far as it is text."""
    from ehtui.views.events.json_text import readable  # noqa: PLC0415
    from ehtui.views.events.recognising import Form, recognised  # noqa: PLC0415

    body = recognised(event.body, event.content_type, event.content_encoding)
    return readable(body.text) if body.form is Form.JSON else body.text


def moment_now() -> float:
    """The host's time of day: what somebody types is meant by it."""
    return time.time()
