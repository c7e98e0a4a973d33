"""A body as lines to be read: unpacked, as it was sent, or in hex. Bounded and harmless."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.text import mask_secrets, visible
from ehtui.domain.values import Value
from ehtui.domain.world.events import BodyKind
from ehtui.views.events.binary import about, as_text, hex_lines
from ehtui.views.events.json_text import pretty, readable
from ehtui.views.events.recognising import Body, Form, glanced, recognised
from ehtui.views.formats import count, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.world.events import Event

MOST_CHARACTERS = 1 << 18  # that are shown of a body; all of it is saved
MOST_LINES = 20_000
MOST_SEARCHED = 1 << 16  # bytes
MOST_HEX = 1 << 16  # bytes
PREVIEW_CHARACTERS = 240
_MASKED_AT_ONCE = 8192  # characters: short enough for whoever shares a thread with a screen


def searched(event: Event) -> str:
    """What words are looked for in: the text of a body, unpacked, its first 64 KiB."""
    body = recognised(
        event.body, event.content_type, event.content_encoding, most_bytes=MOST_SEARCHED
    )
    text = body.text[:MOST_SEARCHED]

    return readable(text) if body.form is Form.JSON else text


class Shown(StrEnum):
    """How a body is shown."""

    UNPACKED = "unpacked"  # as it is read best
    AS_SENT = "as sent"
    HEX = "hex"


class BodyLines(Value, frozen=True):
    """Lines of harmless text, what they are, and what of the body they leave out."""

    lines: Sequence[str]
    kind: str
    note: str = ""


def glance(event: Event) -> Body:
    """What an event's body is, from its first kilobytes."""
    return glanced(event.body, event.content_type, event.content_encoding)


def preview(body: Body) -> str:
    """The beginning of a body on one line, safe."""
    if body.form is Form.EMPTY:
        return ""

    if body.form is Form.BINARY:
        return about(body.data) or body.data[: PREVIEW_CHARACTERS // 4].hex(" ")

    text = " ".join(body.text[: 4 * PREVIEW_CHARACTERS].split())
    text = readable(text) if body.form is Form.JSON else text
    shown = visible(mask_secrets(text[:PREVIEW_CHARACTERS]))

    return shown if len(text) <= PREVIEW_CHARACTERS and not body.is_cut else f"{shown}…"


def kind_of(event: Event, body: Body) -> str:
    """In a word or two, and where the body was no bytes on the wire, what it was."""
    wrapped = {BodyKind.VALUE: "AMQP value", BodyKind.SEQUENCE: "AMQP sequence"}

    if event.body_kind is BodyKind.UNREADABLE:
        return "unreadable"

    return wrapped.get(event.body_kind, body.kind)


def body_lines(event: Event, shown: Shown = Shown.UNPACKED, cells: int = 80) -> BodyLines:
    """The whole body, up to 262,144 characters and 20,000 lines of it, in hex 65,536 bytes."""
    if shown is Shown.HEX:
        return _in_hex(event.body, "hex", cells)

    if shown is Shown.AS_SENT:
        return _as_sent(event.body)

    body = recognised(event.body, event.content_type, event.content_encoding)
    kind = kind_of(event, body)

    if body.form is Form.EMPTY:
        return BodyLines((), kind)

    if body.form is Form.BINARY:
        told = _in_hex(body.data, kind, cells)
        first = about(body.data)
        lines = [visible(first), *told.lines] if first else told.lines
        return BodyLines(lines, kind, _joined(body.problem, told.note))

    return _as_text(body, kind)


def _as_text(body: Body, kind: str) -> BodyLines:
    text = body.text[:MOST_CHARACTERS]
    is_cut = body.is_cut or len(text) < len(body.text)
    told = pretty(text, MOST_LINES, is_cut=is_cut) if body.form is Form.JSON else None
    lines, is_more = told if told is not None else (text.split("\n"), is_cut)
    kind = f"{kind} ({body.name})" if body.name else kind
    notes = [body.problem]

    if body.form is Form.JSON and told is None:
        notes.append("not JSON to its end: shown as text")

    if len(lines) >= MOST_LINES:
        notes.append(f"the first {count(MOST_LINES)} lines; all of it is saved")
    elif is_more and not body.problem:
        notes.append(_cut(len(text), len(body.text), "characters", is_more=body.is_cut))

    return BodyLines(list(harmless(lines[:MOST_LINES])), kind, _joined(*notes))


def _as_sent(data: bytes) -> BodyLines:
    text = as_text(data[:MOST_CHARACTERS])
    lines = list(harmless(text.split("\n")[:MOST_LINES]))
    is_cut = len(data) > MOST_CHARACTERS or len(lines) == MOST_LINES
    note = _cut(min(len(data), MOST_CHARACTERS), len(data), "bytes") if is_cut else ""

    return BodyLines(lines if data else (), "as sent", note)


def _in_hex(data: bytes, kind: str, cells: int) -> BodyLines:
    note = _cut(MOST_HEX, len(data), "bytes") if len(data) > MOST_HEX else ""

    return BodyLines(hex_lines(data, MOST_HEX, cells), kind, note)


def _cut(shown: int, of: int, what: str, *, is_more: bool = False) -> str:
    """That this is not all; `is_more`: nobody unpacked all of it."""
    if is_more:
        return f"the first {count(shown)} {what}; it unpacks to more than {size(of)}"

    return f"the first {count(shown)} of {count(of)} {what}; all of it is saved"


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def harmless(lines: Sequence[str]) -> Iterator[str]:
    """The same lines with secrets masked and control characters visible.

    Several at once, since a secret may take more than one, and never much at a time: whatever
    looks for secrets lets no other thread run meanwhile.
    """
    block: list[str] = []
    taken = 0

    for line in lines:
        for at in range(0, max(1, len(line)), _MASKED_AT_ONCE):
            part = line[at : at + _MASKED_AT_ONCE]

            if taken + len(part) > _MASKED_AT_ONCE:
                yield from _masked(block)
                block, taken = [], 0

            block.append(part)
            taken += len(part) + 1

    yield from _masked(block)


def _masked(block: Sequence[str]) -> Iterator[str]:
    if block:
        yield from map(visible_line, mask_secrets("\n".join(block)).split("\n"))


def visible_line(line: str) -> str:
    """A line whose tabs are blanks and whose control characters can be seen."""
    return visible(line.rstrip("\r").expandtabs(4))
