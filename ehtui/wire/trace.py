"""What goes over the wire, frame by frame, for whoever looks for a fault; without what is secret.

A line says when, on which connection, which way, and what: performatives with their fields, and of
messages their size and the properties of questions and answers. Bodies are never written: that of
`$cbs` is a token, and those of events are somebody's. What is not known to be harmless is left out.
"""

from __future__ import annotations

import atexit
import os
import stat
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TextIO

from ehtui import system
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import MASK, safe
from ehtui.wire.amqp.frames import FrameReader
from ehtui.wire.amqp.messages import application_properties
from ehtui.wire.amqp.performatives import Attach, Frame, FrameError, SaslInit, Transfer

if TYPE_CHECKING:
    from ehtui.domain.world.route import Route

MOST_BYTES = 8 << 20  # of a file; the one before it is kept as FILE.1
_FRAME_BYTES = 1 << 20
_LINE_LENGTH = 1000
_HEADER = "# ehtui --trace-wire: frames of AMQP, secrets removed\n"
_SHOWN = frozenset(
    {
        "operation",
        "type",
        "name",
        "partition",
        "expiration",
        "status-code",
        "status-description",
        "error-condition",
        "statusCode",
        "statusDescription",
        "errorCondition",
    }
)
_traces: dict[str, Trace] = {}
_opening = Lock()


def trace_into(path: str) -> Trace:
    """The trace of this process that goes there; begun anew at the first call.

    Raises:
        ProblemError: The file cannot be written, or is there already and holds no trace.
    """
    with _opening:
        if path not in _traces:
            _traces[path] = Trace(path)
            atexit.register(_traces[path].close)

        return _traces[path]


class Trace:
    """A file that only its owner may read. Threads may share it; it never raises once open."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._numbers = count(1)
        self._file: TextIO | None = _opened(path)
        self._written_bytes = 0
        self._write(_HEADER)

    def follow(self, route: Route) -> ConnectionTrace:
        """Begin to tell of a connection."""
        told = ConnectionTrace(self, next(self._numbers))
        proxy = f" through the proxy {route.proxy}" if route.proxy else ""
        secured = " with TLS" if route.uses_tls else ""
        told.say("--", f"{route.carrier} {safe(route.host)}:{route.port}{secured}{proxy}")
        return told

    def line(self, text: str) -> None:
        """Write one, with the time before it."""
        moment = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="microseconds")
        self._write(f"{moment} {text}\n")

    def close(self) -> None:
        """Write nothing any more."""
        with self._lock, suppress(OSError):
            if self._file is not None:
                self._file.close()

            self._file = None

    def _write(self, text: str) -> None:
        with self._lock:
            if self._file is None:
                return

            try:
                self._file.write(text)
                self._file.flush()
                self._written_bytes += len(text)

                if self._written_bytes > MOST_BYTES:
                    self._begin_anew()
            except (OSError, ValueError):  # a full disk is no reason to stop reading a hub
                with suppress(OSError):
                    self._file.close()

                self._file = None

    def _begin_anew(self) -> None:
        assert self._file is not None
        self._file.close()
        self._file = None
        Path(self._path).replace(f"{self._path}.1")
        self._file = _created(self._path)
        self._file.write(_HEADER)
        self._written_bytes = 0


def _opened(path: str) -> TextIO:
    """The file, empty. What somebody else wrote is left alone.

    Raises:
        ProblemError: It cannot be had.
    """
    file = Path(path)

    try:
        with suppress(FileNotFoundError):
            before = file.lstat()

            if not stat.S_ISREG(before.st_mode):
                raise _not_ours(path)

            if before.st_size:
                with file.open(encoding="utf-8", errors="replace") as known:
                    if known.read(len(_HEADER)) != _HEADER:
                        raise _not_ours(path)

            file.unlink()

        return _created(path)
    except OSError as error:
        raise ProblemError(
            Problem(
                ProblemKind.MALFORMED,
                f"The trace cannot be written to {safe(path)}: {error.strerror}.",
                "Choose another file for --trace-wire.",
            )
        ) from None


def _not_ours(path: str) -> ProblemError:
    return ProblemError(
        Problem(
            ProblemKind.CONFLICT,
            f"{safe(path)} is there already, and is no trace of ehtui's.",
            "Choose another file for --trace-wire, or move that one away.",
        )
    )


def _created(path: str) -> TextIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.OPENED | system.NO_LINK
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")


class ConnectionTrace:
    """Tells of one connection; from where it cannot read what goes by, how much that is."""

    def __init__(self, trace: Trace, number: int) -> None:
        self._trace = trace
        self._number = number
        self._out = FrameReader(_FRAME_BYTES)
        self._in = FrameReader(_FRAME_BYTES)
        self._unread: set[str] = set()
        self._calls: set[tuple[str, int, int]] = set()  # way, channel, handle of service links

    def sent(self, data: bytes) -> None:
        """Bytes went out."""
        self._tell("->", self._out, data)

    def received(self, data: bytes) -> None:
        """Bytes came in."""
        self._tell("<-", self._in, data)

    def ended(self, why: str) -> None:
        """The connection is over."""
        self.say("--", f"ended: {why}")

    def say(self, way: str, text: str) -> None:
        """Write a line of it, without what looks like a key, signature or token."""
        self._trace.line(f"{self._number} {way} {safe(text)[:_LINE_LENGTH]}")

    def _tell(self, way: str, reader: FrameReader, data: bytes) -> None:
        if way in self._unread:
            self.say(way, f"{len(data)} bytes")
            return

        try:
            for item in reader.feed(data):
                self.say(way, self._told(way, item) if isinstance(item, Frame) else repr(item))
        except FrameError as error:
            self._unread.add(way)
            self.say(way, f"no AMQP from here on ({error}); {len(data)} bytes")

    def _told(self, way: str, frame: Frame) -> str:
        channel, body = frame

        match body:
            case None:
                return "empty frame"
            case SaslInit(mechanism, response):
                return f"SaslInit(mechanism={mechanism!r}, response={len(response or b'')} bytes)"
            case Attach(handle=handle, source=source, target=target):
                nodes = (node.address or "" for node in (source, target) if node is not None)
                link = (way, channel, handle)

                if any(node.startswith("$") for node in nodes):
                    self._calls.add(link)
                else:
                    self._calls.discard(link)

                return f"[{channel}] {body}"
            case Transfer(handle=handle):
                is_call = (way, channel, handle) in self._calls
                told = _properties(body.payload, is_call=is_call)
                fields = body._replace(payload=b"")
                return f"[{channel}] {fields} {len(body.payload)} bytes {told}"
            case _:
                return f"[{channel}] {body}"


def _properties(payload: bytes, *, is_call: bool) -> str:
    """Of questions and answers of the service those that are known to be harmless; else names."""
    try:
        found = application_properties(payload)
    except ValueError:  # a piece of a longer one, or none
        return ""

    return repr({n: v if is_call and n in _SHOWN else MASK for n, v in found.items()})
