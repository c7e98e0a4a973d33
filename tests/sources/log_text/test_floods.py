"""Floods are passed over quickly, and tell what reading each line tells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.sources.log_text.facts import LogRecord
from ehtui.sources.log_text.follow import LogReader, Piece, _Stream, _thinned
from ehtui.sources.log_text.records import Floods

SAID = (
    "{} INFO x: EventProcessor 'one' has claimed partition '{}'",
    "{} WARNING [13] x: EventProcessor 'two' hasn't claimed an ownership. It stays alive.",
    "{} INFO x: on_error link:stolen",
    '{{"ts": "{}", "pid": 13, "message": "EventProcessor \'three\' is being started"}}',
    "[{}] [13] [INFO] EventProcessor 'one' has been stopped.",
    "{} ERROR x: failed\nTraceback (most recent call last):\n  File 'a'\nOddError: link:stolen",
    "{} DEBUG x: nothing to see, partition {}",
    "EventProcessor 'two' is being started",
    "  goes on: EventProcessor 'three' has been stopped {}",
)
TIMES = (
    "2026-01-20 21:11:{:02d},{:03d}",
    "2026-01-20T21:11:{:02d}.{:03d}Z",
    "2026-01-20 21:11:{:02d}",
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(SAID),
        st.sampled_from(TIMES),
        st.integers(0, 59),
        st.integers(0, 999),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=60,
)


def told(text: str, floods: Floods | None) -> list[LogRecord]:
    """What is told of a piece that was passed over."""
    reader = LogReader("a.log", clock=lambda: 1_769_000_000.0)
    piece = Piece(text.encode(), 5_000_000, is_end=False)
    found = _thinned(reader._records(piece, _Stream(), floods))
    return sorted(found, key=lambda r: r.place)


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_what_is_passed_over_is_told_as_if_it_was_read(
    lines: list[tuple[str, str, int, int, int]],
) -> None:
    text = "".join(
        said.format(time.format(second, millisecond), partition) + "\n"
        for said, time, second, millisecond, partition in lines * 3
    )

    assert told(text, Floods()) == told(text, None)


def test_a_flood_is_read_twice_whatever_its_length() -> None:
    line = "2026-01-20 21:11:59,{:03d} INFO x: EventProcessor 'o' has claimed partition '1'\n"
    text = "".join(map(line.format, range(900)))
    floods = Floods()

    assert [r.count for r in told(text, floods)] == [1, 899]
    assert [flood.lines for flood in floods.passed_over.values()] == [898]  # but the very last
