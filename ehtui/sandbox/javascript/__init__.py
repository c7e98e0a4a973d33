"""A consumer on Microsoft's JavaScript SDK, which npm installs into the user's cache at first use.

Node and npm must be there; nothing is fetched unless a JavaScript consumer is asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ehtui.sandbox.supervisor import ChildFailedError

SOURCES = Path(__file__).parent
PROGRAM = "consumer.mjs"
MANIFEST = "package.json"
INSTALLED = "installed.json"
INSTALL_WITHIN_S = 180.0


def has_node() -> bool:
    """Whether Node and npm are on the path."""
    return bool(shutil.which("node") and shutil.which("npm"))


def install() -> Path:
    """The folder with the program and its packages, installed once for this manifest.

    Raises:
        ChildFailedError: npm is missing or failed.
    """
    folder = _cache() / "ehtui" / "javascript"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = (SOURCES / MANIFEST).read_text(encoding="utf-8")
    done = folder / INSTALLED

    for name in (PROGRAM, MANIFEST):
        shutil.copyfile(SOURCES / name, folder / name)

    if not done.exists() or done.read_text(encoding="utf-8") != manifest:
        _run_npm(folder)
        done.write_text(manifest, encoding="utf-8")

    return folder


def _run_npm(folder: Path) -> None:
    npm = shutil.which("npm")

    if npm is None:
        raise ChildFailedError("a JavaScript consumer needs Node and npm, which are not here")

    try:
        subprocess.run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", "--omit=dev"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=INSTALL_WITHIN_S,
        )
    except subprocess.SubprocessError as error:
        raise ChildFailedError(f"npm could not install the JavaScript SDK: {error}") from error


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
