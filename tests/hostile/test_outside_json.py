"""JSON that others write, where ehtui reads it: nested without an end, or of another kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.domain.world.process import read_mark
from ehtui.sources.restarts import read_restart, record_at
from ehtui.sources.supervisors import _pm2_number

DEEP = "[" * 200_000
ODD = [
    DEEP,
    "{" + '"a":{' * 5000,
    "9" * 6000,
    '{"consumer": ' + "9" * 6000 + "}",
    "NaN",
    "null",
    "[]",
    "",
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:12])
def test_what_is_no_record_is_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    path.chmod(0o600)

    assert record_at(path) == {}
    assert read_restart(path) is None
    assert read_mark(text) is None
    assert _pm2_number({"pm2_env": text}) == (None, None)


def test_a_number_of_another_kind_is_no_command() -> None:
    assert _pm2_number({"pm_id": "1", "name": "web"}) == ("1", "web")
    assert _pm2_number({"pm2_env": '{"pm_id": "٣"}'}) == (None, None)
    assert _pm2_number({"pm2_env": '{"pm_id": 1, "name": {"a": 1}}'}) == ("1", None)
