"""What is said of a fault of ours: where, without variables, secrets and control characters."""

from __future__ import annotations

import io

from rich.traceback import Traceback

from ehtui.tui.last_words import LastWords

SECRET = "S3cr3tV4lue" * 8


def fail(words: str) -> None:
    raise RuntimeError(words)


def told(width: int) -> str:
    variable = [SECRET]  # a name that says nothing
    console = LastWords(file=io.StringIO(), width=width)

    try:
        fail(f"\x1b[2J no AccountKey={variable[0]}== is\nknown")
    except RuntimeError:
        console.print(Traceback(show_locals=True, width=None))

    written = console.file
    assert isinstance(written, io.StringIO)

    return written.getvalue()


def test_a_traceback_holds_no_values() -> None:
    for width in (30, 80, 200):
        text = told(width)
        assert "told" in text
        assert "RuntimeError" in text
        assert "known" in text.replace("\n", "")
        assert "S3cr3t" not in text.replace('SECRET = "S3cr3tV4lue"', "")
        assert " locals ─" not in text
        assert "\x1b" not in text
