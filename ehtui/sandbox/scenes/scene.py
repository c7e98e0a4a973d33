"""What a scene is: a story played by real consumers, and what ehtui must say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ehtui.domain.snapshot import ConsumerRole, Finding, Health, Severity
from ehtui.sandbox.options import DEFAULT_GROUP
from ehtui.sandbox.scenes.stage import Setting, Stage


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must appear, counted from the cue; earlier it is a false alarm."""

    id: str
    severity: Severity
    within: int  # polls of the store
    partition: str | None = None
    about: str | None = None  # a consumer's name: the subject is its process or its owner id
    times: int = 1  # so many subjects at once

    def fits(self, finding: Finding, identities: Mapping[str, frozenset[str]]) -> bool:
        """Whether this is the finding that is meant, whatever its severity."""
        subject = finding.subject

        if finding.id != self.id or self.partition not in {None, subject.partition}:
            return False

        known = identities.get(self.about or "", frozenset())
        return self.about is None or bool({str(subject.pid), subject.owner} & known)

    def is_among(
        self, findings: tuple[Finding, ...], identities: Mapping[str, frozenset[str]]
    ) -> bool:
        """Whether so many subjects have it at once, as severe as that."""
        found = [f for f in findings if f.severity is self.severity and self.fits(f, identities)]
        return len(found) >= self.times


_DEFAULT = Setting()


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


def entering(*names: str, switches: str = "") -> Callable[[Stage], None]:
    """The shortest story: these enter and share the partitions, and that is the cause."""

    def play(stage: Stage) -> None:
        stage.start(*names, switches=switches, owners=len(names))
        stage.cue()

    return play
