"""`ehtui conform`: what ehtui and its sandbox believe of the service, looked up on a real one."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ehtui
from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args
from ehtui.config.errors import ConfigError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ehtui.config.settings import Settings
    from ehtui.conform.checks import Check, Result
    from ehtui.conform.report import Veil
    from ehtui.conform.world import World

_DESCRIPTION = """\
Look up, on a namespace that you have, what ehtui and its sandbox believe of Event Hubs and Blob
storage: limits, texts of refusals, credit, owner levels, conditional writes. Without flags it only
reads and shows wrong tokens; each flag below lets it do more. It says first what it will do, and
asks. The report names no namespace, hub, account or key.
"""
_EMULATOR_HUB, _EMULATOR_GROUP = "eh1", "cg1"  # of its own Config.json


def add_conform(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "conform",
        help="look up on your namespace what ehtui believes of the service",
        description=_DESCRIPTION,
    )
    parser.add_argument("--send", action="store_true", help="the hub may be written to")
    parser.add_argument(
        "--own-group",
        metavar="GROUP",
        help="a consumer group that nobody else uses: receivers there are disconnected",
    )
    parser.add_argument(
        "--store", action="store_true", help="the container of the checkpoints may be written to"
    )
    parser.add_argument("--slow", action="store_true", help="also what takes half an hour")
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID", help="checks that begin with this"
    )
    parser.add_argument("--list", action="store_true", help="list the beliefs, look nothing up")
    parser.add_argument("--report", metavar="FILE", help="write the report: FILE.md and FILE.json")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_settings_flags(parser)
    parser.set_defaults(run=run_conform)


def run_conform(args: argparse.Namespace) -> int:
    """Look up, tell, and write the report.

    Raises:
        ConfigError: Something cannot be used, or nobody agreed.
        ProblemError: The hub cannot be reached.
    """
    from ehtui.conform import report, suite  # noqa: PLC0415 - httpcore and the AMQP codec

    try:
        checks = suite.chosen(args.only)
    except ValueError as error:
        raise ConfigError(
            f"No check begins with '{error}'.", "ehtui conform --list names them all."
        ) from None

    if args.list:
        print(report.beliefs(checks), end="")
        return ExitCode.OK

    settings = resolve_args(args).settings

    if args.own_group and args.own_group.lower() == "$default":
        raise ConfigError(
            "--own-group is $Default, where anybody receives.", "Name a group that nobody uses."
        )

    if args.report is not None and not Path(args.report).absolute().parent.is_dir():
        raise ConfigError(f"There is no folder for {safe(args.report)}.", "Name another.")

    if settings.read_only and (args.send or args.store):
        raise ConfigError(
            "--send and --store write, and ehtui is set to be read-only.",
            "Leave them out, or add --no-read-only.",
        )

    return asyncio.run(_run(args, settings, checks))


async def _run(args: argparse.Namespace, settings: Settings, checks: Sequence[Check]) -> int:
    from ehtui.cli.output_format import print_text  # noqa: PLC0415
    from ehtui.conform import report, suite  # noqa: PLC0415

    world = _world(args, settings)

    try:
        await world.look_around()
        _agree(suite.intentions(world, checks), is_agreed=args.yes)
        await world.try_store()
        veil, results = report.veil_of(world), list[Any]()

        async for result in suite.run_all(world, checks):
            results.append(result)
            print_text("\n".join(report.lines(result, veil)))
    finally:
        await _clean_up(world)

    _tell(args.report, results, veil, _about(args, world))
    return ExitCode.OK if suite.is_whole(results) else ExitCode.WARNING


def _world(args: argparse.Namespace, settings: Settings) -> World:
    from ehtui.conform.admin import SandboxControl  # noqa: PLC0415
    from ehtui.conform.store import Store  # noqa: PLC0415
    from ehtui.conform.world import World  # noqa: PLC0415
    from ehtui.wire.credentials import access_of  # noqa: PLC0415
    from ehtui.wire.storage import address_of  # noqa: PLC0415

    eventhub, checkpoints, group = settings.eventhub, settings.checkpoint_store, args.own_group

    if getattr(args, "emulator", False):
        from msgspec.structs import replace  # noqa: PLC0415

        eventhub = replace(eventhub, name=eventhub.name or _EMULATOR_HUB)
        group = group or _EMULATOR_GROUP

    world = World(access_of(eventhub), group, args.send, args.slow)

    if args.store:
        if not checkpoints.containers:
            raise ConfigError(
                "--store needs a container, and none is configured.", "Name one: --container"
            )

        prefix = f"ehtui-conform-{uuid4().hex[:8]}/"
        world.store = Store(address_of(checkpoints), checkpoints.containers[0], prefix)

    control = os.environ.get("EHTUI_SANDBOX_CONTROL_URL", "")

    # A sandbox around this command, and it is the hub that is looked at.
    if control and args.send and world.access.host in control:
        world.admin = SandboxControl(control, os.environ.get("EHTUI_SANDBOX_CONTROL_TOKEN", ""))

    return world


def _agree(intentions: Sequence[str], *, is_agreed: bool) -> None:
    for line in intentions:
        print(safe(line), file=sys.stderr, flush=True)

    if is_agreed:
        return

    if not sys.stdin.isatty():
        raise ConfigError("Nobody is there to be asked.", "Add --yes to go ahead.")

    sys.stderr.write("Go ahead? [y/N] ")
    sys.stderr.flush()

    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigError("Nothing was done.", "Answer y, or add --yes, to go ahead.")


async def _clean_up(world: World) -> None:
    if world.store is not None:
        for name in await world.store.close():
            print(f"The blob {safe(name)} could not be deleted.", file=sys.stderr)

    if world.admin is not None:
        await world.admin.close()

    with suppress(Exception):
        await world.access.credential.close()


def _about(args: argparse.Namespace, world: World) -> dict[str, str]:
    names = ("send", "store", "slow", "emulator")
    flags = [f"--{name}" for name in names if getattr(args, name, False)]
    flags += ["--own-group"] if world.own_group else []
    host = world.access.host
    kind = (
        "a sandbox" if world.admin else "an emulator" if not world.access.use_tls else "a service"
    )
    where = host.partition(".")[2] if world.access.use_tls else "this host"
    return {
        "ehtui": ehtui.__version__,
        "looked at": f"{kind} ({where or 'a private address'})",
        "on": datetime.now(UTC).strftime("%Y-%m-%d"),
        "flags": " ".join(flags) or "none",
        "partitions": str(len(world.partitions)),
    }


def _tell(path: str | None, results: Sequence[Result], veil: Veil, about: dict[str, str]) -> None:
    from ehtui.cli.output_format import print_text  # noqa: PLC0415
    from ehtui.conform import report  # noqa: PLC0415

    print_text(f"\n{len(results)} checks: {report.counted(results)}")

    if path is None:
        return

    for suffix, text in (
        (".md", report.markdown(results, veil, about)),
        (".json", report.as_json(results, veil, about)),
    ):
        file = Path(path).with_name(Path(path).name + suffix)

        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"{file} cannot be written: {error.strerror}.", "Name another."
            ) from None

    print(f"Written: {path}.md and {path}.json")
