"""Flags of what opens a screen, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.cli.flags import language_of, seconds, with_refresh

if TYPE_CHECKING:
    import argparse

    from ehtui.config.settings import Settings


def add_every_profile(parser: argparse.ArgumentParser, told: str) -> None:
    """`--all`, for what can be about all hubs."""
    import argparse  # noqa: PLC0415

    parser.add_argument(
        "--all", dest="every_profile", action="store_true", default=argparse.SUPPRESS, help=told
    )


def add_place_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag that says where the screen opens."""
    import argparse  # noqa: PLC0415

    parser.add_argument(
        "--at",
        metavar="PLACE",
        default=argparse.SUPPRESS,
        help="open the screen there: partition:2/why or /events, consumer:51257/log, finding:ID,"
        " group:NAME",
    )


def add_screen_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a screen whose hub nobody has to name."""
    import argparse  # noqa: PLC0415

    add_place_flag(parser)
    suppress = argparse.SUPPRESS
    parser.add_argument(
        "--refresh",
        type=seconds,
        metavar="SECONDS",
        default=suppress,
        help="read hub, store and processes so often",
    )
    parser.add_argument(
        "-r", "--read-only", action="store_true", default=suppress, help="refuse every action"
    )


def for_screen(settings: Settings, args: argparse.Namespace) -> Settings:
    """Settings with what `add_screen_flags` was told.

    Raises:
        ConfigError: It cannot be used.
    """
    from msgspec.structs import replace  # noqa: PLC0415

    settings = replace(settings, ui=replace(settings.ui, lang=language_of(args)))

    if getattr(args, "read_only", False):
        settings = replace(settings, read_only=True)

    return with_refresh(settings, args.refresh) if "refresh" in args else settings
