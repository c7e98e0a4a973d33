"""`ehtui sandbox`: Event Hubs and a checkpoint store on loopback, for development and tests."""

from __future__ import annotations

import asyncio
import os
import sys
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from ehtui.cli.demo import require_sandbox
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ehtui.sandbox.options import Ready, ServerOptions

_DESCRIPTION = """\
Serve Event Hubs and Blob storage on loopback, in memory, until Ctrl-C (or kill, where it runs in
the background). The lines on standard output are a .env: 'ehtui sandbox > .env &' and point your
own consumer at it. With a command behind '--' it runs that with these variables, and ends with it.
"""
_AMQPS_PORT = 5671  # over TLS the Python SDK knows no other, whatever the Endpoint says
_LAST_PORT = 65535
_SEE_HELP = "See 'ehtui sandbox --help'."


def add_sandbox(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "sandbox",
        help="serve Event Hubs and a checkpoint store on loopback",
        description=_DESCRIPTION,
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
    parser.add_argument(
        "command",
        nargs="*",
        metavar="-- CMD",
        help="run it as soon as all is ready, and exit with its code",
    )
    parser.set_defaults(run=run_sandbox)


def run_sandbox(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, or until the command ends, with whose code it ends.

    Raises:
        ConfigError: An option makes no sense, the address cannot be listened on, packages lack, or
            the command cannot be run.
    """
    require_sandbox()
    options = options_of(args)

    # The AMQP codec comes with them.
    from ehtui.sandbox.command import run_command  # noqa: PLC0415
    from ehtui.sandbox.server import SandboxServer  # noqa: PLC0415

    server = SandboxServer(options)

    try:
        if args.command:
            return asyncio.run(run_command(server, args.command))

        asyncio.run(server.run(_tell_ready))
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
    # Remarks are no lines of a .env, so they go elsewhere.
    print("# The keys below work on this host, for as long as this runs.", file=sys.stderr)
    print(f"# control port (state, faults): {ready.control_url}", file=sys.stderr)
    print(f"# changes there: -H 'Authorization: Bearer {ready.control_token}'", file=sys.stderr)
    print(env_lines(ready.environment), end="", flush=True)
