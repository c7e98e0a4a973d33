"""`make site`: the pages as they stand in the checkout, built by Zensical, every link checked.

Zensical has an environment of its own: nothing else of the project needs what it needs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SITE = ROOT / ".work" / "site"
PAGES = SITE / "pages"
TOOL = "zensical>=0.0.70,<0.2"
BIN = SITE / "venv" / ("Scripts" if os.name == "nt" else "bin")
# What pages link to keeps its place, so that one link is right here, on the site and on the forge.
COPIED = ("docs", "screenshots", "contrib", "ehtui/views/status.schema.json")


def copy_pages() -> None:
    """Put everything that pages link to beside each other."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)

    for path in (*ROOT.glob("*.md"), ROOT / "config.yaml", ROOT / "LICENSE"):
        shutil.copy(path, PAGES)

    for name in COPIED:
        source, target = ROOT / name, PAGES / name
        target.parent.mkdir(parents=True, exist_ok=True)

        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def main() -> int:
    if not (BIN / "zensical").exists():
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([sys.executable, "-m", "venv", str(SITE / "venv")], check=True)
        subprocess.run([str(BIN / "python"), *pip, TOOL], check=True)

    copy_pages()
    building = [str(BIN / "zensical"), "build", "--strict", "--clean"]
    return subprocess.run(building, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
