"""The same facts through what programs format their logs with."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.logging import RichHandler
from typing_extensions import override

from ehtui.domain.world.process import LogIncidentKind as Kind
from ehtui.domain.world.process import LogLevel
from ehtui.sources.log_text.facts import LogFact, LogRecord
from ehtui.sources.log_text.follow import LogReader

OWNER = "73fda457-b555-4af5-873a-54a2baa5fd95"
NAME = "azure.eventhub.aio._eventprocessor.event_processor"
STOLEN = (
    "New receiver 'nil' with higher epoch of '0' is created hence current receiver 'nil' with "
    "epoch '0' is getting disconnected. See \"owner level\".\nError condition: "
    "ErrorCondition.LinkStolen"
)
FAILED = (
    "EventProcessor instance %r of eventhub %r partition %r consumer group %r. "
    "An error occurred while receiving. The exception is %r."
)
AT = 1_768_943_519.25
FACTS = [
    LogFact(None, OWNER, is_start=True),
    LogFact(Kind.LINK_STOLEN, OWNER, partition="2", hub="orders", group="$Default"),
    LogFact(Kind.NOT_CLAIMED, OWNER),
]


def records() -> list[logging.LogRecord]:
    """What the Python SDK hands to a handler; other programs' records are in between."""
    said = [
        (logging.INFO, "EventProcessor %r is being started", (OWNER,)),
        (logging.INFO, "an ordinary line: {'a': 1} [x] = y | z", ()),
        (
            logging.WARNING,
            FAILED,
            (OWNER, "orders", "2", "$Default", ConnectionError(STOLEN)),
        ),
        (
            logging.INFO,
            "EventProcessor %r hasn't claimed an ownership. It keeps claiming.",
            (OWNER,),
        ),
    ]
    made = [
        logging.LogRecord(NAME, level, "ep.py", 7, text, args, None) for level, text, args in said
    ]

    for record in made:
        record.created, record.msecs = AT, 250.0

    return made


def read(tmp_path: Path, text: str) -> list[LogRecord]:
    log = tmp_path / "a.log"
    log.write_text(text, "utf-8")
    return list(LogReader(str(log), clock=lambda: AT + 60).read().records)


def formatted(formatter: logging.Formatter) -> str:
    return "".join(f"{formatter.format(record)}\n" for record in records())


# Plain


@pytest.mark.parametrize(
    "layout",
    [
        logging.BASIC_FORMAT,
        "%(message)s",
        "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
        "%(levelname)s: %(asctime)s: %(message)s",
        "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
        "[%(asctime)s: %(levelname)s/MainProcess] %(message)s",
        "%(asctime)s pid=%(process)d %(threadName)s %(levelname)-8s %(name)s | %(message)s",
        "\x1b[33m%(levelname)s\x1b[0m \x1b]8;;file://x\x1b\\%(filename)s\x1b]8;;\x1b\\ %(message)s",
    ],
)
def test_plain_logging(layout: str, tmp_path: Path) -> None:
    told = read(tmp_path, formatted(logging.Formatter(layout)))

    assert [r.fact for r in told] == FACTS
    says_pid = "%(process)d" in layout
    assert {r.pid for r in told} == ({os.getpid()} if says_pid else {None})

    if "%(levelname)" in layout:
        assert [r.level for r in told] == [LogLevel.INFO, LogLevel.WARNING, LogLevel.INFO]

    for record in told:
        at = record.written_at
        assert (at is not None) == ("%(asctime)s" in layout)
        assert at is None or (at.at == AT and not at.is_zone_stated)


# JSON: key order, key names, nesting and escapes as loggers and collectors have them

Made = Callable[[logging.LogRecord], Mapping[str, Any]]


def stamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat()


def python_json_logger(record: logging.LogRecord) -> Mapping[str, Any]:
    return {
        "asctime": stamp(record),
        "levelname": record.levelname,
        "name": record.name,
        "message": record.getMessage(),
        "process": record.process,
        "processName": record.processName,
    }


def reversed_keys(record: logging.LogRecord) -> Mapping[str, Any]:
    return dict(reversed(list(python_json_logger(record).items())))


def structlog(record: logging.LogRecord) -> Mapping[str, Any]:
    return {
        "event": record.getMessage(),
        "level": record.levelname.lower(),
        "logger": record.name,
        "timestamp": stamp(record),
        "pid": record.process,
    }


def pino(record: logging.LogRecord) -> Mapping[str, Any]:
    return {
        "level": record.levelno + 10,
        "time": int(record.created * 1000),
        "pid": record.process,
        "hostname": "h",
        "msg": record.getMessage(),
    }


def elastic(record: logging.LogRecord) -> Mapping[str, Any]:
    return {
        "@timestamp": stamp(record),
        "log.level": record.levelname.lower(),
        "message": record.getMessage(),
        "ecs": {"version": "1.6.0"},
        "process": {"name": "MainProcess", "pid": record.process},
    }


def loguru(record: logging.LogRecord) -> Mapping[str, Any]:
    inner = {
        "level": {"icon": "x", "name": record.levelname, "no": record.levelno},
        "message": record.getMessage(),
        "process": {"id": record.process, "name": "MainProcess"},
        "time": {"repr": "x", "timestamp": record.created},
    }
    return {"text": f"{record.getMessage()}\n", "record": inner}


def exception_apart(record: logging.LogRecord) -> Mapping[str, Any]:
    """The error as an object of its own, as JavaScript and .NET loggers have it."""
    said, _, error = record.getMessage().partition(" The exception is ")
    return {
        "exception": {"type": "ConnectionError", "message": error, "stack": ["at x", "at y"]},
        "msg": said,
        "severity": record.levelname,
        "time": stamp(record),
        "process_id": record.process,
    }


def json_in_json(record: logging.LogRecord) -> Mapping[str, Any]:
    return {"message": json.dumps(python_json_logger(record)), "stream": "stderr"}


class Json(logging.Formatter):
    def __init__(self, made: Made, encode: Callable[[Mapping[str, Any]], str]) -> None:
        super().__init__()
        self._made, self._encode = made, encode

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._encode(self._made(record))


def cautious(value: Mapping[str, Any]) -> str:
    r"""As System.Text.Json and Go encode: quotes of every kind as `\u0027`."""
    text = json.dumps(value, separators=(",", ":"))

    for char in "'<>&+`":
        text = text.replace(char, f"\\u{ord(char):04X}")

    return text.replace('\\"', "\\u0022")


def for_html(value: Mapping[str, Any]) -> str:
    return json.dumps(value).replace("'", "&#39;").replace('\\"', "&quot;")


@pytest.mark.parametrize(
    "made",
    [
        python_json_logger,
        reversed_keys,
        structlog,
        pino,
        elastic,
        loguru,
        exception_apart,
        json_in_json,
    ],
)
@pytest.mark.parametrize("encode", [json.dumps, cautious, for_html])
def test_json(made: Made, encode: Callable[[Mapping[str, Any]], str], tmp_path: Path) -> None:
    told = read(tmp_path, formatted(Json(made, encode)))

    assert [r.fact for r in told] == FACTS
    assert [r.level for r in told] == [LogLevel.INFO, LogLevel.WARNING, LogLevel.INFO]
    assert {r.pid for r in told} == {os.getpid()}
    assert {r.written_at.at for r in told if r.written_at} == {AT}
    assert all(r.written_at and r.written_at.is_zone_stated for r in told)


# structlog's other renderers


def structlog_key_value(record: logging.LogRecord) -> str:
    return " ".join(f"{key}={value!r}" for key, value in structlog(record).items())


def structlog_logfmt(record: logging.LogRecord) -> str:
    pairs = {
        key: str(value).replace('"', '\\"').replace("\n", "\\n")
        for key, value in structlog(record).items()
    }
    return " ".join(
        f'{key}="{value}"' if " " in value else f"{key}={value}" for key, value in pairs.items()
    )


def structlog_console(record: logging.LogRecord) -> str:
    dim, bold, reset = "\x1b[2m", "\x1b[1m", "\x1b[0m"
    level = f"[{bold}{record.levelname.lower():8}{reset}]"
    said = f"{bold}{record.getMessage():30}{reset}"
    where = f"[{bold}{record.name}{reset}] pid={record.process}"
    return f"{dim}{stamp(record)}{reset} {level} {said} {where}"


@pytest.mark.parametrize("render", [structlog_key_value, structlog_logfmt, structlog_console])
def test_structlog(render: Callable[[logging.LogRecord], str], tmp_path: Path) -> None:
    told = read(tmp_path, "".join(f"{render(record)}\n" for record in records()))

    assert [r.fact for r in told] == FACTS
    assert [r.level for r in told] == [LogLevel.INFO, LogLevel.WARNING, LogLevel.INFO]
    assert {r.pid for r in told} == {os.getpid()}
    assert {r.written_at.at for r in told if r.written_at} == {AT}


# rich


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200, 300])
@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("path", [False, True])
def test_rich_handler(columns: int, colours: bool, path: bool, tmp_path: Path) -> None:
    """At every width that a console has: a file has 80, and folds the id itself."""
    out = io.StringIO()
    console = Console(file=out, width=columns, force_terminal=colours)
    handler = RichHandler(console=console, show_path=path)

    for record in records():
        handler.handle(record)

    told = read(tmp_path, out.getvalue())
    assert [r.fact for r in told] == FACTS
    assert [r.level for r in told] == [LogLevel.INFO, LogLevel.WARNING, LogLevel.INFO]
    # Its time has no fraction, and stands only where it changed.
    assert {r.written_at.at for r in told if r.written_at} == {AT // 1}
    assert all(r.written_at for r in told)


def test_rich_tracebacks_belong_to_their_record(tmp_path: Path) -> None:
    out = io.StringIO()
    handler = RichHandler(console=Console(file=out, width=100), rich_tracebacks=True)
    logger = logging.Logger(NAME)
    logger.addHandler(handler)

    error = ConnectionError(STOLEN)
    logger.warning(FAILED, OWNER, "orders", "2", "$Default", "below", exc_info=error)
    (record,) = read(tmp_path, out.getvalue())
    assert record.fact == FACTS[1]


# .NET

DOTNET = "Failed to renew ownership. (Identifier: '{}'; ErrorMessage: '{}')"
SAID = DOTNET.format(OWNER, OWNER)


@pytest.mark.parametrize(
    "value",
    [
        {
            "@t": "2026-01-20T21:11:59.2500000Z",
            "@m": SAID,
            "@i": "9",
            "@l": "Error",
            "ProcessId": 13,
        },
        {
            "@t": "2026-01-20T21:11:59.2500000Z",
            "@mt": DOTNET.format("{Identifier}", "{Identifier}"),
            "@l": "Error",
            "Identifier": OWNER,
            "ProcessId": 13,
        },
        {
            "Timestamp": "2026-01-20T22:11:59.2500000+01:00",
            "Level": "Error",
            "MessageTemplate": DOTNET.format("{0}", "{0}"),
            "RenderedMessage": DOTNET.format(f'"{OWNER}"', f'"{OWNER}"'),
            "Properties": {"0": OWNER, "ProcessId": 13},
        },
        {
            "Timestamp": "2026-01-20T21:11:59.250Z",
            "EventId": 9,
            "LogLevel": "Error",
            "Category": "Azure-Messaging-EventHubs-Processor-PartitionLoadBalancer",
            "Message": SAID,
            "State": {"Message": SAID, "identifier": OWNER, "{OriginalFormat}": "x"},
            "Scopes": [{"ProcessId": 13}],
        },
        {
            "Timestamp": "2026-01-20T21:11:59.250Z",
            "LogLevel": "Error",
            "State": {"Message": SAID, "{OriginalFormat}": "x"},
            "pid": "13",
        },
    ],
    ids=["compact", "template", "classic", "console", "state"],
)
@pytest.mark.parametrize("encode", [json.dumps, cautious])
def test_serilog_and_system_text_json(
    value: Mapping[str, Any], encode: Callable[[Mapping[str, Any]], str], tmp_path: Path
) -> None:
    (record,) = read(tmp_path, f"{encode(value)}\n")

    assert record.fact == LogFact(Kind.CLAIM_FAILED, OWNER)
    assert record.level is LogLevel.ERROR
    assert record.pid == 13
    assert record.written_at is not None
    assert (record.written_at.at, record.written_at.is_zone_stated) == (AT, True)
