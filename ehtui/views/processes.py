"""A process in words: what ties it to an owner id, how its log tells it, its command in brief."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.world.process import LinkBasis, LogState, OwnerLink, RecognisedBy
from ehtui.views.width import cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.phrasing import Phrasing


LINK = {
    LinkBasis.STARTED: "started by ehtui",
    LinkBasis.LOG: "its log names the owner",
    LinkBasis.IDENTIFIER: "its identifier is the owner id",
    LinkBasis.EXCLUSION: "a guess: several processes write this log, and the others are other "
    "owners",
    LinkBasis.ELIMINATION: "a guess: the only owner without a process, and the only client on this "
    "host without an owner",
}
RECOGNISED = {
    RecognisedBy.STARTED: "started by ehtui",
    RecognisedBy.PATTERN: "its command line matches the configuration",
    RecognisedBy.MANUAL: "chosen by hand",
    RecognisedBy.CONNECTION: "connected to the namespace; what it does there is not known",
}


def link_words(link: OwnerLink, say: Phrasing) -> str:
    """`51257: its log names the owner (12:00:41): …has claimed partition '0'`."""
    guess = "~" if link.is_guess else ""
    at = say.host_time(link.seen_at)
    said = f": {safe(link.evidence)}" if link.evidence else ""
    return f"{guess}{link.process.pid}: {LINK[link.basis]} ({at}){said}"


LOG = {
    LogState.NONE: "none",
    LogState.NAMED: "named",
    LogState.BEHIND: "behind",
    LogState.SILENT: "silent",
    LogState.SHARED: "shared",
}
LOG_MEANING = {
    LogState.NONE: "no log file was found",
    LogState.NAMED: "its log names its owner id",
    LogState.BEHIND: "the end of its log has been read, the rest not yet",
    LogState.SILENT: "its log never names its owner id: the log level hides it",
    LogState.SHARED: "several processes write this log, so its own owner id is not known",
}
SHARED_LOG = (
    "To see which owner it is, give each process its own log, or include the pid in the log format "
    "(in Python `%(process)d`)."
)
# By the names of `domain.sdks`.
_LINES: Mapping[str, str] = {
    "python": '`logging.getLogger("azure.eventhub").setLevel(logging.INFO)`, with a handler that '
    "passes INFO",
    "js": "`AZURE_LOG_LEVEL=verbose` in its environment",
    "dotnet": "`using var log = AzureEventSourceListener.CreateConsoleLogger("
    "EventLevel.Informational);` at its start",
    "java": '`<logger name="com.azure.messaging.eventhubs" level="INFO"/>` in its logback.xml, or '
    "`AZURE_LOG_LEVEL=info` if no SLF4J binding is used",
}
# A Go program has any name. `all` writes every event to stderr, azeventhubs.EventConsumer too.
_ANY = (
    "the Event Hubs client's loggers at level info; for a Go program, "
    "`AZURE_SDK_GO_LOGGING=all` in its environment; for a Rust one, "
    "`RUST_LOG=azure_messaging_eventhubs=debug`"
)


def line_to_add(runtime: str | None) -> str:
    """What to add to a consumer whose log level hides who it is."""
    return _LINES.get(runtime or "", _ANY)


SCRIPT_CELLS = 40
_INTERPRETER = re.compile(r"^(python[\d.]*|node|nodejs|java|dotnet|ruby|bun|deno)(\.exe)?$")
_TAKES_VALUE = frozenset({"-W", "-X", "-r", "--require", "--import", "-cp", "-classpath"})
_NAMES_PROGRAM = frozenset({"-m", "-jar"})


def brief(command: str) -> str:
    """The program and its arguments, without the interpreter, its options and any folder.

    `/opt/app/.venv/bin/python -u /opt/app/start_consumer.py --a` is `start_consumer.py --a`. A
    command that is all interpreter stays as it is.
    """
    words = command.split(" ")
    words[0] = _base(words[0])

    if not _INTERPRETER.match(words[0]):
        return " ".join(words)

    rest = words[1:]

    while rest and rest[0].startswith("-"):
        option = rest[0]

        if option in _NAMES_PROGRAM and len(rest) > 1:
            return " ".join((_base(rest[1]), *rest[2:]))

        if option == "-c":
            return " ".join((words[0], *rest))

        rest = rest[2:] if option in _TAKES_VALUE else rest[1:]

    return " ".join((_base(rest[0]), *rest[1:])) if rest else " ".join(words)


def script(command: str) -> str:
    """The program alone, without folders and arguments: `start_consumer.py`."""
    return cut(brief(command).split(" ", 1)[0], SCRIPT_CELLS)


def _base(word: str) -> str:
    return re.split(r"[/\\]", word)[-1] or word
