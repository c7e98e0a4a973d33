"""Plays a scene of the sandbox, watches it with the real monitor, and keeps what was seen."""

from __future__ import annotations

import difflib
import re
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.cli import compose
from ehtui.cli.flags import ExitCode
from ehtui.cli.output_format import has_terminal, output_format
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.config.settings import (
    CheckpointStoreSettings,
    ConsumerSettings,
    EventHubSettings,
    LeaseSettings,
    PollSettings,
    Settings,
)
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.javascript import has_node
from ehtui.sandbox.sandbox import NAMES, PRODUCER
from ehtui.sandbox.scenes import SCENES, Stage
from ehtui.sandbox.scenes.verdict import Played, Seen, judge
from ehtui.views.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.sandbox.sandbox import Sandbox
    from ehtui.sandbox.scenes import Scene

POLL_S = 0.5
_TURN_S = 0.25


def run_scenes(name: str | None) -> int:
    """List the scenes, or open the screen on one; without a terminal, print what was found.

    Raises:
        ConfigError: There is no scene of that name, or it needs what is not here.
        ProblemError: It broke off.
    """
    if name is None:
        for scene in SCENES.values():
            print(f"{scene.name:<14} {scene.title}")

        return ExitCode.OK

    scene = scene_of(name)

    if scene.needs_node and not has_node():
        raise ConfigError(f"The scene '{name}' needs Node and npm, which are not here.", "")

    if has_terminal():
        failure, code = _on_screen(scene)
    else:
        print(f"{scene.title}: {scene.story}\n")
        played = watch_scene(scene, is_hasty=True)
        print(report(played.last, scene.group, output_format()), end="")
        failure, code = played.failure, ExitCode.OK

    if failure:
        raise ProblemError(Problem(ProblemKind.INTERNAL, f"The scene broke off: {failure}"))

    return code


def _on_screen(scene: Scene) -> tuple[str | None, int]:
    with Stage(scene.setting) as stage:
        stage.perform(scene.play)
        code = compose.run_ui(scene_settings(stage, scene), banner=scene.title)
        return stage.failure, code


def scene_of(name: str) -> Scene:
    """The scene of that name.

    Raises:
        ConfigError: There is none.
    """
    if name not in SCENES:
        near = difflib.get_close_matches(name, SCENES, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else "."
        raise ConfigError(f"There is no scene '{name}'{hint}", "See 'ehtui demo --list-scenes'.")

    return SCENES[name]


def demo_settings(sandbox: Sandbox, names: Iterable[str] | None = None) -> Settings:
    """The settings that watch a running sandbox, and know its consumers by name.

    `names` are those of consumers to come, where they are not there yet.
    """
    connections = sandbox.ready.connections

    return Settings(
        eventhub=EventHubSettings(
            connection_string=Secret(connections.eventhub),
            name=connections.hub,
            consumer_group=connections.group,
        ),
        checkpoint_store=CheckpointStoreSettings(
            connection_string=Secret(connections.storage), containers=(connections.container,)
        ),
        lease=LeaseSettings(
            expires_after_s=sandbox.pace.expiry_s, renewed_every_s=sandbox.pace.interval_s
        ),
        consumers={
            name: ConsumerSettings(
                match=re.escape(f"--log={sandbox.log_path(name)}"),
                log=str(sandbox.log_path(name)),
            )
            for name in names or [consumer.name for consumer in sandbox.consumers]
        },
        poll=PollSettings(hub_s=1.0, store_s=1.0, processes_s=1.0),
    )


def scene_settings(stage: Stage, scene: Scene) -> Settings:
    """What watches a scene: quick polls, and no word on how long its leases are."""
    settings = demo_settings(stage.sandbox, names=NAMES)
    return replace(
        settings,
        consumers=_consumers(stage, settings.consumers),
        eventhub=replace(
            settings.eventhub, consumer_group=scene.group, production=scene.is_production
        ),
        lease=LeaseSettings(),
        poll=PollSettings(hub_s=POLL_S, store_s=POLL_S, processes_s=POLL_S),
    )


def _consumers(
    stage: Stage, known: Mapping[str, ConsumerSettings]
) -> Mapping[str, ConsumerSettings]:
    """How the watcher knows the players: by name where they share a log, and by no log then."""
    setting, folder = stage.setting, re.escape(f"--log={stage.sandbox.folder}/")

    if setting.shared_log is not None:
        known = {name: ConsumerSettings(match=rf"--name {name} .*{folder}") for name in known}

    if setting.shows_producer:
        match = rf"{folder}{PRODUCER}\.log"
        known = {**known, PRODUCER: ConsumerSettings(match=match)}

    return known


def watch_scene(scene: Scene, *, is_hasty: bool = False) -> Played:
    """Play and watch a scene to its end; in haste, until everything expected was seen.

    Raises:
        ConfigError: The sandbox's own settings are refused.
        ChildFailedError: The sandbox did not start.
    """
    seen: list[Seen] = []

    with Stage(scene.setting) as stage:
        monitor = compose.make_monitor(scene_settings(stage, scene))
        monitor.subscribe(lambda snapshot: seen.append(Seen(time.time(), snapshot)))
        monitor.start()
        stage.perform(scene.play)
        ends_at = None

        try:
            while ends_at is None or time.monotonic() < ends_at:
                time.sleep(_TURN_S)

                if stage.is_over and ends_at is None:
                    ends_at = time.monotonic() + scene.watch_s

                if stage.failure or (is_hasty and ends_at and _is_told(scene, stage, seen)):
                    break
        finally:
            monitor.stop()

        return _played(scene, stage, seen)


def _is_told(scene: Scene, stage: Stage, seen: Sequence[Seen]) -> bool:
    return all(answer.after is not None for answer in judge(_played(scene, stage, seen)).answers)


def _played(scene: Scene, stage: Stage, seen: Sequence[Seen]) -> Played:
    names = {expected.about for expected in scene.expects if expected.about}
    identities = {name: frozenset(stage.identities(name)) for name in names}
    return Played(
        scene=scene,
        seen=tuple(seen),
        cued_at=stage.cued_at,
        identities=identities,
        failure=stage.failure,
        accounts=stage.accounts(),
        pids=stage.pids,
    )
