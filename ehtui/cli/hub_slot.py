"""One of several hubs: how it is configured, what is behind it, what is known of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui.cli import compose
from ehtui.config.errors import ConfigError
from ehtui.domain.hubs import WatchedHub
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import Severity
from ehtui.monitor.hubs import UNWATCHED_EVERY_S
from ehtui.monitor.urgency import FULL, Attention

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.cli.hub_backend import HubBackend
    from ehtui.config.found import ConfiguredHub
    from ehtui.domain.snapshot import Snapshot

SELDOM = Attention(UNWATCHED_EVERY_S, reads_host=False)
_STAY = "The settings that were read before stay in force."


class Slot:
    """A hub, and what is known of it."""

    def __init__(self, configured: ConfiguredHub) -> None:
        self.configured = configured
        self.backend: HubBackend | None = None
        self.snapshot: Snapshot | None = None
        self.problem: Problem | None = None
        self.found_at = float("-inf")  # when it had a finding last, local time
        self.attention = SELDOM
        self.stop_following: Callable[[], None] = lambda: None

    @property
    def key(self) -> str:
        """What it is named by."""
        return self.configured.key

    @property
    def is_viewed(self) -> bool:
        """Whether somebody looks at it."""
        return self.backend is not None and self.backend.is_viewed

    def wanted(self) -> Attention:
        """How closely it is to be looked at."""
        return FULL if self.is_viewed else self.attention

    def stays(self, error: ConfigError) -> None:
        """It goes on as it was configured before, and says why."""
        self.problem = problem_of(error, _STAY if self.backend is not None else "")

    def watched(self) -> WatchedHub:
        """It, as it is known now."""
        configured, found = self.configured, self.configured.found
        namespace = ""

        if not isinstance(found, ConfigError):
            with suppress(ConfigError):
                namespace = compose.namespace_of(found.settings)

        return WatchedHub(
            key=configured.key,
            profile=configured.profile,
            namespace=namespace,
            hub=configured.hub,
            colour=configured.colour,
            is_production=configured.is_production,
            snapshot=self.snapshot,
            problem=self.problem,
        )


# Of a group that nobody uses: it may be true for years, and the next look sees whoever comes.
_NO_HURRY = frozenset({"store.not_visible"})


def wants_a_closer_look(snapshot: Snapshot) -> bool:
    """Whether something is found that is more than information, and may change at any moment.

    Or may be found soon: events wait, and nothing moves.
    """
    return any(
        finding.severity is not Severity.INFO and finding.id not in _NO_HURRY
        for finding in snapshot.findings
    ) or any(p.rule == Rule.WAITING for group in snapshot.groups for p in group.partitions)


def problem_of(error: ConfigError, advice: str = "") -> Problem:
    """What a configuration's error is to whoever watches."""
    said = " ".join(part for part in (error.advice, advice) if part)
    return Problem(ProblemKind.MALFORMED, error.summary, said)
