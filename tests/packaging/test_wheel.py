"""What is in the wheel and in the sdist, and that what is installed from the wheel runs."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import ehtui

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("packaging")  # built once


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_the_wheel_has_the_package_whole_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        about = message_from_string(archive.read(metadata).decode())

    tops = {name.split("/")[0] for name in names}
    version = ehtui.__version__
    assert tops == {"ehtui", f"ehtui-{version}.dist-info", f"ehtui-{version}.data"}
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ehtui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith("ehtui/")} == ours
    assert "ehtui/py.typed" in names

    assert about["Version"] == version
    assert about["Requires-Python"] == ">=3.11"
    assert {"sandbox", "metrics", "otlp"} <= set(about.get_all("Provides-Extra") or ())
    assert any(url.startswith("Changelog") for url in about.get_all("Project-URL") or ())


def test_the_sdist_has_what_a_distribution_builds_and_tests_with(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")

    with tarfile.open(sdist) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    for needed in (
        "pyproject.toml",
        "constraints.txt",
        "Makefile",
        "README.md",
        "LICENSE",
        "config.yaml",
        "docs/ehtui.1",
        "ehtui/py.typed",
        "tests/conftest.py",
    ):
        assert needed in inside, needed

    assert not {name for name in inside if name.startswith((".venv", ".work", "screenshots"))}


def test_what_is_installed_from_it_runs(wheel: Path, tmp_path: Path) -> None:
    """In an environment that has its dependencies and not this checkout."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Their folders alone: a `.pth` in there would bring the checkout back.
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}

    def run(*words: str) -> str:
        done = subprocess.run(
            [str(python), *words],
            cwd=tmp_path,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert Path(run("-c", "import ehtui; print(ehtui.__file__)").strip()).is_relative_to(site)
    assert run("-m", "ehtui", "--version") == f"ehtui {ehtui.__version__}\n"
    assert "crash" in run("-m", "ehtui", "demo", "--list-scenes")
    assert (home / "share" / "man" / "man1" / "ehtui.1").is_file()
