"""From a record as it stands in the file to what it says: unwrapped, read, unescaped.

Text is freed of what terminals and encoders put around it: colours, links, escapes. Every
expression takes each character once and nests no repetition, so time grows with length.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from ehtui.sources.log_text.heads import find_stamp, level_of, pid_of, read_head
from ehtui.sources.log_text.structured import Structured, decoded, find_object, logfmt, structured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.world.process import LogLevel
    from ehtui.sources.log_text.facts import WrittenAt

MOST_PASSES = 4  # JSON in JSON in HTML is three; what is deeper is no log of this world

# CSI (colours), OSC (links, titles; ended by BEL or ST), other two- and three-letter sequences.
_ANSI = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,4}[@-~]"
    r"|\x1b\][^\x07\x1b\r\n]{0,4096}(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b\r\n]{0,4096}\x1b\\"
    r"|\x1b[ -/]{1,2}[0-~]"
    r"|\x1b[0-~]?"
    r"|\x9b(?:[0-?]{0,64}[ -/]{0,4}[@-~])?"
)
# Any number of backslashes: each layer of encoding doubles them.
_BACKSLASHED = re.compile(
    r"(?<!\\)\\++(?:u(?P<unicode>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|(?P<white>[nrt])|(?P<same>['\"`/]))"
)
_ENTITY = re.compile(
    r"&(?:amp;){0,8}(?:#(?P<number>[0-9]{1,7})|#[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<name>[a-z]{2,4}));"
)
_ENTITIES = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "amp": "&", "nbsp": " "}
_ODD_SPACE = re.compile(r"\s{2,}|[^\S ]")


def without_ansi(text: str) -> str:
    """Colours, cursor moves, titles and links taken out; what a link shows stays."""
    return _ANSI.sub("", text) if "\x1b" in text or "\x9b" in text else text


def unescaped(text: str) -> str:
    r"""JSON's, `repr`'s and HTML's escapes undone: `\u0027`, `\"`, `&#39;`, however often.

    For matching: it takes `C:\new` for a line's end.
    """
    for _ in range(MOST_PASSES):
        plain = _ENTITY.sub(_entity, text) if "&" in text else text
        plain = _BACKSLASHED.sub(_backslashed, plain) if "\\" in plain else plain
        if plain == text:
            break

        text = plain

    return text


def one_line(text: str) -> str:
    """Every run of white space as one space."""
    return _ODD_SPACE.sub(" ", text).strip()


def _backslashed(match: re.Match[str]) -> str:
    code = match["unicode"] or match["hex"]
    if code is not None:
        return _character(int(code, 16), match[0])

    return " " if match["white"] else match["same"]


def _entity(match: re.Match[str]) -> str:
    if match["name"] is not None:
        return _ENTITIES.get(match["name"], match[0])

    number, base = (match["number"], 10) if match["number"] else (match["hex"], 16)
    return _character(int(number, base), match[0])


def _character(code: int, as_written: str) -> str:
    """The character, where it is one of text; halves of a pair and controls are no help."""
    if code > sys.maxunicode:
        return as_written

    category = unicodedata.category(chr(code))
    return as_written if category == "Cs" else " " if category == "Cc" else chr(code)


MOST_CHARACTERS = 32 * 1024  # of one record
MOST_LAYERS = 6  # a line in JSON in docker's JSON behind a prefix is four
_ISO = r"[12]\d{3}-[01]\d-[0-3]\dT[0-9:.,]{8,18}(?:Z|[+-]\d\d:?\d\d)"
# CRI: 2026-01-20T21:11:59.123456789Z stdout F …
_CRI = re.compile(rf"(?P<stamp>{_ISO}) (?:stdout|stderr) [FP] ")
# compose `app-1  | `, pm2 `0|app  | `, honcho `21:11:59 worker.1 | `, supervisor `app stdout | `.
_PIPED = re.compile(
    r"(?:\d\d:\d\d:\d\d )?(?:\d{1,5}\|)?(?P<name>[A-Za-z][\w.-]{0,63})"
    r"(?: (?:stdout|stderr))? {0,32}\| "
)
_KUBECTL = re.compile(r"\[pod/[^\]\s]{1,253}\] ")
# syslog's two formats and journald's short ones: `Jan 20 21:11:59 host unit[13]: …`
_SYSLOG_TIME = r"[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})?"
_SYSLOG = re.compile(
    rf"(?:<\d{{1,3}}>)?(?P<stamp>{_SYSLOG_TIME}|{_ISO}|\d{{10}}\.\d{{6}}) "
    r"[\w.:-]{1,255} (?P<tag>[^\s:\[\]{]{1,128})(?:\[(?P<pid>\d{1,7})\])?: "
)
_SYSLOG_5424 = re.compile(
    r"<\d{1,3}>1 (?P<stamp>\S{1,40}) \S{1,255} \S{1,48} (?P<pid>\S{1,128}) \S{1,32} "
    r"(?:-|\[[^\]]{0,1024}\]) ?"
)


NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class Cleaned(NamedTuple):
    """What one record says."""

    text: str  # one line: message, then exception; for matching and for people
    written_at: WrittenAt | None = None
    pid: int | None = None
    level: LogLevel | None = None
    fields: Mapping[str, str] = NO_FIELDS  # keys in lower case


def clean(record: str, now: float) -> Cleaned:
    """Read a record, whatever wrote and wrapped it. Never raises; linear in its length."""
    return _clean(without_ansi(record[:MOST_CHARACTERS]).strip(), now, MOST_LAYERS)


def _clean(text: str, now: float, layers: int) -> Cleaned:
    if layers == 0:
        return _plain(text, now)

    wrapped = _unwrapped(text, now)
    if wrapped is not None:
        rest, wrapper = wrapped
        return _within(wrapper, _clean(rest, now, layers - 1))

    if (found := find_object(text)) is not None:
        return _with_object(*found, text, now, layers)

    if (inner := decoded(text)) is not None:
        return _clean(inner, now, layers - 1)

    pairs = logfmt(text, now)
    return _plain(text, now) if pairs is None else _of_object(pairs, now, layers)


def _of_object(said: Structured, now: float, layers: int) -> Cleaned:
    """A structured record; its message may be a line, or an object, of its own."""
    inner = _clean(without_ansi(said.message).strip(), now, layers - 1)
    outer = Cleaned("", said.written_at, said.pid, said.level, said.fields)
    exception = one_line(unescaped(without_ansi(said.exception)))
    whole = _within(outer, inner)
    return whole._replace(text=f"{whole.text} {exception}") if exception else whole


def _with_object(
    before: str, value: Mapping[str, Any], after: str, text: str, now: float, layers: int
) -> Cleaned:
    """A line that is an object, or has one: the SDK's own behind a head, or an event's body."""
    said = structured(value, now)
    if said.message:
        whole = replace(said, exception=f"{said.exception} {after}".strip())
        inner = _of_object(whole, now, layers)
    else:
        plain = one_line(unescaped(text))
        inner = Cleaned(plain, said.written_at, said.pid, said.level, said.fields)

    if not before.strip():
        return inner

    outer = _plain(before, now)
    # Behind a line's own head, times and pids are those of whatever the object is about.
    inner = inner._replace(written_at=None, pid=None, level=None)
    text = f"{outer.text} {inner.text}" if said.message else inner.text
    return _within(outer, inner._replace(text=text))


def _plain(text: str, now: float) -> Cleaned:
    plain = one_line(unescaped(text))
    head = read_head(plain, now)
    return Cleaned(plain, head.written_at, head.pid, head.level)


def _within(outer: Cleaned, inner: Cleaned) -> Cleaned:
    """The inner record, with what only its wrapper knows.

    A time whose zone is said is the better one; a pid that the kernel vouched for too.
    """
    times = [c.written_at for c in (inner, outer) if c.written_at is not None]
    stated = next((t for t in times if t.is_zone_stated), times[0] if times else None)
    vouched = pid_of(outer.fields.get("_pid"))
    return Cleaned(
        inner.text,
        stated,
        vouched or inner.pid or outer.pid,
        outer.level if outer.level is not None else inner.level,  # a field, before a word
        {**outer.fields, **inner.fields},
    )


def _unwrapped(text: str, now: float) -> tuple[str, Cleaned] | None:
    """What stands behind a prefix of a container engine, a supervisor or syslog, and the prefix."""
    if match := _CRI.match(text) or _KUBECTL.match(text):
        return text[match.end() :], Cleaned("", _stamp(match.groupdict().get("stamp"), now))

    if match := _SYSLOG_5424.match(text) or _SYSLOG.match(text):
        outer = Cleaned("", _stamp(match["stamp"], now), pid_of(match["pid"]))
        return text[match.end() :], outer

    match = _PIPED.match(text)
    if match is not None and level_of(match["name"]) is None:
        return text[match.end() :], Cleaned("")

    return None


def _stamp(text: str | None, now: float) -> WrittenAt | None:
    found = find_stamp(text, now) if text else None
    return found.written_at if found else None
