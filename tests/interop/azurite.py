"""Azurite, Microsoft's storage emulator, from npm into a work folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_until

VERSION = "3.35.0"
FOLDER = Path(__file__).parents[2] / ".work" / "azurite"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def install() -> Path:
    """The program, installed first where it is not there yet."""
    program = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    wanted = FOLDER / f"installed-{VERSION}"

    if not wanted.exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", f"azurite@{VERSION}"],
            cwd=FOLDER,
            check=True,
        )
        wanted.touch()

    return program


@contextmanager
def running() -> Iterator[str]:
    """Azurite on a free port, with nothing on disk: its connection string."""
    options = ["--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry"]
    program = install()

    # Its log tells its port (with --silent it would not); each has its own, for several may run.
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "azurite.log"

        with log.open("w") as output:
            process = subprocess.Popen(
                ["node", str(program), "--blobPort", "0", "--blobHost", "127.0.0.1", *options],
                stdout=output,
                cwd=FOLDER,
            )

        yield from _listening(process, log)


def _listening(process: subprocess.Popen[bytes], log: Path) -> Iterator[str]:
    try:
        wait_until(lambda: port_of(log) is not None, timeout_s=30, what="Azurite listens")
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port_of(log)}/{ACCOUNT};"
        )
    finally:
        process.terminate()
        process.wait(10)


def port_of(log: Path) -> int | None:
    match = re.search(
        r"successfully listens on http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8")
    )

    return int(match[1]) if match else None
