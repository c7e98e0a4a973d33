"""Programs on Microsoft's JavaScript SDK, from npm into a work folder."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.interop import is_whole

SOURCES = Path(__file__).with_name("javascript")
WORK = Path(__file__).parents[2] / ".work"
# What differs from the manifest, by the SDK's version.
SDKS: dict[str, dict[str, str]] = {
    "6": {},
    "5.12": {"@azure/event-hubs": "5.12.2", "@azure/eventhubs-checkpointstore-blob": "1.0.1"},
}
TRIED = tuple(SDKS) if is_whole else ("6",)


def install(sdk: str = "6") -> Path:
    """The folder with the programs, and with the SDK once it was installed for this manifest."""
    folder = WORK / f"javascript-{sdk}"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((SOURCES / "package.json").read_text())
    manifest["dependencies"] |= SDKS[sdk]
    text, done = json.dumps(manifest), folder / "installed.json"

    for source in SOURCES.iterdir():
        shutil.copy(source, folder)

    (folder / "package.json").write_text(text)

    if not done.exists() or done.read_text() != text:
        subprocess.run(["npm", "install", "--silent"], cwd=folder, check=True)
        done.write_text(text)

    return folder


def version_of(sdk: str, package: str = "@azure/event-hubs") -> str:
    """The version of a package that programs on this SDK have."""
    known = json.loads((SOURCES / "package.json").read_text())["dependencies"] | SDKS[sdk]
    return str(known[package])


class Program:
    """A running program: what it said so far, one JSON value a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def all(self, key: str) -> list[Any]:
        """The values said under this key."""
        while not self._lines.empty():
            self.said.append(self._lines.get())

        return [line[key] for line in self.said if key in line]

    def owned(self) -> set[str]:
        """The partitions that it opened and did not close."""
        owned: set[str] = set()
        self.all("")

        for line in self.said:
            owned |= {line["opened"]} if "opened" in line else set()
            owned -= {line["closed"]} if "closed" in line else set()

        return owned

    def stop(self) -> None:
        """Close it as its user would, and wait."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)
        self._reader.join(5)

    def _read(self) -> None:
        assert self.process.stdout

        for line in self.process.stdout:
            self._lines.put(json.loads(line))


@contextmanager
def running(name: str, sdk: str = "6", **environment: str) -> Iterator[Program]:
    """A program of this folder until the block ends."""
    process = subprocess.Popen(
        ["node", name],
        cwd=install(sdk),
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    try:
        yield Program(process)
    finally:
        process.kill()
        process.wait(10)

        for pipe in (process.stdin, process.stdout):
            assert pipe
            pipe.close()


def output_of(name: str, sdk: str = "6", **environment: str) -> Any:
    """What a program that ends by itself printed."""
    done = subprocess.run(
        ["node", name],
        cwd=install(sdk),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)
