"""The names that `ui` may use. A test holds them to what the screen knows."""

from __future__ import annotations

COLUMNS = {
    "partitions": (
        *("id", "health", "owner", "bar", "lease", "last", "checkpoint", "lag", "trend"),
        *("behind", "in", "out", "proves"),
    ),
    "consumers": (
        *("pid", "up", "cpu", "memory", "owner", "owns", "lag", "name", "rss", "threads"),
        *("connections", "log", "command"),
    ),
    "findings": ("mark", "severity", "finding", "since"),
    "timeline": ("at", "mark", "subject", "event"),
}
PANES = tuple(COLUMNS)
THEMES = (
    *("ehtui-dark", "ehtui-light", "ansi-dark", "ansi-light", "atom-one-dark", "atom-one-light"),
    *("catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha"),
    *("dracula", "flexoki", "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn"),
    *("rose-pine-moon", "solarized-dark", "solarized-light", "textual-dark", "textual-light"),
    "tokyo-night",
)
ACTIONS = (
    *("send", "signal", "restart", "start", "adopt", "group", "open", "why", "log", "maximise"),
    *("back", "refresh", "pause", "copy", "filter", "sort", "faults", "next-problem", "tag"),
    *("up", "down", "page-up", "page-down", "first", "last", "left", "right", "next-pane"),
    *("previous-pane", "partitions", "consumers", "findings", "timeline", "groups", "save"),
    *("palette", "help", "quit", "redraw", "suspend", "look-back", "look-on", "zoom-in"),
    *("zoom-out", "only-ownership", "copy-details"),
)
