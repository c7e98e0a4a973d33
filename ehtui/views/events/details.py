"""One event whole: what the service says of it, what its sender says, and its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe, safe_value
from ehtui.domain.world.events import BodyKind
from ehtui.views import formats
from ehtui.views.cells import Fact, Line, Section, Tone, section
from ehtui.views.events.table import DONE, LAST, NEXT, Marks
from ehtui.views.phrasing import partition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.world.events import Event, PropertyValue
    from ehtui.views.events.body import BodyLines
    from ehtui.views.phrasing import Phrasing

_MOST_CHARACTERS = 2048  # of one value; all of it is saved
_MOST_FACTS = 200
_TOLD_ABOVE = frozenset({"content-type", "content-encoding"})
_BODY_KINDS = {
    BodyKind.VALUE: "an AMQP value, told as JSON",
    BodyKind.SEQUENCE: "AMQP sequences, told as JSON",
    BodyKind.UNREADABLE: "not readable: the bytes of the message from there on",
}


def event_title(event: Event) -> str:
    """`P2 #920`."""
    return f"{partition(event.partition)} #{formats.count(event.sequence)}"


def event_sections(event: Event, marks: Marks, say: Phrasing, group: str) -> list[Section]:
    """The event's place, its properties with their types, its annotations; without its body."""
    sections = [section("Event", _place(event, marks, say, group))]

    if event.properties:
        sections.append(section("Application properties", _typed(event)))

    if system := [pair for pair in event.system if pair[0] not in _TOLD_ABOVE]:
        sections.append(section("System properties and annotations", _system(system)))

    return sections


def body_section(told: BodyLines, size_bytes: int) -> Section:
    """The body under a heading that says what it is and what it leaves out."""
    heading = f"Body: {told.kind}, {formats.size(size_bytes)}"
    lines = tuple(Line("", line) for line in told.lines)
    note = (Line("", f"({told.note})", Tone.DIM),) if told.note else ()

    return Section(heading, (*note, *lines))


def marked(event: Event, marks: Marks, group: str) -> str:
    """What it means that an event is marked; nothing of others."""
    mark = marks.of(event).split(", ")
    name = formats.name(group)
    told = {
        DONE: f"the checkpoint of {name} stands here: the last event done",
        NEXT: f"the event that the checkpoint of {name} stands before",
        LAST: "the newest of its partition",
    }

    return "; ".join(told[each] for each in mark if each)


def _place(event: Event, marks: Marks, say: Phrasing, group: str) -> Iterator[Fact]:
    yield "partition", safe(event.partition)
    yield "sequence", formats.count(event.sequence)

    if mark := marked(event, marks, group):
        yield "mark", mark

    yield "offset", _short(safe(event.offset)) or None
    yield "enqueued", _moment(event.enqueued_at, say)
    yield "partition key", None if event.key is None else _short(safe(event.key))
    yield "size", f"{formats.count(event.size_bytes)} bytes on the wire"
    yield "content type", None if event.content_type is None else _short(safe(event.content_type))

    if event.content_encoding is not None:
        yield "content encoding", _short(safe(event.content_encoding))

    if event.body_kind in _BODY_KINDS:
        yield "body", _BODY_KINDS[event.body_kind]


def _moment(at: float, say: Phrasing) -> str | None:
    try:
        return f"{say.clock.full(at)} ({say.distance(at)})"
    except (ValueError, OverflowError, OSError):
        return None


def _typed(event: Event) -> Iterator[Fact]:
    for name, value in event.properties[:_MOST_FACTS]:
        yield _short(safe(name)), _property(name, value)

    yield from _more(len(event.properties))


def _property(name: str, value: PropertyValue) -> str:
    """`minutes (string)`, `3 (int)`, `00 ff (4 bytes)`."""
    match value:
        case None:
            return "null"
        case bool():
            return f"{str(value).lower()} (bool)"
        case bytes():
            return f"{_short(value[:_MOST_CHARACTERS].hex(' '))} ({len(value):,} bytes)"
        case int():
            return f"{value} (int)"
        case float():
            return f"{value!r} (float)"
        case _:
            return f"{_short(safe_value(name, value))} (string)"


def _system(pairs: Sequence[tuple[str, str]]) -> Iterator[Fact]:
    for name, value in pairs[:_MOST_FACTS]:
        yield _short(safe(name)), _short(safe_value(name, value)) or '""'

    yield from _more(len(pairs))


def _more(many: int) -> Iterator[Fact]:
    if many > _MOST_FACTS:
        yield "…", f"{many - _MOST_FACTS:,} more; all are saved"


def _short(text: str) -> str:
    if len(text) <= _MOST_CHARACTERS:
        return text

    return f"{text[:_MOST_CHARACTERS]}… ({len(text):,} characters)"


def as_words(sections: list[Section]) -> str:
    """All of it as text, to take along."""
    told = []

    for each in sections:
        width = max((len(line.label) for line in each.lines), default=0)
        lines = [f"{line.label:<{width}}  {line.value}".strip() if line.label else line.value
                 for line in each.lines]  # fmt: skip
        told.append("\n".join([each.heading, *lines]))

    return "\n\n".join(told)
