"""Other versions of Python packages than ehtui's own: a venv each, in a work folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".work" / "venvs"


def python_with(name: str, *requirements: str) -> Path:
    """The interpreter of a venv with exactly these; made once. Skips where it cannot be made."""
    folder = FOLDER / name
    python, installed = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)

    if not installed.exists() or installed.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        made = _run(sys.executable, "-m", "venv", str(folder)) or _run(
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *requirements,
        )

        if made:
            pytest.skip(f"{' '.join(requirements)} cannot be installed: {made}")

        installed.write_text(wanted)

    return python


def _run(*command: str) -> str | None:
    """Run it; what it said last where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    if done.returncode == 0:
        return None

    errors = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
    return next((line for line in reversed(errors) if line.strip()), f"it ended {done.returncode}")
