"""What a scene is: a story played by real consumers, and what ehtui must say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ehtui.domain.snapshot import ConsumerRole, Health, Severity
from ehtui.sandbox.options import DEFAULT_GROUP
from ehtui.sandbox.scenes.setting import Setting
from ehtui.sandbox.scenes.stage import Stage

_DEFAULT = Setting()


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must appear, counted from the cue; earlier it is a false alarm."""

    id: str
    severity: Severity
    within: int  # polls of the store
    partition: str | None = None
    about: str | None = None  # a consumer's name: the subject is its process or its owner id
    times: int = 1  # so many subjects at once


@dataclass(frozen=True, slots=True)
class Scene:
    """A played situation. `passing` are true remarks on the way, each with its reason."""

    name: str
    title: str
    story: str  # what happens, and what the screen should tell of it
    play: Callable[[Stage], None]
    expects: tuple[Expected, ...] = ()
    passing: Mapping[str, str] = field(default_factory=dict)
    health: Health | None = None  # of the watched group at the end, where it is certain
    setting: Setting = _DEFAULT
    group: str = DEFAULT_GROUP  # watched
    is_production: bool = False
    # What each of these players is shown as at the end, by its newest process.
    roles: Mapping[str, ConsumerRole] = field(default_factory=dict)
    watch_s: float = 8.0  # after the last line was spoken
    needs_node: bool = False
