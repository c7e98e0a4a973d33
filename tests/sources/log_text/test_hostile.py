"""No text harms: cleaning never raises, gives bounded text, and its steps grow with the length."""

from __future__ import annotations

import html
import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.sources import log_text
from ehtui.sources.log_text import patterns, records
from ehtui.sources.log_text import patterns as memo
from ehtui.sources.log_text.cleaning import (
    MOST_CHARACTERS,
    clean,
    one_line,
    unescaped,
    without_ansi,
)
from ehtui.sources.log_text.follow import LogReader
from ehtui.sources.log_text.patterns import read_text
from ehtui.sources.log_text.records import MOST_LINES, find_records
from ehtui.sources.log_text.structured import MOST_TEXT

NOW = 1_768_943_519.0
PIECES = (
    *("\x1b", "\x1b[", "\x1b[31m", "\x1b]8;;", "\x07", "\x9b", "\\", "\\\\", "\\u0027", "\\u00"),
    *("\\x2", '\\"', "&", "&amp;", "&#39;", "&#x27", "&#99999999;", "&#55296;", "{", "}", '{"'),
    *('":', '"', "'", "[", "]", ",", "null", "1e999", "9" * 400, "\n", "\r", "\t", " ", "="),
    *("msg=", 'msg="', "event='", "| ", "0|x | ", "<14>1 ", "<14>Jan 20 21:11:59 h x[1]: "),
    *("2026-01-20T21:11:59Z stdout F ", "2026-01-20 21:11:59,123 ", "[pod/x] ", "EventProcessor '"),
    *("EventProcessor instance 'U' of eventhub 'h' partition '", "' is being started", "pid="),
    *("' of namespace '", "' consumer group '", "(Identifier: '", "owner_id=", "az.sdk.message"),
    *("azure_messaging_eventhubs", "ownerId", "New receiver '", "SystemTracker:a:eventhub:b~1|"),
    *("/ConsumerGroups/", "/Partitions/", "link:stolen", "Traceback (most recent call last):"),
    *("\ud800", "\u2028", "\x00", "é", "한"),
)
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=60).map("".join)


@given(soup)
def test_any_text_is_cleaned_to_one_bounded_line(text: str) -> None:
    cleaned, _ = read_text(text, NOW)

    assert "\x1b" not in cleaned.text
    assert cleaned.text == " ".join(cleaned.text.split())
    assert len(cleaned.text) <= MOST_CHARACTERS + 2 * MOST_TEXT


@given(soup)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    bare = without_ansi(text)
    assert without_ansi(bare) == bare

    line = one_line(text)
    assert one_line(line) == line

    plain = clean(text, NOW).text
    assert without_ansi(plain) == plain


@given(soup)
def test_a_log_of_any_bytes_is_read(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")

    for since in (0, len(data) // 2):
        ends = [0, *(record.end for record in find_records(data, since))]
        assert ends == sorted(ends)
        assert ends[-1] <= len(data)


WRAPPERS: dict[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps(text)[1:-1],
    "unicode": lambda text: "".join(f"\\u{ord(c):04x}" if c in "'\"<>&`" else c for c in text),
    "repr": lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
    "html": html.escape,
}


@given(
    st.text("abcXYZ019 '\"<>&`.:-", min_size=1, max_size=40),
    st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=3),
)
def test_layers_of_escapes_are_undone(text: str, layers: list[str]) -> None:
    text = re.sub(r"&(?=[#\w]*;?)", "&", text).replace("&", "+")  # no entity of its own
    wrapped = text

    for layer in layers:
        wrapped = WRAPPERS[layer](wrapped)

    assert unescaped(wrapped) == text
    assert unescaped(unescaped(wrapped)) == text


# Steps, counted


HOSTILE = {
    "one endless line": "EventProcessor '",
    "braces": '{"a":',
    "brackets": "[",
    "backslashes": "\\",
    "half escapes": "\\u00",
    "entities": "&amp;",
    "nested entities": "&#38;#38;",
    "open quotes": 'msg="\\',
    "open sequences": "\x1b]8;;",
    "spaces": " ",
    "numbers": "9",
    "owner ids": "owner_id=azure_messaging_eventhubs ",
    "trackers": "SystemTracker:a:eventhub:",
    "links": "a/ConsumerGroups/a/Partitions",
    "receivers": "New receiver 'link:stolen",
    "indented lines": " EventProcessor 'x\n",
    "exceptions": "OddError: link:stolen\n  x\n",
    "tracebacks": "Traceback (most recent call last):\n",
    "rich lines": "          INFO     EventProcessor 'x\n",
    "times": "2026-01-20 21:11:59,123 ownership\n",
    "json lines": '{"message":"EventProcessor \'x\'","a":[[[[1]]]]}\n',
    "short lines": "epoch\n",
    "no text": "\x00",
}


def text_of(unit: str, size: int) -> str:
    """So many characters; lines differ from each other, so that none is read from memory."""
    if not unit.endswith("\n"):
        return unit * (size // len(unit))

    return "".join(f"{unit[:-1]}{n}\n" for n in range(size // (len(unit) + 5)))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One number for each step: characters that are read as a record, lines that are joined."""
    counted: list[int] = []
    reads, goes_on = patterns.read_text, records.goes_on

    def count_reads(text: str, now: float) -> object:
        assert len(text) <= records.MOST_RECORD_BYTES + records.LINE_BYTES
        counted.append(len(text))
        return reads(text, now)

    def count_lines(data: bytes, at: int, before: int | None) -> bool:
        counted.append(1)
        return goes_on(data, at, before)

    monkeypatch.setattr(memo, "read_text", count_reads)
    monkeypatch.setattr(records, "goes_on", count_lines)
    return counted


@pytest.mark.parametrize("name", HOSTILE)
def test_steps_grow_with_the_length_and_no_faster(
    name: str, tmp_path: Path, steps: list[int]
) -> None:
    log = tmp_path / "a.log"
    taken = []

    for size in (150_000, 300_000, 1_000_000):
        log.write_text(f"{text_of(HOSTILE[name], size)}\nlink:stolen\n", "utf-8")
        steps.clear()
        LogReader(str(log), clock=lambda: NOW).read()
        taken.append(sum(steps) / size)

    # A record that lies on a border is looked at twice; an endless line is cut, and costs less.
    assert taken[2] <= 3.0
    assert taken[1] <= 1.3 * taken[0] + 0.1
    assert taken[2] <= 1.3 * taken[1] + 0.1


def test_a_record_has_a_limit() -> None:
    data = b"ownership\n" + b"  and more of it\n" * (10 * MOST_LINES)
    (record, *_) = find_records(data)

    assert record.text.count("\n") < MOST_LINES


def expressions() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every expression that the room has compiled, wherever it is kept."""
    for found in pkgutil.iter_modules(log_text.__path__):
        module = importlib.import_module(f"{log_text.__name__}.{found.name}")
        waiting: list[object] = [v for k, v in vars(module).items() if not k.startswith("__")]

        while waiting:
            value = waiting.pop()

            if isinstance(value, re.Pattern):
                yield found.name, value
            elif isinstance(value, tuple | list):
                waiting += value
            elif expression := getattr(value, "expression", None):
                waiting.append(expression)


def test_no_expression_repeats_a_repetition() -> None:
    """What takes exponential time: a group that has repetitions, repeated without a limit."""
    seen = list(expressions())
    assert len(seen) > 80

    for where, expression in seen:
        pattern = expression.pattern
        text = pattern.decode("ascii") if isinstance(pattern, bytes) else pattern
        assert not re.search(r"(?<!\\)\)(?:[*+]|\{\d+,\})", text), (where, text)
        assert not re.search(r"(?<!\\)\.[*+]", text), (where, text)
