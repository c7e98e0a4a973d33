"""How standard output takes a report or a document, and how this terminal takes a screen."""

from __future__ import annotations

import math
import os
import shutil
import sys
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import msgspec

from ehtui.cli.flags import ExitCode
from ehtui.domain.text import is_bare_key, is_secret_name, mask_arguments, safe, safe_value, visible
from ehtui.views.formats import Clock
from ehtui.views.glyphs import ASCII, UNICODE, in_ascii

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.formats import Language
    from ehtui.views.report import OutputFormat


# Terminals that move no cursor, and those whose own font has little more than letters.
_DUMB = {"dumb", "unknown"}
_LETTERS_ONLY = {"linux", "vt52", "vt100", "vt102", "vt220", "cons25"}
_OFF = {"", "0", "false", "never"}


def output_format(*, is_ascii: bool | None = None, language: Language = "en") -> OutputFormat:
    """As wide as the terminal and coloured like it; for a pipe as wide as it is, and plain."""
    from ehtui.views.report import OutputFormat  # noqa: PLC0415 - a screen prints no report

    return OutputFormat(
        cells=shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
        colour=wants_colour(),
        glyphs=ASCII if (draws_ascii() if is_ascii is None else is_ascii) else UNICODE,
        clock=Clock(utc_offset_s(), sayable(language)),
    )


def print_text(text: str, *, is_ascii: bool | None = None, end: str = "\n") -> None:
    """Print words for people, in ASCII where the terminal has no more."""
    is_plain = draws_ascii() if is_ascii is None else is_ascii
    print(in_ascii(text) if is_plain else text, end=end, flush=True)


def print_bytes(data: bytes) -> None:
    """Write bytes as they are; to a terminal as text that does nothing to it."""
    if sys.stdout.isatty():
        print(visible(data.decode(errors="replace"), keep_newlines=True), end="", flush=True)
        return

    # `main` notes what keeps standard output from taking more.
    write = getattr(sys.stdout, "write_bytes", None) or sys.stdout.buffer.write
    write(data)


def has_terminal() -> bool:
    """Whether a person can see and type, on a terminal that a screen can be drawn on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not is_dumb()


def is_dumb() -> bool:
    """Whether the terminal moves no cursor."""
    return os.environ.get("TERM", "").lower() in _DUMB


def settle_colour(choice: str) -> None:
    """Let `--color` go over the environment, for us and for whatever draws for us."""
    if choice == "always":
        os.environ["FORCE_COLOR"] = "1"
        os.environ.pop("NO_COLOR", None)
    elif choice == "never":
        os.environ["NO_COLOR"] = "1"


def wants_colour() -> bool:
    """Whether standard output is to be coloured.

    NO_COLOR (no-color.org; empty is unset) goes over FORCE_COLOR and CLICOLOR_FORCE, those over
    CLICOLOR=0 (bixense.com/clicolors), all of them over what the terminal is.
    """
    named = os.environ

    if named.get("NO_COLOR"):
        return False

    if any(named.get(name, "").lower() not in _OFF for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True

    if named.get("CLICOLOR") == "0" or named.get("FORCE_COLOR", "").lower() in _OFF - {""}:
        return False

    return sys.stdout.isatty() and not is_dumb()


def draws_ascii() -> bool:
    """Whether nothing but ASCII is drawn: the encoding, the locale or the terminal has no more.

    Under LC_ALL=C Python writes UTF-8 all the same (PEP 540), but whoever says C means it.
    """
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    is_plain = locale in {"C", "POSIX"} or os.environ.get("TERM", "").lower() in _LETTERS_ONLY
    return is_plain or not speaks_utf8()


def sayable(language: Language) -> Language:
    """That language, or English where standard output has no Hangul: escapes say nothing."""
    if language != "ko":
        return language

    try:
        "한국어".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "en"

    is_console = os.environ.get("TERM", "").lower() in _LETTERS_ONLY
    return "en" if is_console and sys.stdout.isatty() else language


def speaks_utf8() -> bool:
    """Whether standard output can encode more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def utc_offset_s() -> float:
    """Of this host's zone, now."""
    offset = datetime.now().astimezone().utcoffset()
    return offset.total_seconds() if offset else 0.0


_PAIR = 2


def print_document(value: object, *, indent: int | None = 2) -> None:
    """Print `value`: unknown numbers are null, text from outside is masked and made visible."""
    print(text_of(value, indent=indent))


def text_of(value: object, *, indent: int | None = 2, is_ascii: bool | None = None) -> str:
    """As `print_document` prints it; `is_ascii` as standard output needs it, where nobody says.

    Only an encoding of Unicode gets characters as they are: what another cannot say would come
    out as an escape of Python, which is none of JSON.
    """
    if is_ascii is None:
        encoding = (getattr(sys.stdout, "encoding", None) or "").lower()
        is_ascii = not encoding.startswith("utf")

    text = msgspec.json.format(msgspec.json.encode(plain(value)), indent=indent or 0).decode()

    return _in_ascii(text) if is_ascii else text


def _in_ascii(document: str) -> str:
    r"""Each character beyond ASCII as JSON's escapes; one beyond `\uffff` takes two."""
    return "".join(c if c.isascii() else _escaped(c) for c in document)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))


def plain(value: object) -> object:
    """A document as it may be shown: its text masked and visible, what is no number null."""
    if isinstance(value, str):
        return safe(value)

    if isinstance(value, float):
        return value if math.isfinite(value) else None

    if isinstance(value, dict):
        return _object(value)

    if isinstance(value, list | tuple):
        return _array(value)

    return value


_shown_name = lru_cache(maxsize=1024)(safe)  # a document has few names, each many times


def _object(value: Mapping[str, object]) -> dict[str, object]:
    # A document's `key` is a partition key.
    return {
        _shown_name(name): safe_value(name, part)
        if isinstance(part, str) and not is_bare_key(name)
        else plain(part)
        for name, part in value.items()
    }


def _array(value: Sequence[object]) -> list[object]:
    """Texts are the words of a command line, or a pair: the name of a property, and its value."""
    words = [part for part in value if isinstance(part, str)]

    if len(words) < len(value):
        return [plain(part) for part in value]

    if len(words) == _PAIR and is_secret_name(words[0]):
        return [safe(words[0]), safe_value(*words)]

    return [visible(word) for word in mask_arguments(words)]


class Progress:
    """One line that is written over, and gone at the end of the block; only in a terminal."""

    def __init__(self) -> None:
        self._line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line:
            print(end=f"\r{' ' * len(self._line)}\r", file=sys.stderr, flush=True)

    def tell(self, read: int, of: int) -> None:
        """So many partitions of so many were read."""
        if sys.stderr.isatty() and not is_dumb():
            self._line = f"ehtui: {read:,} of {of:,} partitions read"
            print(end=f"\r{self._line}", file=sys.stderr, flush=True)


def tell_unread_sources(snapshot: Snapshot, names: Container[str]) -> ExitCode:
    """Say what a list cannot know; the exit code that tells it too."""
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.sources import problem_line  # noqa: PLC0415

    unread = [
        source
        for source in snapshot.sources
        if source.name in names and source.status in {SourceStatus.FAILED, SourceStatus.STARTING}
    ]

    for source in unread:
        told = problem_line(source.problem) if source.problem else "no answer yet"
        print(f"ehtui: the {source.name} could not be read: {told}", file=sys.stderr)

    return ExitCode.UNREADABLE if unread else ExitCode.OK


def tell_unread(snapshot: Snapshot) -> None:
    """Say of a report how much of the hub it leaves out, if any."""
    from ehtui.views.pending import unread_partitions  # noqa: PLC0415 - of a report alone

    unread, every = unread_partitions(snapshot), len(snapshot.partitions)

    if unread:
        print(
            f"ehtui: {unread:,} of {every:,} partitions were not read, so they are not judged.",
            "  Watch longer: --for 5m keeps reading.",
            sep="\n",
            file=sys.stderr,
        )
