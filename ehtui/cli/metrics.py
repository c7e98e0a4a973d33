"""`ehtui metrics`: what is known as metrics; once, into a file, served or pushed."""

from __future__ import annotations

import sys
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, configuration_of, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ehtui.cli.metrics_pictures import Pictures
    from ehtui.views.metrics.values import Family, Picture

    Tell = Callable[[Sequence[Family]], None]

_EPILOG = (
    "Examples: ehtui metrics --save /var/lib/node_exporter/ehtui.prom --every 30s; "
    "ehtui metrics --listen 127.0.0.1:9779. Every metric is in docs/metrics.md; a dashboard and "
    "alert rules are in contrib/. "
)
LOOPBACK = "127.0.0.1"
_LAST_PORT = 65535
SHORTEST_S = 1.0
_LONG_S = 3600.0


def add_metrics(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "metrics",
        help="lag, leases, findings and sources for Prometheus or OpenTelemetry",
        description="Read everything once and print it as OpenMetrics text; or write it into a "
        "file, serve it to Prometheus, or push it to an OpenTelemetry collector.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--all",
        dest="every_profile",
        action="store_true",
        help="of every hub of every profile; with --profile, of all of its hubs",
    )
    parser.add_argument(
        "--format",
        choices=("openmetrics", "prometheus"),
        help="the text's format (default: openmetrics; with --save prometheus, which the textfile "
        "collector of node_exporter reads)",
    )
    parser.add_argument(
        "--save",
        metavar="FILE",
        help="write into that file, which is replaced whole: nobody reads half of it",
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=_address,
        help="serve http://HOST:PORT/metrics until Ctrl-C; the host is 127.0.0.1 if none is named, "
        "port 0 any free one (needs the extra 'metrics')",
    )
    parser.add_argument(
        "--expose", action="store_true", help="let --listen be any address: others can read it"
    )
    parser.add_argument(
        "--otlp",
        metavar="URL",
        help="push to that collector over HTTP, such as http://127.0.0.1:4318/v1/metrics; headers "
        "come from OTEL_EXPORTER_OTLP_HEADERS (needs the extra 'otlp')",
    )
    parser.add_argument(
        "--every",
        type=seconds,
        metavar="30s",
        help="with --save or --otlp: go on, so often, until Ctrl-C",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run_metrics)


def _address(text: str) -> tuple[str, int]:
    import argparse  # noqa: PLC0415

    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or LOOPBACK

    if not port.isdecimal() or int(port) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is not HOST:PORT, such as 127.0.0.1:9779")

    try:
        ip_address(host)
    except ValueError:  # a name: whoever answers for it decides
        raise argparse.ArgumentTypeError(
            f"'{host}' is not an address; this host is 127.0.0.1"
        ) from None

    return host, int(port)


def run_metrics(args: argparse.Namespace) -> int:
    """Tell them.

    Raises:
        ConfigError: Flags do not go together, or packages lack.
        ProblemError: It could not be written, served or pushed.
    """
    _check(args)

    if args.listen is not None:
        from ehtui.cli.metrics_server import require_client  # noqa: PLC0415

        require_client()
        return _serve(_pictures(args), *args.listen)

    tellers, pictures = _tellers(args), _pictures(args)
    return _once(pictures, tellers) if args.every is None else _again(pictures, tellers, args.every)


def _pictures(args: argparse.Namespace) -> Pictures:
    from ehtui.cli.metrics_pictures import AllHubs, OneHub  # noqa: PLC0415 - every room below

    if args.every_profile:
        return AllHubs(configuration_of(args))

    return OneHub(resolve_args(args).settings)


def _check(args: argparse.Namespace) -> None:
    if args.listen is not None:
        others = [
            f"--{name}" for name in ("save", "otlp", "every", "format") if getattr(args, name)
        ]

        if others:
            raise ConfigError(f"--listen does not go with {others[0]}.", "Run it twice.")

        host = args.listen[0]

        if not (ip_address(host).is_loopback or args.expose):
            raise ConfigError(
                f"--listen {host} is not loopback: others could read it. --expose lets them.",
                "Names of hubs and groups are in it, and how far behind they are; no secrets.",
            )

    if args.every is not None:
        if not (args.save or args.otlp):
            raise ConfigError("--every goes with --save or --otlp.", "Or use --listen.")

        if args.every < SHORTEST_S:
            raise ConfigError(f"--every is at least {SHORTEST_S:g} s.")


def _tellers(args: argparse.Namespace) -> list[Tell]:
    """What writes and pushes, as the flags say; made first, so that what lacks is said at once."""
    from ehtui.views.metrics.text import TextFormat, text_of  # noqa: PLC0415

    tellers: list[Tell] = []

    if args.otlp:
        from ehtui.cli.otlp import OtlpPush  # noqa: PLC0415

        tellers.append(OtlpPush(args.otlp))

    if args.save:
        from ehtui.cli.metrics_file import MetricsFile  # noqa: PLC0415

        file = MetricsFile(args.save)
        saved = TextFormat(args.format or TextFormat.PROMETHEUS)
        tellers.append(lambda families: file.replace(text_of(families, saved)))

    if not tellers:
        printed = TextFormat(args.format or TextFormat.OPENMETRICS)
        tellers.append(lambda families: print(text_of(families, printed), end="", flush=True))

    return tellers


def _once(pictures: Pictures, tellers: Sequence[Tell]) -> int:
    from ehtui.cli.output_format import tell_unread  # noqa: PLC0415
    from ehtui.views.metrics import families  # noqa: PLC0415

    found = pictures.once()
    told = families(found)

    for tell in tellers:
        tell(told)

    _tell_unusable(found)

    for picture in found:
        tell_unread(picture.snapshot)
        _tell_failed(picture, is_one=len(found) == 1)

    return ExitCode.OK if all(map(_is_whole, found)) else ExitCode.UNREADABLE


def _is_whole(picture: Picture) -> bool:
    """Whether all was read that is meant to be: of many hubs this host's processes are not."""
    from ehtui.cli.metrics_pictures import OF_HUB  # noqa: PLC0415
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.pending import unread_partitions  # noqa: PLC0415

    is_unread = any(
        source.status is SourceStatus.FAILED
        or (source.status is SourceStatus.STARTING and source.name in OF_HUB)
        for source in picture.snapshot.sources
    )
    return picture.problem is None and not is_unread and not unread_partitions(picture.snapshot)


def _tell_unusable(found: Sequence[Picture]) -> None:
    """Of a hub that cannot even be asked, its metrics say no more than that."""
    from ehtui.domain.text import safe  # noqa: PLC0415
    from ehtui.views.sources import problem_line  # noqa: PLC0415

    for picture in found:
        if picture.problem is not None:
            key = safe("/".join(part for part in (picture.profile, picture.hub) if part))
            told = problem_line(picture.problem)
            print(f"ehtui: the settings of {key} cannot be used: {told}", file=sys.stderr)


def _tell_failed(picture: Picture, *, is_one: bool) -> None:
    """Nobody reads metrics for the reason why there are none."""
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.domain.text import safe  # noqa: PLC0415
    from ehtui.views.sources import problem_line  # noqa: PLC0415

    of = "" if is_one else f" of {safe(picture.hub)}"

    for source in picture.snapshot.sources:
        if source.status is SourceStatus.FAILED and source.problem is not None:
            told = problem_line(source.problem)
            print(f"ehtui: the {source.name}{of} could not be read: {told}", file=sys.stderr)


def _again(pictures: Pictures, tellers: Sequence[Tell], every_s: float) -> int:
    """Until Ctrl-C; what cannot be told this time is said, and tried again."""
    from ehtui.domain.problems import ProblemError  # noqa: PLC0415
    from ehtui.views.metrics import families  # noqa: PLC0415

    try:
        pictures.begin(waits=True)
        _tell_unusable(pictures.now())

        while True:
            told = families(pictures.now())

            for tell in tellers:
                try:
                    tell(told)
                except ProblemError as error:
                    print(f"ehtui: {error.problem.summary}", file=sys.stderr)

            time.sleep(every_s)
    finally:
        pictures.end()


def _serve(pictures: Pictures, host: str, port: int) -> int:
    """Until Ctrl-C: what is known is told to whoever asks, as it is then."""
    from ehtui.cli.metrics_server import serving  # noqa: PLC0415

    with serving(pictures.now, host, port) as url:
        print(f"Serving {url}", file=sys.stderr, flush=True)

        try:
            pictures.begin(waits=False)
            _tell_unusable(pictures.now())

            while True:
                time.sleep(_LONG_S)
        finally:
            pictures.end()
