"""A real process that runs a client in each of two groups: both owners are told, each judged."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.cli.compose import make_monitor
from ehtui.cli.scenes import demo_settings
from ehtui.config.settings import ConsumerSettings, Settings
from ehtui.domain.snapshot import ConsumerRole, ConsumerState
from ehtui.sandbox.options import DEFAULT_GROUP, Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.sandbox.test_sandbox import Store
from tests.waiting import wait_until

AUDIT = "audit"
QUICK = Pace(interval_s=0.5, expiry_s=4.0)


@contextmanager
def two_clients(sandbox: Sandbox, log: Path) -> Iterator[int]:
    """A process with a client in either group; yields its pid."""
    command = [sys.executable, "-m", "tests.scenes.two_clients", str(log), DEFAULT_GROUP, AUDIT]
    process = subprocess.Popen(command, env={**os.environ, **sandbox.environment})

    try:
        yield process.pid
    finally:
        process.kill()
        process.wait(10)


def settings_of(sandbox: Sandbox, log: Path) -> Settings:
    settings = demo_settings(sandbox)
    double = ConsumerSettings(match=re.escape(str(log)), log=str(log))

    return replace(settings, consumers={**settings.consumers, "double": double})


@pytest.mark.timeout(180)
def test_both_owners_of_one_process_are_known_and_judged_in_their_groups(tmp_path: Path) -> None:
    options = ServerOptions(partitions=2, groups=(DEFAULT_GROUP, AUDIT))
    log = tmp_path / "double.log"

    with (
        Sandbox(options, consumers=0, pace=QUICK, traffic=0) as sandbox,
        two_clients(sandbox, log) as pid,
    ):
        monitor = make_monitor(settings_of(sandbox, log))
        monitor.start()

        def double() -> ConsumerState | None:
            seen = monitor.snapshot.consumers
            return next((c for c in seen if c.process.id.pid == pid), None)

        def holds(*groups: str) -> bool:
            consumer = double()
            wanted = {(group, partition) for group in groups for partition in "01"}
            return consumer is not None and set(consumer.owns) == wanted

        try:
            wait_until(lambda: holds(DEFAULT_GROUP, AUDIT), timeout_s=40, what="it holds all")
            first = double()
            _let_others_take(sandbox, AUDIT, pid)
            wait_until(lambda: holds(DEFAULT_GROUP), timeout_s=40, what="it holds one group only")
            wait_until(
                lambda: (c := double()) is not None and c.idle == ((AUDIT, ConsumerRole.STANDBY),),
                timeout_s=20,
                what="it stands by in the other group",
            )
            second = double()
        finally:
            monitor.stop()

    named = set(re.findall(r"EventProcessor '([0-9a-f-]{36})' is being started", log.read_text()))

    for consumer in (first, second):
        assert consumer is not None
        assert set(consumer.owners) == named
        assert consumer.role is ConsumerRole.OWNER
        assert {link.group for link in consumer.links} == {DEFAULT_GROUP, AUDIT}


def _let_others_take(sandbox: Sandbox, group: str, pid: int) -> None:
    """While the process is stopped its leases lapse; in `group` somebody else is there."""
    store = Store(sandbox)
    before = set(store.owners(group).values())
    sandbox.start_consumer(group)
    sandbox.start_consumer(group)
    os.kill(pid, signal.SIGSTOP)

    try:
        wait_until(
            lambda: len(set(store.owners(group).values()) - before) == 2,
            timeout_s=40,
            what="two others hold it",
        )
    finally:
        os.kill(pid, signal.SIGCONT)
        store.close()
