"""`ehtui` without a command: the screen of the only hub, or the overview of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui import lazy
from ehtui.cli import compose
from ehtui.cli.flags import configuration_of, flag_words, resolve_args
from ehtui.config.errors import ConfigError
from ehtui.config.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ehtui.config.changes import Configuration
    from ehtui.config.found import ConfiguredHub


def run_screen(args: argparse.Namespace | None) -> int:
    """Open it; returns when it is left.

    With one hub that is its screen. With several it is the overview, on whose rows the hub that was
    looked at last is where the cursor begins.

    Raises:
        ConfigError: No hub is configured, or what is configured cannot be used.
    """
    if getattr(args, "pid", None) is not None:
        settings = resolve_args(args).settings
        banner = f"as process {settings.pid}"
        at = getattr(args, "at", None)
        return compose.run_ui(settings, banner=banner, started_with=flag_words(args), at=at)

    configuration = configuration_of(args)
    configured = configuration.read()

    if len(configured) == 1:
        return _run_one(configured[0], configuration, args)

    return _run_several(configured, configuration, args)


def _run_one(
    configured: ConfiguredHub, configuration: Configuration, args: argparse.Namespace | None
) -> int:
    from ehtui.cli.one_hub import OneHub  # noqa: PLC0415

    if isinstance(configured.found, ConfigError):
        raise configured.found

    one = OneHub(configured, configured.found, configuration)
    lazy.hold_garbage()  # until the sources are open

    from ehtui.tui import run  # noqa: PLC0415 - Textual
    from ehtui.tui.setting_names import check_names  # noqa: PLC0415

    settings, words = configured.found.settings, flag_words(args)
    check_names(settings.ui)
    options = compose.ui_options(settings, None, words)
    options = replace(options, at=getattr(args, "at", None))

    try:
        return run(one.backend, options, one.warn_by)
    finally:
        compose.tell_ends(one.close(), words)


def _run_several(
    configured: Sequence[ConfiguredHub],
    configuration: Configuration,
    args: argparse.Namespace | None,
) -> int:
    from ehtui.cli.hubs import WatchedHubs  # noqa: PLC0415
    from ehtui.tui import run_hubs  # noqa: PLC0415 - Textual
    from ehtui.tui.setting_names import check_names  # noqa: PLC0415

    lazy.hold_garbage()  # until the sources are open
    settings = screen_settings(configured)
    check_names(settings.ui)
    words = flag_words(args, of_every_hub=True)
    options = replace(
        compose.ui_options(settings, None, words),
        at=getattr(args, "at", None),
        profile=None,
        colour=None,
    )
    hubs = WatchedHubs(configured, configuration)

    try:
        return run_hubs(hubs, options)
    finally:
        compose.tell_ends(hubs.close(), words)


def screen_settings(configured: Sequence[ConfiguredHub]) -> Settings:
    """What the screen goes by: `ui` is the same for all hubs of a file."""
    for each in configured:
        if not isinstance(each.found, ConfigError):
            return each.found.settings

    return Settings()
