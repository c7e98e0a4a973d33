"""Plays a scene to its end, and keeps what the real monitor saw of it."""

from __future__ import annotations

import time

from ehtui.cli.scenes import sit_through, watched
from ehtui.sandbox.scenes import Scene
from tests.scenes.verdict import Played, Seen


def watch_scene(scene: Scene) -> Played:
    """Play and watch a scene to its end."""
    seen: list[Seen] = []

    with watched(scene, lambda snapshot: seen.append(Seen(time.time(), snapshot))) as stage:
        sit_through(scene, stage)
        return Played(
            scene=scene,
            seen=tuple(seen),
            cued_at=stage.cued_at,
            identities=stage.identities(),
            failure=stage.failure,
            accounts=stage.accounts(),
            pids={player.name: player.pid for player in stage.players},
            deliveries=stage.control("GET", "deliveries")["readings"],
        )
