from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ehtui.cli.main import run
from ehtui.config.origins import ENVIRONMENT_NAMES

SECRET = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={SECRET}"


@dataclass(frozen=True)
class Said:
    """How a command line ended."""

    code: int
    out: str
    err: str


Ehtui = Callable[..., Said]


@pytest.fixture
def ehtui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ehtui:
    """Runs a command line in an empty folder, with only the given variables of ours set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    for name in (*ENVIRONMENT_NAMES.values(), "XDG_CONFIG_HOME", "EHTUI_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*argv: str, **variables: str) -> Said:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)

            code = run(list(argv))

        out, err = capsys.readouterr()
        assert SECRET not in out + err
        assert Path.cwd() == tmp_path

        return Said(code, out, err)

    return call
