"""What happens as sentences to be spoken: no signs, no boxes, one at a time, for `ehtui watch`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from ehtui.domain.text import capital
from ehtui.domain.timeline import FindingEnded
from ehtui.lazy import LazyModule
from ehtui.views import findings, formats, timeline
from ehtui.views.formats import UTC_CLOCK, Clock, full_stop
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.headline import headline
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import painted
from ehtui.views.tables.timeline import meaning, told_once
from ehtui.views.width import width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.snapshot import Snapshot, TimelineEvent
    from ehtui.views.cells import Tone
    from ehtui.views.formats import Language
    from ehtui.views.korean import speech as korean
else:
    korean = LazyModule("ehtui.views.korean.speech")

# What a voice leaves out, or says as a letter: each as the word that it stands for.
_SPOKEN = (
    (re.compile(r"(?<=\d)–(?=~?\d)"), " to "),
    (re.compile(r"^[▲△●✓✗X!i+x] "), ""),
    (re.compile(r"~(?=\d)"), "about "),
    (re.compile(r"≤(?=\d)"), "at most "),
    (re.compile(r"≥(?=\d)"), "at least "),
    (re.compile(r"<(?=\d)"), "less than "),
    (re.compile(r">(?=\d)"), "more than "),
    (re.compile(r"(?<=\d)/s\b"), " per second"),
    (re.compile(r"–"), "not known"),
    (re.compile(r"[`“”]"), ""),
)


def spoken(text: str, language: Language = "en") -> str:
    """One sentence without signs."""
    for sign, words in korean.SPOKEN if language == "ko" else _SPOKEN:
        text = sign.sub(words, text)

    text = text.strip()
    return full_stop(capital(text))


def _spoken_event(event: TimelineEvent, say: Phrasing) -> str:
    finding, details, language = event.finding, event.details, say.language

    if finding is None:
        return spoken(f"{timeline.subject(event, say)}: {timeline.sentence(event, say)}", language)

    words = findings.sentence(finding, say)

    if isinstance(details, FindingEnded):
        return spoken(f"{capital(timeline.ended(details, say))}: {words}", language)

    word = findings.severity_word(finding.severity, language)
    return spoken(f"{word}: {words}", language)


class Telling(Struct):
    """Tells how things are, and then each change once."""

    group: str
    clock: Clock = UTC_CLOCK
    glyphs: Glyphs = UNICODE
    colour: bool = False
    is_spoken: bool = False
    cells: int | None = None  # of the terminal: None breaks no line
    _told: int = -1  # the number of the last event that was told

    def state(self, snapshot: Snapshot) -> str:
        """How things are, in one sentence; what led to it is no news any more."""
        self._told = max((event.number for event in snapshot.timeline), default=self._told)
        words = headline(snapshot, self.group, glyphs=self.glyphs, clock=self.clock)

        if self.is_spoken:
            return f"{formats.text(self.group)}: {spoken(words.text, self.clock.language)}"

        now = self.clock.time(snapshot.host_at(snapshot.taken_at))
        return self._wrapped(now, words.text, words.tone)

    def changes(self, snapshot: Snapshot) -> Iterator[str]:
        """Each event since, the oldest first, without those that a finding tells."""
        say = Phrasing(snapshot, self.clock, self.group)
        news = [event for event in told_once(snapshot.timeline) if event.number > self._told]

        for event in news:
            yield _spoken_event(event, say) if self.is_spoken else self._line(event, say)
            self._told = max(self._told, event.number)

    def _line(self, event: TimelineEvent, say: Phrasing) -> str:
        tone, sign = meaning(event, self.glyphs)
        about = "" if event.finding is not None else f"{timeline.subject(event, say)}: "
        words = f"{about}{timeline.sentence(event, say)}"
        time = ("~" if event.is_approximate else "") + say.time(event.at)
        return self._wrapped(time, words, tone, mark=f"{sign} ")

    def _wrapped(self, time: str, words: str, tone: Tone, *, mark: str = "") -> str:
        """Broken at words, which stand under each other beside time and mark."""
        hanging = " " * (width(time) + 2 + width(mark))
        room = None if self.cells is None else max(20, self.cells - len(hanging))
        first, *rest = [words] if room is None else wrap(words, room)
        shown = (painted(line, tone, colour=self.colour) for line in (mark + first, *rest))
        return f"{time}  " + f"\n{hanging}".join(shown)
