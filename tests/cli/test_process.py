"""What only a real process shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"textual", "azure", "aiohttp", "psutil", "msgspec", "yaml", "dotenv"}


def ehtui(*argv: str, cwd: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ehtui", *argv],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(flag: str) -> None:
    code = (
        "import sys\nfrom ehtui.cli.main import run\n"
        f"code = run([{flag!r}])\n"
        "print(code, *{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, *modules = run.stderr.split()

    assert exit_code == "0"
    # What says how a hub is reached is made of msgspec's values; `main` answers --version before.
    assert not (HEAVY - {"msgspec"}) & set(modules)
    assert run.stdout.startswith("ehtui " if flag == "--version" else "usage: ehtui")


# What an empty picture says, it says without these.
LATER = {
    "argparse",
    "ehtui.domain.actions",
    "ehtui.domain.world.process",
    "ehtui.domain.reduce",
    "ehtui.domain.world.store",
    "ehtui.monitor",
    "ehtui.tui.widgets.filterbar",
    "ehtui.views.findings",
    "ehtui.views.report",
    "ehtui.views.timeline",
}
FIRST_PICTURE = """
import sys
from ehtui.cli import backend, compose, main, output_format
from ehtui.cli.flags import resolve_args
from ehtui.tui.app import EhtuiApp
from ehtui.tui.overview_tables import OverviewTables

pictures, empty = OverviewTables(), compose.first_picture(resolve_args(None).settings)

for table in (pictures.consumers, pictures.findings, pictures.timeline, pictures.headline):
    table(empty, "$Default")

pictures.partitions(empty, "$Default", None)
print(*sys.modules)
"""


def test_the_first_picture_waits_for_nothing_that_is_not_in_it(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(run.stdout.split())

    assert "textual.app" in loaded
    assert not loaded & LATER
    # The settings are made of msgspec's values: as quick to load as dataclasses are to make.
    assert not {name.split(".")[0] for name in loaded} & (HEAVY - {"textual", "msgspec"})


def test_nothing_configured_ends_with_64_and_the_way_out(tmp_path: Path) -> None:
    process = ehtui(cwd=tmp_path)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (64, "")
    assert "ehtui demo" in err
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_complaint(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = subprocess.Popen(
        [sys.executable, "-m", "ehtui", "config"],
        cwd=tmp_path,
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write_end)
    _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (141, "")


def test_an_ascii_terminal_gets_escapes_instead_of_a_traceback(tmp_path: Path) -> None:
    process = ehtui("config", cwd=tmp_path, PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=30)

    assert process.returncode == 0, err
    assert "\\u" in out
