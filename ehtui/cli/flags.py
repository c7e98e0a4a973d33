"""Flags, values and exit codes that commands share; a setting's flag may stand on either side."""

from __future__ import annotations

import os
import re
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.config.changes import Configuration
    from ehtui.config.found import Flags, Resolved
    from ehtui.config.process_settings import ProcessFindings
    from ehtui.config.settings import Language, Settings

# Flag → the key that it sets. Secrets have none: every user of a host sees command lines.
_KEYS = {
    "hub": ("--hub", "eventhub.name"),
    "namespace": ("--namespace", "eventhub.namespace"),
    "group": ("--group", "eventhub.consumer_group"),
    "peek_group": ("--peek-group", "eventhub.peek_group"),
    "account_url": ("--account-url", "checkpoint_store.account_url"),
    "transport": ("--transport", "eventhub.transport"),
    "endpoint": ("--endpoint", "eventhub.endpoint"),
    "trace_wire": ("--trace-wire", "eventhub.trace_wire"),
    "lang": ("--lang", "ui.lang"),
}
# Flags that set several keys.
_SHARED = {"ca_file": ("--ca-file", ("eventhub.ca_file", "checkpoint_store.ca_file"))}
# Microsoft's emulator with Azurite beside it, at their defaults: everybody knows these keys.
EMULATOR = {
    "eventhub.connection_string": (
        "Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
    ),
    "checkpoint_store.connection_string": "UseDevelopmentStorage=true",
}
_SWITCHES = frozenset({"--read-only", "--no-read-only", "--emulator"})
# Not to be repeated by a command that does the same: a trace has a file of its own, and commands
# are the same in every language.
_ONCE = frozenset({"eventhub.consumer_group", "eventhub.trace_wire", "ui.lang"})


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every command understands."""
    import argparse  # noqa: PLC0415 - whoever gives no flags has no parser

    group = parser.add_argument_group("settings (over the environment, .env and YAML)")

    def add(*names: str, **kwargs: object) -> None:
        # Absent unless given, so that a flag before the command is not reset behind it.
        group.add_argument(*names, default=argparse.SUPPRESS, **kwargs)  # type: ignore[arg-type]

    add("--config", metavar="FILE", help="YAML file, instead of ./ehtui.yaml or ./config.yaml")
    add("--env-file", metavar="FILE", help="instead of ./.env")
    add("--profile", metavar="NAME", help="a profile of the YAML file (--hub: one of its hubs)")
    add("--pid", type=_pid, metavar="PID", help="take hub, group and store from that consumer")
    add(
        "--emulator",
        action="store_true",
        help="Microsoft's emulator and Azurite on this host, at their defaults",
    )
    add("--hub", metavar="NAME", help="name of the event hub")
    add("--namespace", metavar="HOST", help="namespace, to sign in with Entra ID")
    add(
        "-g",
        "--group",
        action=_group_action(),
        metavar="GROUP",
        help="consumer group (quote it: '$Default')",
    )
    add("--alias", action="append", metavar="HOST", help="another name of the namespace, in stores")
    add("--peek-group", metavar="GROUP", help="the group to look at events in")
    add("--account-url", metavar="URL", help="storage account of the checkpoints")
    add("--container", action="append", metavar="NAME", help="container of the checkpoints")
    add(
        "--transport",
        choices=("auto", "amqp", "websocket"),
        help="how the hub is reached: port 5671, then WebSockets on 443 (auto), or one of them",
    )
    add("--endpoint", metavar="ADDRESS", help="connect there instead: a private link, a gateway")
    add("--ca-file", metavar="FILE", help="roots to trust beside the machine's own (PEM)")
    add("--trace-wire", metavar="FILE", help="write the hub's AMQP frames there, without secrets")
    add("--refresh", type=seconds, metavar="SECONDS", help="read hub, store and processes so often")
    add(
        "-r",
        "--read-only",
        action=argparse.BooleanOptionalAction,
        help="refuse every action (default with eventhub.production: true)",
    )


def _group_action() -> type[argparse.Action]:
    import argparse  # noqa: PLC0415

    class Group(argparse.Action):
        """The last one is the setting `group`; reports that can show several take `groups`."""

        @override
        def __call__(self, _: object, found: argparse.Namespace, value: Any, *__: object) -> None:
            found.group = value
            found.groups = [*getattr(found, "groups", ()), value]

    return Group


def language_of(args: argparse.Namespace | None) -> Language:
    """The language of a command that reads no configuration: `--lang`, else EHTUI_LANG.

    Raises:
        ConfigError: EHTUI_LANG names none.
    """
    from ehtui.config.origins import ENVIRONMENT_NAMES  # noqa: PLC0415 - `--help` needs no settings
    from ehtui.config.settling import language  # noqa: PLC0415

    name = ENVIRONMENT_NAMES["ui.lang"]
    return language(getattr(args, "lang", None) or os.environ.get(name) or "en", name)


def _pid(text: str) -> int:
    import argparse  # noqa: PLC0415

    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a process id")

    return int(text)


def flags_of(args: argparse.Namespace | None) -> Flags:
    """The flags among parsed arguments; None is nothing to parse."""
    from ehtui.config.found import Flags  # noqa: PLC0415 - `--help` needs no settings

    if args is None:
        return Flags()

    values = {key: str(getattr(args, name)) for name, (_, key) in _KEYS.items() if name in args}
    names = {key: flag for flag, key in _KEYS.values()}

    if "emulator" in args:
        values |= EMULATOR
        names |= dict.fromkeys(EMULATOR, "--emulator")

    if "alias" in args:
        values["eventhub.aliases"] = ",".join(args.alias)
        names["eventhub.aliases"] = "--alias"

    if "container" in args:
        values["checkpoint_store.containers"] = ",".join(args.container)
        names["checkpoint_store.containers"] = "--container"

    for name, (flag, keys) in _SHARED.items():
        if name in args:
            values |= dict.fromkeys(keys, str(getattr(args, name)))
            names |= dict.fromkeys(keys, flag)

    if "read_only" in args:
        values["read_only"] = "true" if args.read_only else "false"
        names["read_only"] = "--read-only" if args.read_only else "--no-read-only"

    return Flags(
        config=getattr(args, "config", None),
        env_file=getattr(args, "env_file", None),
        pid=getattr(args, "pid", None),
        values=values,
        names=names,
        profile=getattr(args, "profile", None),
        every_profile=getattr(args, "every_profile", False),
    )


def flag_words(args: argparse.Namespace | None, *, of_every_hub: bool = False) -> tuple[str, ...]:
    """The flags by which another command finds the same hub and store; the group is its own.

    Where several hubs are meant, each adds its profile and its name.
    """
    flags = flags_of(args)
    named = [
        ("--config", flags.config),
        ("--env-file", flags.env_file),
        ("--profile", None if of_every_hub else flags.profile),
        ("--pid", flags.pid),
    ]
    named += dict.fromkeys(
        (flags.names[key], None if flags.names[key] in _SWITCHES else value)
        for key, value in flags.values.items()
        if key not in _ONCE and not (of_every_hub and key == "eventhub.name")
    )
    return tuple(
        word
        for flag, value in named
        if value is not None or flag in _SWITCHES
        for word in ((flag,) if value is None else (flag, str(value)))
    )


def resolve_args(args: argparse.Namespace | None) -> Resolved:
    """The settings for parsed arguments, from this process's environment and folder.

    Raises:
        ConfigError: Something cannot be used.
    """
    from ehtui.config.resolve import resolve  # noqa: PLC0415

    flags = flags_of(args)
    found = resolve(flags, environment=os.environ, folder=working_folder(), look_into=_look_into)
    return adjusted(found, args)


def configuration_of(args: argparse.Namespace | None) -> Configuration:
    """All hubs that parsed arguments mean, and the files that say so; nothing is read yet.

    Raises:
        ConfigError: The working folder is gone.
    """
    from ehtui.config.changes import Configuration  # noqa: PLC0415

    flags = flags_of(args)
    return Configuration(flags, os.environ, working_folder(), lambda found: adjusted(found, args))


def adjusted(found: Resolved, args: argparse.Namespace | None) -> Resolved:
    """With what flags say that are no settings of a file.

    Raises:
        ConfigError: It cannot be used.
    """
    if args is None or "refresh" not in args:
        return found

    # What `resolve` loaded anyway.
    from msgspec.structs import replace  # noqa: PLC0415

    from ehtui.config.origins import Layer, Origin  # noqa: PLC0415

    flag = Origin(Layer.FLAG, "--refresh")
    paced = {f"poll.{name}": flag for name in ("hub_s", "store_s", "processes_s")}
    settings = with_refresh(found.settings, args.refresh)

    return replace(found, settings=settings, origins={**found.origins, **paced})


MOST_OFTEN_S, LEAST_OFTEN_S = 0.2, 3600.0  # as `poll` in a file


def with_refresh(settings: Settings, every_s: float) -> Settings:
    """The same, with everything read so often.

    Raises:
        ConfigError: Nobody reads so often, or so seldom.
    """
    from msgspec.structs import replace  # noqa: PLC0415

    from ehtui.config.settings import PollSettings  # noqa: PLC0415

    if not MOST_OFTEN_S <= every_s <= LEAST_OFTEN_S:
        raise ConfigError(
            f"--refresh should be between {MOST_OFTEN_S:g} and {LEAST_OFTEN_S:g} seconds, "
            f"not {every_s:g}."
        )

    poll = PollSettings(hub_s=every_s, store_s=every_s, processes_s=every_s)
    return replace(settings, poll=poll)


def working_folder() -> Path:
    """Where ehtui was started.

    Raises:
        ConfigError: It is gone.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigError(
            f"The working folder no longer exists: {error.strerror}.",
            "Change into one that does.",
        ) from None


def _look_into(pid: int) -> ProcessFindings:
    from ehtui.config.process_settings import look_into  # noqa: PLC0415 - loads psutil

    return look_into(pid)


_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<unit>ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
LONGEST_S = 86_400.0


def seconds(text: str) -> float:
    """`15`, `15s`, `1.5m`, `200ms` in seconds; an argparse type."""
    import argparse  # noqa: PLC0415

    match = _DURATION.fullmatch(text.strip().lower())

    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not a length of time such as 15s or 2m")

    length = float(match["number"]) * _SECONDS[match["unit"]]

    if length > LONGEST_S:
        raise argparse.ArgumentTypeError(f"'{text}' is longer than a day")

    return length


class ExitCode(IntEnum):
    """0 to 3 are `status`' judgement; 64, 70 and 74 are those of sysexits.h."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNREADABLE = 3  # a source could not be read, or a hub not whole
    DOWN = 4  # a consumer was stopped, and could not be started again
    NOT_PASSED = 5  # events were sent, and the group that is followed does not read them
    NO_VERDICT = 6  # events were sent, and what becomes of them was not seen in time
    USAGE = 64  # the command line or the configuration
    INTERNAL = 70  # a fault of ehtui itself
    OUTPUT = 74  # standard output is closed, or full
    INTERRUPTED = 130  # Ctrl-C
    BROKEN_PIPE = 141  # who read the output has gone
