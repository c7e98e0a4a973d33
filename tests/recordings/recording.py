"""A recording: what was known when it began, every update since, and the moments with a name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.state import State
from ehtui.domain.updates import Update
from ehtui.domain.world.process import ProcessDetails
from tests.recordings.codec import change, changed, plain, value_of

FOLDER = Path(__file__).parent
_HEAD = ("policy", "sources", "began_at", "details", "logs")


@dataclass(frozen=True, eq=False)
class Recording:
    """What the sources of a monitor said, in order."""

    policy: Policy
    sources: tuple[str, ...]
    began_at: float
    marks: Mapping[str, int]  # a moment's name → how many updates had come
    updates: tuple[Update, ...]
    details: tuple[ProcessDetails, ...] = ()  # of consumers, looked at when a moment got its name
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # path → its last lines

    def states(self) -> Iterator[State]:
        """What was known after each update, by today's rules."""
        state = start(self.policy, self.began_at, self.sources)

        for update in self.updates:
            state = reduce(state, update)
            yield state

    def at(self, mark: str) -> Snapshot:
        """The picture at that moment."""
        return _pictures(self)[mark]

    def lines(self) -> Iterator[str]:
        """As text: a head, then a line an update, each told by what is other than before."""
        head = {name: plain(getattr(self, name)) for name in _HEAD}
        yield json.dumps(head | {"marks": dict(self.marks)}, ensure_ascii=False)
        before: dict[str, Any] = {}

        for update in self.updates:
            kind, now = type(update).__name__, plain(update)
            yield json.dumps([kind, change(before.get(kind), now)], ensure_ascii=False)
            before[kind] = now


@cache
def _pictures(recording: Recording) -> Mapping[str, Snapshot]:
    names = {number: mark for mark, number in recording.marks.items()}
    states = enumerate(recording.states(), start=1)
    return {names[number]: state.snapshot for number, state in states if number in names}


@cache
def load(name: str) -> Recording:
    """The recording of that name."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    head = json.loads(lines[0])
    known = {name: value_of(head[name]) for name in _HEAD if name in head}
    return Recording(marks=head["marks"], updates=tuple(_updates(lines[1:])), **known)


def _updates(lines: list[str]) -> Iterator[Update]:
    before: dict[str, Any] = {}

    for line in lines:
        kind, told = json.loads(line)
        before[kind] = changed(before.get(kind), told)
        yield value_of(before[kind])
