"""The pages that are made from the code are those that the code would make now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ehtui.config.settings import Settings
from tests.reference_pages import CONFIGURATION, FIELDS, PAGES


@pytest.mark.parametrize(
    ("path", "page"), PAGES.items(), ids=lambda each: getattr(each, "name", "")
)
def test_it_is_current(path: Path, page: Callable[[], str]) -> None:
    assert path.read_text(encoding="utf-8") == page(), "make reference"


def test_every_section_is_told() -> None:
    told = CONFIGURATION.read_text(encoding="utf-8")
    sections = {
        each.name
        for each in msgspec.structs.fields(Settings)
        if isinstance(each.type, type) and issubclass(each.type, msgspec.Struct)
    }

    assert sections
    assert {name for name in sections if f"\n## {name}\n" not in told} == set()


def test_every_part_that_is_linked_to_is_there() -> None:
    told = FIELDS.read_text(encoding="utf-8")

    for part in told.split("](#")[1:]:
        assert f"\n## {part.split(')', 1)[0]}\n" in told
