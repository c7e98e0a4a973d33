"""The embedded sandbox as commands: `demo` on one of its own, `sandbox` to work against."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib import metadata
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ehtui.sandbox.options import Ready, ServerOptions
    from ehtui.sandbox.sandbox import Sandbox

SECOND_GROUP = "analytics"
BACKLOG = 600
# Without a terminal: long enough for consumers to start, balance and be judged.
REPORT_AFTER_S = 15.0
_DESCRIPTION = """\
Start a hub, a checkpoint store, a producer and real consumers on loopback, and watch them. Kill one
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
    from ehtui.cli.scenes import demo_settings, run_scenes  # noqa: PLC0415
    from ehtui.domain.problems import Problem, ProblemError, ProblemKind  # noqa: PLC0415
    from ehtui.sandbox.supervisor import ChildFailedError  # noqa: PLC0415  loads psutil

    try:
        if args.scene or args.list_scenes:
            return run_scenes(args.scene)

        with demo_sandbox() as sandbox:
            settings = demo_settings(sandbox)

            if has_terminal():
                return compose.run_ui(settings)

            compose.run_report(settings, watch_s=REPORT_AFTER_S, fail_on="never")
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
SANDBOX_PACKAGES = ("azure-eventhub-checkpointstoreblob-aio", "cryptography")


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


_SERVES = """\
Serve Event Hubs and Blob storage on loopback, in memory, until Ctrl-C (or kill, where it runs in
the background). The lines on standard output are a .env: 'ehtui sandbox > .env &' and point your
own consumer at it.
"""
_AMQPS_PORT = 5671  # over TLS the Python SDK knows no other, whatever the Endpoint says
_LAST_PORT = 65535
_SEE_HELP = "See 'ehtui sandbox --help'."


def add_sandbox(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "sandbox",
        help="serve Event Hubs and a checkpoint store on loopback",
        description=_SERVES,
    )
    parser.add_argument("--hub", default="meetings", metavar="NAME", help="default: meetings")
    parser.add_argument("--partitions", type=int, default=4, metavar="N", help="default: 4")
    parser.add_argument(
        "-g",
        "--group",
        dest="groups",
        action="append",
        metavar="NAME",
        help="a consumer group beside $Default, which always exists; the first is in the .env",
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, help="of Event Hubs (default: any free one; with --tls 5671)"
    )
    parser.add_argument(
        "--tls", action="store_true", help="AMQP over TLS, certificate made at start"
    )
    parser.set_defaults(run=run_sandbox)


def run_sandbox(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C.

    Raises:
        ConfigError: An option makes no sense, the address cannot be listened on, or packages lack.
    """
    require_sandbox()
    options = options_of(args)

    from ehtui.sandbox.server import SandboxServer  # noqa: PLC0415  the AMQP codec comes with it

    try:
        asyncio.run(SandboxServer(options).run(_tell_ready))
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(
            f"Cannot listen on {options.host}, port {options.port or 'any'}: {reason}.",
            "Choose another --port or --host.",
        ) from error

    return 0


def options_of(args: argparse.Namespace) -> ServerOptions:
    """What to serve.

    Raises:
        ConfigError: An option makes no sense.
    """
    from ehtui.sandbox.options import DEFAULT_GROUP, ServerOptions  # noqa: PLC0415

    default_port = _AMQPS_PORT if args.tls else 0
    options = ServerOptions(
        hub=args.hub,
        partitions=args.partitions,
        groups=tuple(dict.fromkeys(args.groups or (DEFAULT_GROUP,))),
        host=args.host,
        port=default_port if args.port is None else args.port,
        tls=args.tls,
    )
    _check(options)

    return options


def env_lines(environment: Mapping[str, str]) -> str:
    """The lines of a .env, quoted so that a shell can read them too."""
    return "".join(f"{name}='{value}'\n" for name, value in environment.items())


def _check(options: ServerOptions) -> None:
    most = 1024

    if not 1 <= options.partitions <= most:
        raise ConfigError(
            f"--partitions {options.partitions}: a hub has 1 to {most} partitions.", _SEE_HELP
        )

    if not all(options.groups):
        raise ConfigError(
            "--group is empty: a shell takes $Default for a variable.",
            "Quote it: --group '$Default'",
        )

    _check_names(options)

    if not 0 <= options.port <= _LAST_PORT:
        raise ConfigError(f"--port {options.port}: a port is 0 to {_LAST_PORT}.", _SEE_HELP)

    if not _is_loopback(options.host):
        raise ConfigError(
            f"--host {options.host}: the sandbox serves on loopback only (127.x.x.x).", _SEE_HELP
        )


def _check_names(options: ServerOptions) -> None:
    from ehtui.sandbox.eventhubs.namespace import check_hub  # noqa: PLC0415

    try:
        check_hub(options.hub, options.partitions, options.groups)
    except ValueError as error:
        raise ConfigError(f"--hub or --group: {error}.", _SEE_HELP) from None


def _is_loopback(host: str) -> bool:
    try:
        return IPv4Address(host).is_loopback
    except ValueError:  # a name, such as 127.example.com: whoever answers for it decides
        return False


def _tell_ready(ready: Ready) -> None:
    environment = dict(ready.connections.environment)

    if ready.certificate:
        environment["SSL_CERT_FILE"] = ready.certificate

    # Remarks are no lines of a .env, so they go elsewhere.
    print("# The keys below work on this host, for as long as this runs.", file=sys.stderr)
    print(f"# control port (state, faults): {ready.control_url}", file=sys.stderr)
    print(f"# changes there: -H 'Authorization: Bearer {ready.control_token}'", file=sys.stderr)
    print(env_lines(environment), end="", flush=True)
