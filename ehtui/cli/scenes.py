"""Plays a scene of the sandbox and watches it with the real monitor."""

from __future__ import annotations

import difflib
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.cli import compose
from ehtui.cli.flags import ExitCode, language_of
from ehtui.cli.output_format import has_terminal, output_format
from ehtui.cli.screen_flags import for_screen
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
from ehtui.sandbox.options import PEEK_GROUP
from ehtui.sandbox.sandbox import NAMES, PRODUCER
from ehtui.sandbox.scenes import SCENES, Stage
from ehtui.views.report import report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ehtui.domain.snapshot import Snapshot
    from ehtui.sandbox.sandbox import Sandbox
    from ehtui.sandbox.scenes import Scene
    from ehtui.views.formats import Language

POLL_S = 0.5
_TURN_S = 0.25


def run_scenes(name: str | None, args: argparse.Namespace) -> int:
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
        raise ConfigError(f"The scene '{name}' needs Node and npm, which are not installed.", "")

    if has_terminal():
        failure, code = _on_screen(scene, args)
    else:
        print(f"{scene.title}: {scene.story}\n")
        failure, code = _in_print(scene, language_of(args)), ExitCode.OK

    if failure:
        raise ProblemError(Problem(ProblemKind.INTERNAL, f"The scene broke off: {failure}"))

    return code


def _on_screen(scene: Scene, args: argparse.Namespace) -> tuple[str | None, int]:
    with Stage(scene.setting) as stage:
        stage.perform(scene.play)
        settings, flags = scene_settings(stage, scene), flags_to_find(stage.sandbox)
        settings, at = for_screen(settings, args), getattr(args, "at", None)
        code = compose.run_ui(settings, banner=scene.title, started_with=flags, at=at)
        return stage.failure, code


def _in_print(scene: Scene, language: Language) -> str | None:
    """Watch until everything that is expected was seen, or to the end, and print the report."""
    seen: list[Snapshot] = []

    def is_told() -> bool:
        identities = stage.identities()
        return all(any(e.is_among(s.findings, identities) for s in seen) for e in scene.expects)

    with watched(scene, seen.append) as stage:
        sit_through(scene, stage, is_told)
        failure = stage.failure

    print(report(seen[-1], scene.group, output_format(language=language)), end="")
    return failure


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


def flags_to_find(sandbox: Sandbox) -> tuple[str, ...]:
    """Flags by which a command in another terminal finds it: by its producer, where it has one."""
    producer = sandbox.producer
    return () if producer is None else ("--pid", str(producer.pid), "--peek-group", PEEK_GROUP)


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
            peek_group=PEEK_GROUP,
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


@contextmanager
def watched(scene: Scene, hear: Callable[[Snapshot], None]) -> Iterator[Stage]:
    """A stage on which the scene has begun; `hear` gets each picture that the monitor makes of it.

    Raises:
        ConfigError: The sandbox's own settings are refused.
        ChildFailedError: The sandbox did not start.
    """
    with Stage(scene.setting) as stage:
        monitor = compose.make_monitor(scene_settings(stage, scene))
        monitor.subscribe(hear)
        monitor.start()
        stage.perform(scene.play)

        try:
            yield stage
        finally:
            monitor.stop()


def sit_through(scene: Scene, stage: Stage, is_enough: Callable[[], bool] = lambda: False) -> None:
    """Wait for the end of a scene: its own, the story's failure, or what is enough after it."""
    ends_at = None

    while ends_at is None or time.monotonic() < ends_at:
        time.sleep(_TURN_S)

        if stage.is_over and ends_at is None:
            ends_at = time.monotonic() + scene.watch_s

        if stage.failure or (ends_at and is_enough()):
            return
