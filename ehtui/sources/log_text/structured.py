"""Records that are objects: JSON in any order of keys, and logfmt."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from msgspec import field

from ehtui.domain.values import Value
from ehtui.domain.world.process import LogLevel
from ehtui.sources.log_text.heads import epoch, find_stamp, level_of, pid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.sources.log_text.facts import WrittenAt

MOST_DEPTH = 6  # of an object's own nesting; deeper parts are passed over
MOST_VALUES = 256
MOST_STARTS = 4  # braces that may begin an object
MOST_TEXT = 16 * 1024  # characters of message and exception together

# In this order: a rendered text before its template, the record's own text before a wrapper's.
_MESSAGES = (
    "az.sdk.message", "@m", "renderedmessage", "formattedmessage", "message", "msg", "event",
    "log", "textpayload", "body", "short_message", "full_message", "text", "logmessage",
    "log_s", "logentry", "@message",
)  # fmt: skip
_TEMPLATES = ("@mt", "messagetemplate", "originalformat", "{originalformat}")
_EXCEPTIONS = frozenset({
    "exception", "exc_info", "exc_text", "exc", "error", "err", "@x", "stack", "stack_info",
    "stack_trace", "stacktrace", "traceback", "throwable", "thrown", "cause",
    "errorcondition", "errordescription",
})  # fmt: skip
_LEVELS = ("level", "levelname", "severity", "@l", "loglevel", "lvl", "log.level")
_TIMES = (
    "timestamp", "@timestamp", "time", "@t", "ts", "asctime", "datetime", "date", "eventtime",
    "__realtime_timestamp", "_source_realtime_timestamp", "timemillis", "t",
)  # fmt: skip
_PIDS = ("pid", "process_id", "processid", "process", "process.pid", "_pid", "syslog_pid")
_PINO = {10: 5, 20: 10, 30: 20, 40: 30, 50: 40, 60: 50}  # its levels, as Python counts
_OBJECT = re.compile(r'\{\s{0,64}"')
_DECODER = json.JSONDecoder()
_PLACEHOLDER = re.compile(r"\{[@$]?(?P<name>[\w.]{1,64})(?:[,:][^{}]{0,32})?\}")
# key=value, key="a \"quoted\" value", and structlog's key='a repr'.
_PAIR = re.compile(
    r"(?<!\S)(?P<key>[A-Za-z_@][\w.@-]{0,63})="
    r'(?:"(?P<double>(?:[^"\\]|\\.){0,16384})"'
    r"|'(?P<single>(?:[^'\\]|\\.){0,16384})'"
    r'|(?P<bare>[^\s"]{0,1024}))'
)
_LOGFMT_KEYS = ("msg", "event", "message")


class Structured(Value, frozen=True):
    """One record's fields, flat: keys in lower case, those of nested objects by their own name."""

    message: str
    written_at: WrittenAt | None = None
    level: LogLevel | None = None
    pid: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    exception: str = ""


def find_object(text: str) -> tuple[str, dict[str, Any], str] | None:
    """A JSON object in the text, with what stands before and after it; None where is none.

    A record is one, or ends with one (Java's structured lines); a traceback may follow.
    """
    start = -1

    for _ in range(MOST_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            return None

        if not _OBJECT.match(text, start):
            continue

        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):  # malformed, cut, or nested without an end
            continue

        if isinstance(value, dict):
            return text[:start], value, text[end:]

    return None


def decoded(text: str) -> str | None:
    """The text with one layer of quoting undone, where an object is hidden under one."""
    if "{&quot;" in text or "{&#34;" in text:
        return html.unescape(text)

    if '{\\"' not in text:
        return None

    try:
        inner = json.loads(f'"{text}"', strict=False)
    except (ValueError, RecursionError):
        return None

    return inner if isinstance(inner, str) else None


def structured(value: Mapping[str, Any], now: float) -> Structured:
    """What the object says, whatever logger wrote it."""
    flat: dict[str, object] = {}
    exceptions: list[str] = []

    for key, leaf, is_exception in _leaves(_journal(_loguru(value))):
        if not is_exception:
            flat.setdefault(key, leaf)
        elif isinstance(leaf, str):
            exceptions.append(leaf)

    fields = {key: str(leaf) for key, leaf in flat.items() if isinstance(leaf, str | int | float)}
    return Structured(
        message=_message(flat, fields)[:MOST_TEXT],
        written_at=_time(flat, now),
        level=_level(flat),
        pid=_process(value, flat),
        fields=fields,
        exception=" ".join(exceptions)[:MOST_TEXT],
    )


def logfmt(text: str, now: float) -> Structured | None:
    """`level=info msg="…" pid=13`, where the line is made of such pairs."""
    if "=" not in text:
        return None

    fields: dict[str, str] = {}

    for count, match in enumerate(_PAIR.finditer(text)):
        if count == MOST_VALUES:
            break

        values = (match["double"], match["single"], match["bare"])
        fields.setdefault(match["key"].lower(), next(v for v in values if v is not None))

    message = next((fields[key] for key in _LOGFMT_KEYS if key in fields), None)
    if message is None or len(fields) < 2:  # noqa: PLR2004 - a message and one thing beside it
        return None

    exception = " ".join(fields[key] for key in fields if key in _EXCEPTIONS)
    return Structured(
        message=message,
        written_at=_time(fields, now),
        level=_level(fields),
        pid=_process(fields, fields),
        fields=fields,
        exception=exception,
    )


def _loguru(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Loguru writes the formatted line, and beside it the record, whose level is an object."""
    record = value.get("record")
    if not isinstance(record, dict) or "message" not in record:
        return value

    level = record.get("level")
    return {**record, "level": level.get("name") if isinstance(level, dict) else level}


def _journal(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Journald writes a text with colours or odd bytes as a list of numbers."""
    said = value.get("MESSAGE")
    if not isinstance(said, list) or not all(isinstance(b, int) and 0 <= b < 256 for b in said):  # noqa: PLR2004 - a byte
        return value

    return {**value, "MESSAGE": bytes(said).decode("utf-8", "replace")}


def _leaves(value: Mapping[str, Any]) -> Iterator[tuple[str, object, bool]]:
    """Every value of the object, outer ones first, and whether it is part of an exception."""
    level: list[tuple[object, str, bool]] = [(value, "", False)]
    count = 0

    for _ in range(MOST_DEPTH):
        below: list[tuple[object, str, bool]] = []

        for node, name, is_exception in level:
            pairs = node.items() if isinstance(node, dict) else ((name, v) for v in _items(node))
            for key, leaf in pairs:
                count += 1
                if count > MOST_VALUES:
                    return

                key = str(key).lower()[:64]  # noqa: PLW2901 - one spelling of it
                is_part = is_exception or key in _EXCEPTIONS

                if isinstance(leaf, dict | list):
                    below.append((leaf, key, is_part))
                else:
                    yield key, leaf, is_part

        level = below


def _items(node: object) -> list[object]:
    return node if isinstance(node, list) else []


def _message(flat: Mapping[str, object], fields: Mapping[str, str]) -> str:
    for key in _MESSAGES:
        said = flat.get(key)
        if isinstance(said, str) and said:
            return said

    template = next((str(flat[key]) for key in _TEMPLATES if flat.get(key)), "")
    return _PLACEHOLDER.sub(lambda m: fields.get(m["name"].lower(), m[0]), template[:MOST_TEXT])


def _level(flat: Mapping[str, object]) -> LogLevel | None:
    for key in _LEVELS:
        said = flat.get(key)
        if isinstance(said, str) and (level := level_of(said)) is not None:
            return level

        if key == "level" and isinstance(said, int) and said in _PINO:
            return LogLevel(_PINO[said])

    return None


def _time(flat: Mapping[str, object], now: float) -> WrittenAt | None:
    for key in _TIMES:
        said = flat.get(key)
        if isinstance(said, str) and said:
            found = find_stamp(said[:64], now)
            written_at = found.written_at if found else _number(said)
        elif isinstance(said, int | float) and not isinstance(said, bool):
            written_at = epoch(said)
        else:
            continue

        if written_at is not None:
            return written_at

    return None


def _number(text: str) -> WrittenAt | None:
    try:
        return epoch(float(text)) if len(text) <= 24 else None  # noqa: PLR2004 - no number of ours
    except ValueError:
        return None


def _process(value: Mapping[str, Any], flat: Mapping[str, object]) -> int | None:
    """The pid, by the keys that mean one."""
    if "app_name" in flat and flat.get("type") in {"out", "err"}:
        return None  # pm2: its process_id counts its own programs

    nested = _loguru(value).get("process")
    if isinstance(nested, dict):  # ECS, loguru
        return pid_of(nested.get("pid", nested.get("id")))

    return next((pid for key in _PIDS if (pid := pid_of(flat.get(key))) is not None), None)
