"""`ehtui demo`: the whole thing on a sandbox of its own, without an Azure account."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from ehtui.cli.screen_flags import add_screen_flags, for_screen
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.sandbox.sandbox import Sandbox

SECOND_GROUP = "analytics"
BACKLOG = 600
# Without a terminal: long enough for consumers to start, balance and be judged.
REPORT_AFTER_S = 15.0
_DESCRIPTION = """\
Start a hub, a checkpoint store, a producer and real consumers on loopback, and watch them. Press s,
then enter: an event is sent, and a line tells when the group's checkpoint has passed it. Kill one
of them: its partitions go overdue, expire, and a survivor takes them over within seconds. Nothing
is left running afterwards.
"""


def add_demo(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "demo",
        help="everything on an embedded sandbox, without an Azure account",
        description=_DESCRIPTION,
    )
    parser.add_argument("--scene", metavar="NAME", help="play one situation, e.g. crash")
    parser.add_argument("--list-scenes", action="store_true", help="list the scenes and exit")
    add_screen_flags(parser)
    parser.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    """Open the screen on a sandbox; without a terminal, watch, print the report and return 0.

    Raises:
        ConfigError: The sandbox's packages are not installed.
        ProblemError: The sandbox did not start.
    """
    require_sandbox()

    from ehtui.cli import compose  # noqa: PLC0415
    from ehtui.cli.output_format import has_terminal  # noqa: PLC0415
    from ehtui.cli.scenes import demo_settings, flags_to_find, run_scenes  # noqa: PLC0415
    from ehtui.domain.problems import Problem, ProblemError, ProblemKind  # noqa: PLC0415
    from ehtui.sandbox.supervisor import ChildFailedError  # noqa: PLC0415  loads psutil

    try:
        if args.scene or args.list_scenes:
            return run_scenes(args.scene, args)

        with demo_sandbox() as sandbox:
            settings = for_screen(demo_settings(sandbox), args)

            if has_terminal():
                at, flags = getattr(args, "at", None), flags_to_find(sandbox)
                return compose.run_ui(settings, started_with=flags, at=at)

            from ehtui.cli.status import run_report  # noqa: PLC0415

            run_report(settings, watch_s=REPORT_AFTER_S, fail_on="never")
    except ChildFailedError as error:
        raise ProblemError(Problem(ProblemKind.INTERNAL, str(error))) from error

    return 0


def demo_sandbox() -> Sandbox:
    """A story to look at: one uneven hub with a backlog, a group that keeps up, one that does not.

    Three consumers share four partitions; the group `analytics` has one slow consumer.
    """
    from ehtui.sandbox.options import DEFAULT_GROUP, Pace, ServerOptions  # noqa: PLC0415
    from ehtui.sandbox.sandbox import Sandbox  # noqa: PLC0415

    return Sandbox(
        ServerOptions(groups=(DEFAULT_GROUP, SECOND_GROUP), backlog=BACKLOG),
        consumers={DEFAULT_GROUP: 3, SECOND_GROUP: 1},
        paces={SECOND_GROUP: Pace(work_s=0.1)},
    )


# The extra `sandbox` of pyproject.toml; a test holds the two together.
SANDBOX_PACKAGES = (
    "azure-eventhub-checkpointstoreblob-aio",
    "azure-storage-blob",
    "cryptography",
)


def require_sandbox() -> None:
    """Say what to install where the sandbox's packages are missing.

    Raises:
        ConfigError: Some of them are not installed.
    """
    missing = [name for name in SANDBOX_PACKAGES if not _is_installed(name)]
    if missing:
        raise ConfigError(
            f"The sandbox needs packages that are not installed: {', '.join(missing)}.",
            "Install them with: pip install 'ehtui[sandbox]'",
        )


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
