"""Other versions of Python packages than ehtui's own: a venv each, in a work folder."""

from __future__ import annotations

import fcntl
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
    FOLDER.mkdir(parents=True, exist_ok=True)

    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may want it at once

        if not installed.exists() or installed.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            failure = _run(sys.executable, "-m", "venv", str(folder)) or _run(
                *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *requirements,
            )

            if failure:
                pytest.skip(f"{' '.join(requirements)} cannot be installed: {failure}")

            installed.write_text(wanted)

    return python


def _run(*command: str) -> str | None:
    """Run it; what it said last where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    if done.returncode == 0:
        return None

    errors = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
    return next((line for line in reversed(errors) if line.strip()), f"it ended {done.returncode}")
