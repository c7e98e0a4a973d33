"""`ehtui send`: what is sent, where to, at which pace; and following it until its group read it."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import Afterwards, add_acting_flags, phrasing, run_action
from ehtui.cli.flags import ExitCode, add_settings_flags, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.actions.following import SentEvents
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.actions.sending import Content, SendTarget
    from ehtui.monitor.backend import Backend

FOLLOW_S = 60.0
POLL_S = 0.25
MOST_LINES = 1_000_000
MOST_BYTES = 256 << 20
_DESCRIPTION = """\
Send events to the hub: a test event of the configuration (test_events.NAME), or what --body,
--file or --lines say. Every consumer group of the hub reads them; what will be sent, and where to,
is shown before it is. In bodies and properties {{sequence}} is the event's number within this send,
{{uuid}} a new uuid of each event, {{now}} the moment when it is sent, {{host}} this host's name;
--literal leaves them as they stand. With --follow ehtui waits until the checkpoint of the consumer
group (--group) has passed them, or until three times of what events usually wait there went by
without progress.
"""


def add_send(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "send",
        help="send events, and follow them until a group has read them",
        description=_DESCRIPTION,
    )
    _add_content(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--partition", metavar="ID", help="default: each partition in turn")
    where.add_argument("--partition-key", metavar="KEY", help="the hub chooses by its hash")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="default: 1")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--rate", type=_rate, metavar="PER_S", help="events a second")
    pace.add_argument("--interval", type=seconds, metavar="2s", help="between two events")
    add_acting_flags(parser)
    parser.add_argument(
        "--follow",
        nargs="?",
        type=seconds,
        const=FOLLOW_S,
        default=0.0,
        metavar="1m",
        help="wait up to this long (1m) for the group's checkpoint, and say what became of it",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run_send)


def _add_content(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "template", nargs="?", metavar="NAME", help="its name under test_events:; default: the one"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--body", metavar="TEXT", help="the event itself, instead of NAME")
    what.add_argument("--file", metavar="FILE", help="a file that holds one event")
    what.add_argument(
        "--lines", metavar="FILE", help="a file with one event a line; - is standard input"
    )
    parser.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an application property; again for more",
    )
    parser.add_argument(
        "--content-type",
        metavar="TYPE",
        help="default: application/json where the body is JSON; '' for none",
    )
    parser.add_argument("--literal", action="store_true", help="fill in no placeholders")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0

    if not 0 < rate <= MOST_LINES:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of events a second")

    return rate


def run_send(args: argparse.Namespace) -> int:
    """Send it.

    Raises:
        ConfigError: No event is named, and not exactly one is configured; a file can't be read;
            the events come where the answer would have to come too.
    """
    if args.lines == "-" and not (args.yes or args.dry_run):
        raise ConfigError(
            "With --lines - the events come on standard input, where nobody can be asked then.",
            "Add --yes, or --dry-run to look.",
        )

    return run_action(
        args,
        lambda backend: send_request(backend, args),
        partial(follow_send, timeout_s=args.follow, is_json=args.json),
    )


def send_request(backend: Backend, args: argparse.Namespace) -> Request:
    """What the arguments ask for.

    Raises:
        ConfigError: No event is named, and not exactly one is configured; a file can't be read.
    """
    from msgspec.structs import replace  # noqa: PLC0415 - not for --help

    from ehtui.domain.actions.send import SendRequest  # noqa: PLC0415

    content = _content(args)
    interval_s = args.interval or (1 / args.rate if args.rate else 0.0)
    request = SendRequest(
        content.name if content is not None else _named(backend, args),
        _target(args),
        args.partition,
        args.partition_key,
        args.count,
        content,
        tuple(_property(text) for text in args.property),
        args.content_type,
        interval_s,
        is_literal=args.literal,
        is_marked=backend.peek_group is not None,
    )

    if not args.follow:
        return request

    return replace(request, follow=backend.snapshot.policy.default_group)


def _target(args: argparse.Namespace) -> SendTarget:
    from ehtui.domain.actions.sending import SendTarget  # noqa: PLC0415

    if args.partition is not None:
        return SendTarget.PARTITION

    return SendTarget.ROUND_ROBIN if args.partition_key is None else SendTarget.KEY


def _named(backend: Backend, args: argparse.Namespace) -> str:
    templates = backend.templates

    if args.template is None and len(templates) != 1:
        known = ", ".join(templates) or "none is configured: add one under test_events:"
        raise ConfigError(
            "Which test event is not said.", f"There are: {known}. Or use --body, --file, --lines."
        )

    return str(templates[0] if args.template is None else args.template)


def _property(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")

    if not equals or not name:
        raise ConfigError(f"--property '{text}' is not NAME=VALUE.")

    return name, value


def _content(args: argparse.Namespace) -> Content | None:
    """What the arguments themselves say; None where they name a test event."""
    from ehtui.cli.planning import read_body  # noqa: PLC0415 - not for --help
    from ehtui.domain.actions.sending import BodySource, Content, Outgoing  # noqa: PLC0415

    given = [each for each in (args.body, args.file, args.lines) if each is not None]

    if not given:
        return None

    if args.template is not None:
        raise ConfigError(
            f"'{args.template}' is a test event's name, and another event is given too.",
            "Leave one of them out.",
        )

    try:
        if args.body is not None:
            body = Outgoing(args.body.encode("utf-8", "surrogateescape"))
            return Content(BodySource.TEXT, "text", (body,))

        if args.file is not None:
            return Content(BodySource.FILE, args.file, (Outgoing(read_body(args.file)),))

        return Content(BodySource.LINES, args.lines, tuple(_lines(args.lines)))
    except OSError as error:
        raise ConfigError(f"{given[0]} can't be read: {error.strerror or error}.") from error


def _lines(name: str) -> Iterator[Any]:
    """One event a line, without its end; empty lines are left out.

    Raises:
        ConfigError: There are more than anybody sends at once.
        OSError: It cannot be read.
    """
    from ehtui.domain.actions.sending import Outgoing  # noqa: PLC0415

    # Standard input is not ours to close.
    with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        read, events = 0, 0

        for number, line in enumerate(file, 1):
            body = line.rstrip(b"\r\n")
            read += len(line)

            if not body:
                continue

            events += 1

            if read > MOST_BYTES or events > MOST_LINES:
                raise ConfigError(
                    f"{name} has more than {MOST_LINES:,} lines, or {MOST_BYTES:,} bytes.",
                    "Split it: split -l 100000 FILE",
                )

            yield Outgoing(body, line=number)


def follow_send(
    backend: Backend, outcome: Outcome, *, timeout_s: float, is_json: bool
) -> Afterwards:
    """Wait until there is a verdict on each partition, tell it, and return it for JSON.

    Ctrl-C ends the wait, not the telling.
    """
    from ehtui.domain.actions.outcomes import OutcomeState  # noqa: PLC0415 - not for --help
    from ehtui.views.following import followed_document  # noqa: PLC0415

    if outcome.state is not OutcomeState.DONE:  # what the hub took before is told already
        return Afterwards({"followed": []})

    token = getattr(outcome.plan, "token", "")
    began = time.monotonic()
    sent = _sent(backend, token)

    with suppress(KeyboardInterrupt):
        while time.monotonic() - began < timeout_s and (sent is None or not sent.is_settled):
            time.sleep(POLL_S)
            sent = _sent(backend, token)

    places = sent.places if sent is not None else ()

    if not is_json:
        _tell(backend, sent)

    code = ExitCode.NO_VERDICT

    if sent is not None and places and sent.is_settled:
        code = ExitCode.OK if sent.has_passed else ExitCode.NOT_PASSED

    return Afterwards({"followed": [followed_document(place) for place in places]}, code)


def _sent(backend: Backend, token: str) -> SentEvents | None:
    return next((each for each in backend.snapshot.sends if each.token == token), None)


def _tell(backend: Backend, sent: SentEvents | None) -> None:
    from ehtui.views.following import advice, followed_sentence  # noqa: PLC0415

    say = phrasing(backend)

    for place in sent.places if sent is not None else ():
        told = followed_sentence(place, say)
        print(f"{told[0].upper()}{told[1:]}.")

        if next_step := advice(place):
            print(f"  → {next_step}")

        if not place.is_settled:
            print("  → No verdict in that time: --follow 5m waits longer.")
