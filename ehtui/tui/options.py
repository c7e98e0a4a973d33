"""How the screen looks and starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UiOptions:
    """What a user may choose of it."""

    group: str = "$Default"
    theme: str | None = None  # None: ehtui-dark
    ascii: bool = False
    mono: bool = False
    banner: str | None = None  # e.g. "sandbox"; shown in the header
    keymap: Mapping[str, str] = field(default_factory=dict)  # key id → keys
    sort: Mapping[str, str] = field(default_factory=dict)  # pane → column, "-" first: descending
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # pane → those to show
    start_view: str = "overview"  # or the pane that is maximised first
    notify: str | None = None  # "osc9" or "osc777": tell the desktop of a new critical finding
    bell: bool = False  # on a new critical finding
    utc_offset_s: float = 0.0  # of the zone in which moments are told
