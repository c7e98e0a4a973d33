"""README, docs and sample say of the keys what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.key_table import files, made


@pytest.mark.parametrize(("name", "path"), files())
def test_what_is_written_is_what_the_table_says(name: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text == made(name, text), "make keys"
