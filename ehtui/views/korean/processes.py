"""What to add to a consumer's log, in Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED_LOG = (
    "어느 소유자인지 보려면 프로세스마다 로그를 따로 두거나, 로그 형식에 pid를 넣으세요(Python은 "
    "`%(process)d`)."
)
# By the names of `domain.sdks`, as `views.processes` has them.
_LINES: Mapping[str, str] = {
    "python": (
        '`logging.getLogger("azure.eventhub").setLevel(logging.INFO)`(INFO를 통과시키는 핸들러와 '
        "함께)"
    ),
    "js": "환경 변수 `AZURE_LOG_LEVEL=verbose`",
    "dotnet": (
        "시작할 때 `using var log = "
        "AzureEventSourceListener.CreateConsoleLogger(EventLevel.Informational);`"
    ),
    "java": (
        'logback.xml에 `<logger name="com.azure.messaging.eventhubs" level="INFO"/>`(SLF4J '
        "바인딩이 없으면 `AZURE_LOG_LEVEL=info`)"
    ),
}
_ANY = (
    "Event Hubs 클라이언트의 로그 레벨 info(Go는 `AZURE_SDK_GO_LOGGING=all`, Rust는 "
    "`RUST_LOG=azure_messaging_eventhubs=debug`)"
)


def line_to_add(runtime: str | None) -> str:
    """What to add to a consumer whose log level hides who it is."""
    return _LINES.get(runtime or "", _ANY)
