"""Plays a deployment, gates it as `ehtui gate` does, and holds that against the right verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.cli import compose
from ehtui.cli.scenes import POLL_S, scene_settings
from ehtui.domain.gate.checks import STEADY_LOOKS, Answer, Check, Verdict, checks, verdict_of
from ehtui.domain.gate.watched import (
    NEEDED,
    baseline_of,
    deployment_ended,
    followed,
    unread,
    watch_begun,
)
from ehtui.sandbox.options import DEFAULT_GROUP
from ehtui.sandbox.scenes import Deployment, Scene, Stage
from tests.scenes.verdict import Seen

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot

BASELINE_S = 4.0
STEADY_S = STEADY_LOOKS * 2 * POLL_S  # the shortest that a gate takes, whatever it is told
_TURN_S = 0.2


@dataclass(frozen=True, slots=True)
class Gated:
    """A deployment that was judged."""

    deployment: Deployment
    verdict: Verdict | None  # None: there was no baseline, or the story broke off
    after_s: float | None = None  # from the deployment's end to the verdict
    found: Sequence[Check] = ()
    failure: str | None = None  # the players did not do what the story says

    @property
    def missing(self) -> tuple[Check, ...]:
        """What did not hold when it was judged."""
        return tuple(check for check in self.found if check.answer is not Answer.YES)

    @property
    def complaints(self) -> tuple[str, ...]:
        """Everything that is wrong, in words; a false pass first."""
        wanted = self.deployment.verdict

        if self.failure is not None:
            return (self.failure,)

        if self.verdict is not wanted:
            kind = "a FALSE PASS" if self.verdict is Verdict.PASSED else "a false verdict"
            return (f"{kind}: {self.verdict}, not {wanted}",)

        missing = {type(check.evidence) for check in self.missing}
        return tuple(
            f"{kind.__name__} holds, and must not"
            for kind in self.deployment.by
            if kind not in missing
        )


class Gate:
    """What `ehtui gate` does between `begin` and its verdict, fed with pictures and their times."""

    def __init__(self, deployment: Deployment, looks: Sequence[Snapshot]) -> None:
        self._deployment = deployment
        baseline = baseline_of(looks, DEFAULT_GROUP)
        self._watched = watch_begun(baseline, looks[-1]) if baseline is not None else None
        self._so_since: float | None = None
        self.verdict: Verdict | None = None
        self.found: Sequence[Check] = ()
        self.judged_at: float | None = None

    @property
    def has_begun(self) -> bool:
        """Whether there is a baseline."""
        return self._watched is not None

    def look(self, seen: Seen, deployed_at: float | None) -> None:
        """Go on with a newer picture; `deployed_at` is when the deployment ended, if it has."""
        if self._watched is None or self.verdict is not None:
            return

        self._watched = followed(self._watched, seen.snapshot)

        if deployed_at is None:
            return

        if self._watched.ended_at is None and _is_read_since(seen.snapshot, deployed_at):
            self._watched = deployment_ended(self._watched, seen.snapshot)

        if self._watched.ended_at is not None:
            self._judge(seen, is_late=seen.at - deployed_at >= self._deployment.late_s)

    def _judge(self, seen: Seen, *, is_late: bool) -> None:
        assert self._watched is not None
        self.found = checks(self._watched, seen.snapshot, self._deployment.terms)
        verdict = verdict_of(self.found, is_late=is_late)

        if verdict is Verdict.PASSED:
            self._so_since = self._so_since or seen.at
            verdict = verdict if seen.at - self._so_since >= STEADY_S else None
        else:
            self._so_since = None

        self.verdict, self.judged_at = verdict, seen.at


def _is_read_since(snapshot: Snapshot, at: float) -> bool:
    read_at = {source.name: source.read_at or 0.0 for source in snapshot.sources}
    return not unread(snapshot) and all(read_at[name] > at for name in NEEDED)


def gated(deployment: Deployment) -> Gated:
    """Play the old version, take the baseline, deploy, and judge."""
    with Stage(deployment.setting) as stage:
        stage.perform(deployment.before)
        _wait_for_end(stage)

        if stage.failure is not None:
            return Gated(deployment, None, failure=stage.failure)

        return _watched_by_a_gate(deployment, stage)


def _watched_by_a_gate(deployment: Deployment, stage: Stage) -> Gated:
    scene = Scene(deployment.name, deployment.title, "", deployment.deploy)
    seen: list[Seen] = []
    monitor = compose.make_monitor(scene_settings(stage, scene))
    monitor.subscribe(lambda snapshot: seen.append(Seen(time.time(), snapshot)))
    monitor.start()

    try:
        time.sleep(BASELINE_S)
        known = len(seen)
        gate = Gate(deployment, [each.snapshot for each in seen[:known]])

        if not gate.has_begun:
            return Gated(deployment, None, failure="there is no baseline")

        stage.cue()
        stage.perform(deployment.deploy)
        deployed_at = _judged(gate, stage, seen, known)
    finally:
        monitor.stop()

    after_s = gate.judged_at - deployed_at if gate.judged_at and deployed_at else None
    return Gated(deployment, gate.verdict, after_s, gate.found, stage.failure)


def _judged(gate: Gate, stage: Stage, seen: Sequence[Seen], known: int) -> float | None:
    """Feed the gate until it has judged or the story fails; when the deployment was out."""
    while gate.verdict is None and stage.failure is None:
        time.sleep(_TURN_S)
        deployed_at = stage.deployed_at

        if deployed_at is None and stage.is_over:
            stage.deployed()
            continue

        for each in seen[known : len(seen)]:
            gate.look(each, deployed_at)
            known += 1

    return stage.deployed_at


def _wait_for_end(stage: Stage) -> None:
    while not stage.is_over:
        time.sleep(_TURN_S)
