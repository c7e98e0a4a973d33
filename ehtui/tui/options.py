"""How the screen looks and starts."""

from __future__ import annotations

from ehtui.config.settings import UiSettings


class UiOptions(UiSettings, frozen=True):
    """What a user may choose of it, and what its host and its command say."""

    ascii: bool = False
    group: str = "$Default"  # shown first
    profile: str | None = None  # that the hub is configured in; shown in the header
    colour: str | None = None  # of that profile, as configured
    banner: str | None = None  # e.g. "sandbox"; shown in the header
    started_with: tuple[str, ...] = ()  # flags by which a command finds the same hub and store
    at: str | None = None  # a place to open at, such as partition:2/why
    utc_offset_s: float = 0.0  # of the zone in which moments are told
