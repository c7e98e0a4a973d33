"""The synchronous SDK shares a group with the asynchronous one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.sandbox.test_sandbox import QUICK, Store, share
from tests.waiting import wait_until

REQUIREMENT = "azure-eventhub-checkpointstoreblob==1.2.0"
FOLDER = Path(__file__).parents[2] / ".work" / "sync-store"


@pytest.fixture(scope="module")
def store_folder() -> Path:
    """The synchronous store, which ehtui itself does not need."""
    if not FOLDER.exists():
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(FOLDER)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, REQUIREMENT], check=True)

    return FOLDER


@contextmanager
def sync_consumer(sandbox: Sandbox, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = sandbox.folder / "sync.log"

    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.interop.sync_consumer", str(folder)],
            env={**os.environ, **sandbox.environment},
            stdout=output,
            stderr=output,
        )

    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.interop
@pytest.mark.timeout(180)
def test_it_shares_and_gives_back(store_folder: Path) -> None:
    with Sandbox(ServerOptions(backlog=80), consumers=0, pace=QUICK, traffic=0) as sandbox:
        store = Store(sandbox)

        with sync_consumer(sandbox, store_folder) as process:
            wait_until(lambda: len(store.checkpoints()) == 4, timeout_s=30, what="it reads all")
            assert share(store) == [4]

            sandbox.start_consumer()
            wait_until(lambda: share(store) == [2, 2], timeout_s=30, what="they share")

            process.send_signal(signal.SIGTERM)
            wait_until(lambda: share(store) == [4], timeout_s=30, what="the other has all")
            assert process.wait(30) == 0

        store.close()
