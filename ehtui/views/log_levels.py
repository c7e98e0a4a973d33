"""What makes a consumer's log tell its owner id, by runtime (facts.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED_LOG = (
    "To see who it is, give each process a log of its own, or let the log's format name the pid "
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
    "`AZURE_LOG_LEVEL=info` where no SLF4J binding is used",
}
# A Go program has any name. `all` writes every event to stderr, azeventhubs.EventConsumer too.
_ANY = (
    "the Event Hubs client's loggers at the level info; of a Go program, "
    "`AZURE_SDK_GO_LOGGING=all` in its environment, of a Rust one "
    "`RUST_LOG=azure_messaging_eventhubs=debug`"
)


def line_to_add(runtime: str | None) -> str:
    """What to add to a consumer whose log level hides who it is."""
    return _LINES.get(runtime or "", _ANY)
