"""One group of real consumers, each a process of its own, and who of them owns what."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from ehtui.sandbox import javascript
from ehtui.sandbox.options import Connections
from ehtui.sandbox.supervisor import Child, Supervisor, python
from tests.forecasts.settings import PARTITIONS, PYTHON, Setting
from tests.forecasts.watch import Watch

PATIENCE_S = 180.0
_NO_PROXY = {"no_proxy": "*", "NO_PROXY": "*"}


class Group:
    """Starts consumers of one setting in a group and a container of their own."""

    def __init__(self, setting: Setting, connections: Connections, watch: Watch) -> None:
        self.setting = setting
        self.connections = connections
        self._watch = watch
        self._supervisor = Supervisor()
        self._numbers = count()
        self._program = None if setting.sdk == PYTHON else javascript.install()
        self.alive: dict[int, Child] = {}

    def start(self, number: int) -> None:
        """Let so many enter."""
        for _ in range(number):
            child = self._start(f"{self.setting.name}-{next(self._numbers)}")
            self.alive[child.pid] = child

    def _start(self, name: str) -> Child:
        log = self._supervisor.folder / f"{name}.log"
        arguments = (f"--name={name}", *self._pace(), f"--log={log}")
        environment = self.connections.environment | _NO_PROXY

        if self._program is None:
            command = python("ehtui.sandbox.consumer", *arguments)
            return self._supervisor.start(name, command, environment)

        command = ["node", javascript.PROGRAM, *arguments]
        told = environment | {"DEBUG": "azure:event-hubs:info"}
        return self._supervisor.start(name, command, told, cwd=self._program)

    def _pace(self) -> Sequence[str]:
        setting = self.setting
        return (
            f"--interval={setting.interval_s}",
            f"--expiry={setting.expiry_s}",
            f"--strategy={setting.strategy}",
            "--checkpoint=5",
        )

    def killed(self, pid: int) -> None:
        """Somebody killed it."""
        self.alive.pop(pid, None)

    def await_settled(self) -> None:
        """Until everybody alive has its share, and has had it for a round.

        Raises:
            TimeoutError: It does not come to it.
        """
        self.wait(lambda: self._is_shared() and self._settled_s() > self.setting.longest_round_s)

    def wait(self, condition: Callable[[], bool], what: str = "the group settles") -> None:
        """Wait for it.

        Raises:
            TimeoutError: It does not come to it.
        """
        deadline = time.monotonic() + PATIENCE_S

        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.setting.name}: not within {PATIENCE_S:g} s: {what}")

            time.sleep(0.1)

    def _is_shared(self) -> bool:
        counts = Counter(claim.owner for claim in self._watch.claims().values())
        owners = len(self.alive)
        least, most = PARTITIONS // owners, -(-PARTITIONS // owners)
        held = counts.values()
        return len(counts) == owners and sum(held) == PARTITIONS and {*held} <= {least, most}

    def _settled_s(self) -> float:
        return time.time() - max(claim.at for claim in self._watch.claims().values())

    def stop(self) -> None:
        """End all that is left, at once."""
        for pid in self.alive:
            os.kill(pid, signal.SIGKILL)

        self._supervisor.stop(grace_s=0.0)


def of_its_own(connections: Connections, name: str) -> Connections:
    """The same servers, with a group and a container that nobody else uses."""
    return replace(connections, group=name, container=name)


def log_folder(path: str) -> Path:
    """Where its audit log goes, instead of the user's."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
