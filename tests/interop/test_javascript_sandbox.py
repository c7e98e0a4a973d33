"""The sandbox's own consumer on the JavaScript SDK."""

from __future__ import annotations

import os
import signal

import pytest

from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.waiting import wait_until

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
QUICK = Pace(interval_s=0.5, expiry_s=4.0, work_s=0.0, checkpoint_s=0.2)


def test_it_ends_when_it_is_asked_to_while_its_sandbox_goes_on() -> None:
    with Sandbox(ServerOptions(partitions=2), consumers=0, pace=QUICK, traffic=0) as sandbox:
        consumer = sandbox.start_javascript("kappa")
        log = consumer.log_path
        wait_until(
            lambda: "Successfully claimed ownership" in log.read_text(errors="replace"),
            timeout_s=60,
            what="it has claimed a partition",
        )
        os.kill(consumer.pid, signal.SIGTERM)

        wait_until(lambda: not sandbox.is_running(consumer), timeout_s=20, what="it has ended")
