"""What engines, supervisors and collectors put around a line is taken off, and read too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ehtui.domain.world.process import LogLevel
from ehtui.sources.log_text.cleaning import clean
from ehtui.sources.log_text.follow import LogReader
from ehtui.sources.log_text.patterns import read_record

AT = 1_768_943_519.0  # 2026-01-20 21:11:59 UTC
NOW = AT + 60
SAID = "EventProcessor 'own' is being started"
PLAIN = f"2026-01-20 21:11:59,500 WARNING azure.eventhub: {SAID}"
JSON = json.dumps({"message": SAID, "levelname": "INFO", "process": 13})


def journal(**fields: object) -> str:
    return json.dumps({"_HOSTNAME": "h", "PRIORITY": "6", "_PID": "20513", **fields})


# name → line, its time and whether that says its zone, its pid
WRAPPED: dict[str, tuple[str, float | None, bool, int | None]] = {
    "docker": (
        json.dumps({"log": f"{PLAIN}\n", "stream": "stderr", "time": "2026-01-20T21:11:59.5Z"}),
        AT + 0.5,
        True,
        None,
    ),
    "docker json": (
        json.dumps({"log": f"{JSON}\n", "stream": "stdout", "time": "2026-01-20T21:11:59Z"}),
        AT,
        True,
        13,
    ),
    "fluent bit": (
        json.dumps({"@timestamp": AT, "log": f"{PLAIN}\r\n", "kubernetes": {"pod_name": "p"}}),
        AT,
        True,
        None,
    ),
    "cri": (f"2026-01-20T22:11:59.000000000+01:00 stdout F {SAID}", AT, True, None),
    "cri json": (f"2026-01-20T21:11:59.123456789Z stderr F {JSON}", AT + 0.123456, True, 13),
    "kubectl timestamps": (f"2026-01-20T21:11:59.5Z {SAID}", AT + 0.5, True, None),
    "kubectl prefix": (f"[pod/shop-7d4/consumer] {JSON}", None, False, 13),
    "compose": (f"consumer-1  | {PLAIN}", AT + 0.5, False, None),
    "compose timestamps": (f"consumer-1  | 2026-01-20T21:11:59Z {SAID}", AT, True, None),
    "pm2": (f"0|consumer  | {PLAIN}", AT + 0.5, False, None),
    "pm2 time": (f"0|consumer | 2026-01-20T21:11:59: {SAID}", AT, False, None),
    # Its process_id counts pm2's own programs.
    "pm2 json": (
        json.dumps({"message": f"{SAID}\n", "timestamp": "2026-01-20T21:11:59Z", "type": "out", "process_id": 3, "app_name": "c"}),  # noqa: E501
        AT,
        True,
        None,
    ),
    "honcho": (f"21:11:59 worker.1 | {SAID}", None, False, None),
    "supervisor-stdout": (f"consumer stdout | {SAID}", None, False, None),
    "syslog": (f"Jan 20 21:11:59 host consumer[20513]: {SAID}", AT, False, 20513),
    "syslog, its own pid inside": (f"Jan 20 21:11:59 host consumer[20513]: {JSON}", AT, False, 13),
    "syslog priority": (f"<14>Jan 20 21:11:59 host consumer[20513]: {SAID}", AT, False, 20513),
    "syslog 5424": (f"<14>1 2026-01-20T21:11:59Z host app 20513 ID47 - {SAID}", AT, True, 20513),
    "syslog 5424 data": (
        f'<14>1 2026-01-20T21:11:59Z host app 20513 - [x@1 a="b"] {SAID}',
        AT,
        True,
        20513,
    ),
    "syslog 5424 without a pid": (f"<14>1 2026-01-20T21:11:59Z h app - - - {SAID}", AT, True, None),
    "journald short": (f"Jan 20 21:11:59 host python[20513]: {PLAIN}", AT + 0.5, False, 20513),
    "journald short-iso": (f"2026-01-20T21:11:59+0000 host python[20513]: {SAID}", AT, True, 20513),
    "journald short-unix": (f"1768943519.000000 host python[20513]: {SAID}", None, False, 20513),
    "journald json": (
        journal(MESSAGE=SAID, __REALTIME_TIMESTAMP="1768943519500000"),
        AT + 0.5,
        True,
        20513,
    ),
    # The kernel vouches for this pid, and it is the host's.
    "journald json, another pid inside": (journal(MESSAGE=JSON), None, False, 20513),
    "journald json, coloured": (
        journal(MESSAGE=list(f"\x1b[32mINFO\x1b[0m {SAID}".encode())),
        None,
        False,
        20513,
    ),
    "ansi": (f"\x1b[2m2026-01-20T21:11:59Z\x1b[0m \x1b[1;32mINFO\x1b[m {SAID}", AT, True, None),
    "osc": (f"\x1b]0;title\x07\x1b]8;;file://x\x1b\\x\x1b]8;;\x1b\\ {SAID}", None, False, None),
    "windows": (f"{SAID}\r", None, False, None),
    "in a stack of them": (
        json.dumps({"log": f"0|c | <14>Jan 20 21:11:59 h c[7]: {JSON}\n", "stream": "stdout"}),
        AT,
        False,
        13,
    ),
    "quoted twice": (json.dumps({"log": json.dumps(json.dumps({"msg": SAID}))}), None, False, None),
    "repr": (f"received {SAID!r} from it", None, False, None),
    "quoted in a line": (f"worker says {JSON!s}".replace('"', '\\"'), None, False, None),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_the_line_is_read_through_its_wrapper(name: str, tmp_path: Path) -> None:
    line, at, says_zone, pid = WRAPPED[name]
    log = tmp_path / "a.log"
    log.write_text(f"{line}\n", "utf-8")
    (record,) = LogReader(str(log), clock=lambda: NOW).read().records

    assert (record.fact.owner, record.fact.is_start) == ("own", True)
    assert record.pid == pid

    if at is None:
        assert record.written_at is None
    else:
        assert record.written_at is not None
        assert at in record.written_at.readings
        assert record.written_at.is_zone_stated is says_zone


@pytest.mark.parametrize(
    ("line", "pid"),
    [
        (f"[2026-01-20 21:11:59 +0000] [13] [INFO] {SAID}", 13),
        (f"2026-01-20T21:11:59.1Z  INFO 13 --- [    main] c.a.m.e.X : {SAID}", 13),
        (f"I, [2026-01-20T21:11:59.123456 #13]  INFO -- : {SAID}", 13),
        (f"[pid: 13|app: 0|req: 1/1] {SAID}", 13),
        (f"INFO [pid 13] {SAID}", 13),
        (f"2026-01-20 21:11:59 (pid=13) {SAID}", 13),
        (f"{SAID} process=13", 13),
        (f"process_id: 13, {SAID}", 13),
        (f'level=info pid="13" msg="{SAID}"', 13),
        # A thread, a line, a partition, a time, another process: none of them is the writer's pid.
        (f"2026-01-20 21:11:59,123 [13] INFO app - {SAID}", None),
        (f"2026-01-20 21:11:13 INFO main:13 {SAID}", None),
        (f"INFO 13 {SAID}", None),
        (f"ppid=13 {SAID}", None),
        (f"partition 13: {SAID}", None),
        (f"to process 13 events, {SAID}", None),
        ('{"thread":13,"line":13,"message":"' + SAID + '"}', None),
        ('{"process":"MainProcess","message":"' + SAID + '"}', None),
        ('{"pid":true,"message":"' + SAID + '"}', None),
        ('{"pid":-1,"message":"' + SAID + '"}', None),
        ('{"pid":99999999,"message":"' + SAID + '"}', None),
        (SAID + ' for {"pid": 13, "time": "2020-01-01T00:00:00Z", "message": "body"}', None),
    ],
)
def test_a_number_is_a_pid_only_where_the_format_says_so(line: str, pid: int | None) -> None:
    cleaned = clean(line, NOW)
    fact = read_record(cleaned)

    assert fact is not None
    assert fact.owner == "own"
    assert cleaned.pid == pid


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("TRACE", LogLevel.TRACE),
        ("DEBUG", LogLevel.DEBUG),
        ("Information", LogLevel.INFO),
        ("warn", LogLevel.WARNING),
        ("WRN", LogLevel.WARNING),
        ("Error", LogLevel.ERROR),
        ("fail", LogLevel.ERROR),
        ("SEVERE", LogLevel.ERROR),
        ("FATAL", LogLevel.CRITICAL),
    ],
)
def test_levels_by_every_name(name: str, level: LogLevel) -> None:
    assert clean(json.dumps({"level": name, "message": "x"}), NOW).level is level
    assert clean(f"[{name}] x", NOW).level is level


def test_a_word_of_the_message_is_no_level() -> None:
    assert clean("the last error was fine, no info", NOW).level is None
    assert clean("INFO: An error occurred", NOW).level is LogLevel.INFO
