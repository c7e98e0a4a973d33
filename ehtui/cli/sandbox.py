"""`ehtui sandbox`: Event Hubs and a checkpoint store on loopback, for development and tests."""

from __future__ import annotations

import asyncio
import base64
import re
import sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehtui.cli.demo import require_sandbox
from ehtui.config.addresses import AZURITE_ACCOUNT
from ehtui.config.connection_string import AZURITE_KEY
from ehtui.config.errors import ConfigError
from ehtui.config.own_files import named_path
from ehtui.domain.text import safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ehtui.sandbox.options import Ready, ServerOptions

_DESCRIPTION = """\
Serve Event Hubs and Blob storage on loopback, in memory, until Ctrl-C (or kill, where it runs in
the background). The lines on standard output are a .env: 'ehtui sandbox > .env &' and point your
own consumer at it. With a command behind '--' it runs that with these variables, and ends with it.
"""
_AMQPS_PORT, _HTTPS_PORT = (
    5671,
    443,
)  # over TLS the Python SDK knows no other, whatever the Endpoint says
_LAST_PORT = 65535
_KEY = re.compile(r"[!#-&(-:<-~]+")  # what is visible, but for quotes and semicolons
_SEE_HELP = "See 'ehtui sandbox --help'."


def add_sandbox(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "sandbox",
        help="serve Event Hubs and a checkpoint store on loopback",
        description=_DESCRIPTION,
    )
    parser.add_argument("--hub", metavar="NAME", help="default: meetings; of FILE: the first")
    parser.add_argument("--partitions", type=int, metavar="N", help="default: 4")
    parser.add_argument(
        "-g",
        "--group",
        dest="groups",
        action="append",
        metavar="NAME",
        help="a consumer group beside $Default, which always exists; the first is in the .env",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="hubs, retention, ports and keys from a file; the emulator's Config.json will do",
    )
    parser.add_argument(
        "--emulator",
        action="store_true",
        help="ports and keys as Microsoft's emulator and Azurite have them: known to everybody",
    )
    _add_ports(parser)
    parser.add_argument(
        "command",
        nargs="*",
        metavar="-- CMD",
        help="run it as soon as all is ready, and exit with its code",
    )
    parser.set_defaults(run=run_sandbox)


def _add_ports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on: loopback")
    parser.add_argument(
        "--expose", action="store_true", help="let --host be any address: others can get in"
    )
    parser.add_argument(
        "--port", type=int, help="of Event Hubs (default: any free one; with --tls 5671)"
    )
    parser.add_argument("--storage-port", type=int, metavar="PORT", help="of Blob storage")
    parser.add_argument("--control-port", type=int, metavar="PORT", help="of control, and /health")
    parser.add_argument(
        "--tls", action="store_true", help="AMQP over TLS, certificate made at start"
    )
    parser.add_argument(
        "--websocket-port",
        type=int,
        metavar="PORT",
        help="listen there too: clients look for WebSockets on 443 (--port takes them as well)",
    )
    parser.add_argument(
        "--only-websockets",
        action="store_true",
        help="no plain AMQP, as behind a network that lets only 443 out (port with --tls: 443)",
    )


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
    from ehtui.sandbox.options import is_loopback  # noqa: PLC0415
    from ehtui.sandbox.server import ListenError, SandboxServer  # noqa: PLC0415

    server = SandboxServer(options)

    if not is_loopback(options.host):
        print(_warning(options), file=sys.stderr, flush=True)

    try:
        if args.command:
            return asyncio.run(run_command(server, args.command))

        asyncio.run(server.run(_tell_ready))
    except ListenError as error:
        said = str(error)
        advice = "Choose another --port, --storage-port, --control-port or --host."
        raise ConfigError(f"{said[0].upper()}{said[1:]}.", advice) from None

    return 0


def options_of(args: argparse.Namespace) -> ServerOptions:
    """What to serve: a file's or the defaults, the emulator's ports and keys, then each flag.

    Raises:
        ConfigError: An option makes no sense.
    """
    from ehtui.sandbox.options import ServerOptions  # noqa: PLC0415

    options = ServerOptions() if args.settings is None else _from_file(args)

    if args.emulator:
        options = replace(options, **_as_emulator(args))

    flags: dict[str, Any] = {
        "hub": args.hub if args.settings is None else None,
        "partitions": args.partitions,
        "groups": tuple(dict.fromkeys(args.groups)) if args.groups else None,
        "host": args.host,
        "port": args.port,
        "storage_port": args.storage_port,
        "control_port": args.control_port,
        "tls": args.tls or None,
        "websocket_port": args.websocket_port,
        "only_websockets": args.only_websockets or None,
    }
    options = replace(options, **{n: value for n, value in flags.items() if value is not None})

    if options.tls and args.port is None and not options.port:
        options = replace(options, port=_HTTPS_PORT if options.only_websockets else _AMQPS_PORT)

    if args.groups and not all(args.groups):
        raise ConfigError(
            "--group is empty: a shell takes $Default for a variable.",
            "Quote it: --group '$Default'",
        )

    _check_hubs(options, safe(args.settings or "--hub, --partitions or --group"))
    _check_keys(options)
    _check_ports(options)
    _check_host(options.host, is_exposed=args.expose)
    return options


def _from_file(args: argparse.Namespace) -> ServerOptions:
    """The file's options, with the hub first that was asked for."""
    from ehtui.sandbox.options import DEFAULT_GROUP  # noqa: PLC0415
    from ehtui.sandbox.settings_file import read_settings  # noqa: PLC0415

    shown = safe(args.settings)

    if args.partitions is not None or args.groups:
        raise ConfigError(
            f"--partitions and --group are of one hub, and {shown} names its hubs itself.",
            "Change them there.",
        )

    path = named_path(args.settings, Path.cwd(), shown)
    options = read_settings(path, shown)

    if args.hub is None:
        return options

    first = next((hub for hub in options.hubs if hub.name == args.hub), None)

    if first is None:
        raise ConfigError(f"{shown} has no hub '{safe(args.hub)}'.", _SEE_HELP)

    return replace(
        options,
        hub=first.name,
        partitions=first.partitions,
        groups=first.groups or (DEFAULT_GROUP,),
        retention=first.retention,
        more_hubs=tuple(hub for hub in options.hubs if hub is not first),
    )


def _as_emulator(args: argparse.Namespace) -> dict[str, Any]:
    if args.tls:
        raise ConfigError("--emulator and --tls: the emulator speaks without TLS.", _SEE_HELP)

    return {
        "port": 5672,
        "key": "SAS_KEY_VALUE",
        "storage_port": 10000,
        "account": AZURITE_ACCOUNT,
        "storage_key": AZURITE_KEY,
        "control_port": 5300,  # where it tells its health
    }


def env_lines(environment: Mapping[str, str]) -> str:
    """The lines of a .env, quoted so that a shell can read them too."""
    return "".join(f"{name}='{value}'\n" for name, value in environment.items())


def _check_ports(options: ServerOptions) -> None:
    ports = (options.port, options.storage_port, options.control_port, options.websocket_port or 0)

    for port in ports:
        if not 0 <= port <= _LAST_PORT:
            raise ConfigError(f"Port {port}: a port is 0 to {_LAST_PORT}.", _SEE_HELP)


def _check_host(host: str, *, is_exposed: bool) -> None:
    shown = safe(host[:60])

    try:
        address = IPv4Address(host)
    except ValueError:  # a name, such as 127.example.com: whoever answers for it decides
        raise ConfigError(
            f"--host {shown} is not an address: on loopback the sandbox has 127.x.x.x.", _SEE_HELP
        ) from None

    if not (address.is_loopback or is_exposed):
        raise ConfigError(
            f"--host {shown} is not loopback (127.x.x.x): others could get in. --expose lets them.",
            _SEE_HELP,
        )


def _check_hubs(options: ServerOptions, source: str) -> None:
    from ehtui.sandbox.eventhubs import Retention  # noqa: PLC0415
    from ehtui.sandbox.eventhubs.namespace import check_hub  # noqa: PLC0415

    names = [hub.name.lower() for hub in options.hubs]

    for hub in options.hubs:
        if names.count(hub.name.lower()) > 1:
            raise ConfigError(f"{source}: two hubs are '{safe(hub.name)}'.", "Names ignore case.")

        try:
            check_hub(hub.name, hub.partitions, hub.groups)
            Retention(**hub.retention)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{source}: {error}.", _SEE_HELP) from None


def _check_keys(options: ServerOptions) -> None:
    if any(key and not _KEY.fullmatch(key) for key in (options.key, options.control_token)):
        raise ConfigError("A key has a character that connection strings cannot hold.", _SEE_HELP)

    try:
        base64.b64decode(options.storage_key or "", validate=True)
    except ValueError:
        raise ConfigError("The storage key is not base64.", _SEE_HELP) from None


def _warning(options: ServerOptions) -> str:
    """What others can do to a sandbox that is not on loopback."""
    from ehtui.sandbox.options import reachable  # noqa: PLC0415

    is_known = options.storage_key == AZURITE_KEY
    lines = [
        f"# WARNING: every host that reaches {options.host} reaches this sandbox.",
        "# Its keys are known to everybody." if is_known else "# Only the keys below protect it.",
    ]

    if not options.tls:
        lines.append("# Nothing is encrypted.")

    if reachable(options.host) != options.host:
        lines.append("# The strings name 127.0.0.1: elsewhere, put this host's name in its place.")

    return "\n".join([*lines, "# The control port stays on loopback."])


def _tell_ready(ready: Ready) -> None:
    # Remarks are no lines of a .env, so they go elsewhere.
    print("# The keys below work on this host, for as long as this runs.", file=sys.stderr)
    print(f"# control port (state, faults): {ready.control_url}", file=sys.stderr)
    print(f"# changes there: -H 'Authorization: Bearer {ready.control_token}'", file=sys.stderr)
    print(env_lines(ready.environment), end="", flush=True)
