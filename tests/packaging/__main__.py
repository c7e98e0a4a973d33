"""`make package`: builds wheel and sdist, and uses the wheel as a stranger would.

A virtual environment that knows nothing of this checkout gets the wheel and what it needs, and runs
the first commands of the README. How long each takes is printed. `make sbom` (`… sbom`) writes what
such an environment holds as dist/sbom.json, in CycloneDX.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
BIN = "Scripts" if os.name == "nt" else "bin"


def main() -> int:
    return list_parts() if sys.argv[1:] == ["sbom"] else try_package()


def list_parts() -> int:
    """Write the SBOM of the wheel with all its extras."""
    (wheel,) = DIST.glob("*.whl")

    with tempfile.TemporaryDirectory(prefix="ehtui-sbom-") as folder:
        for name in ("parts", "tool"):
            timed(f"environment {name}", sys.executable, "-m", "venv", f"{folder}/{name}")

        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        parts = Path(folder) / "parts" / BIN / "python"
        tool = Path(folder) / "tool" / BIN / "python"
        pinned = ("-c", str(ROOT / "constraints.txt"), f"{wheel}[sandbox,metrics,otlp]")
        timed("its parts", str(parts), *pip, *pinned)
        timed("CycloneDX", str(tool), *pip, "cyclonedx-bom>=7,<8")
        listed = timed("list", str(tool), "-m", "cyclonedx_py", "environment", str(parts))

    path = DIST / "sbom.json"
    path.write_text(listed, encoding="utf-8")
    print(f"{len(json.loads(listed)['components'])} components in {path.relative_to(ROOT)}")

    return 0


def try_package() -> int:
    """Build, install and use it."""
    shutil.rmtree(DIST, ignore_errors=True)
    timed(
        "build", sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)
    )
    (wheel,) = DIST.glob("*.whl")

    with tempfile.TemporaryDirectory(prefix="ehtui-package-") as folder:
        began = time.monotonic()
        home = Path(folder)
        timed("environment", sys.executable, "-m", "venv", str(home / "venv"))
        python = home / "venv" / BIN / "python"
        quiet = ("--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt"))
        timed("install", str(python), "-m", "pip", "install", *quiet, f"{wheel}[sandbox]")
        ehtui = str(home / "venv" / BIN / "ehtui")

        for words in (["--version"], ["demo", "--list-scenes"], ["sandbox", "--", ehtui, "status"]):
            timed(" ".join(words), ehtui, *words, folder=home)

        report = timed("demo", ehtui, "demo", folder=home)
        assert "Partitions" in report, report
        print(f"from nothing to the first report: {time.monotonic() - began:.0f} s")

    return 0


def timed(what: str, *command: str, folder: Path = ROOT) -> str:
    """Run it to its end, in a folder of its own with nothing of ours in the environment."""
    began = time.monotonic()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EHTUI_", "PYTHON", "AZURE_"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "XDG_STATE_HOME": str(folder / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    if done.returncode:
        raise SystemExit(f"{what} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")

    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
