"""Hubs that are watched together: each with its newest picture, or with why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.problems import Problem
    from ehtui.domain.snapshot import Snapshot


class WatchedHub(Value, frozen=True):
    """One hub of one profile, as it is known now."""

    key: str  # "profile/hub": what the screen and the commands name it by
    profile: str
    namespace: str
    hub: str
    colour: str | None = None  # the profile's, as it was configured
    is_production: bool = False
    snapshot: Snapshot | None = None  # None: nothing was read yet
    problem: Problem | None = None  # why it could not be opened, or its settings not be re-read


def key_of(profile: str, hub: str) -> str:
    """What a hub of a profile is named by."""
    return f"{profile}/{hub}"
