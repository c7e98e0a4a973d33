"""The README's example of pointing one's own consumer at the sandbox, as pasted."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from dotenv import dotenv_values

from tests.waiting import wait_until

README = Path(__file__).parents[2] / "README.md"
EHTUI = "from ehtui.cli import main; raise SystemExit(main())"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    path = tmp_path / "consumer.py"
    path.write_text(code)

    return path


@pytest.fixture
def env_file(tmp_path: Path) -> Iterator[Path]:
    """What `ehtui sandbox > .env &` leaves, while it serves."""
    path = tmp_path / ".env"

    with path.open("w") as file:
        sandbox = subprocess.Popen(
            [sys.executable, "-c", EHTUI, "sandbox", "--partitions", "4"],
            stdout=file,
            stderr=subprocess.DEVNULL,
        )

    try:
        wait_until(lambda: "CHECKPOINT_CONTAINER" in path.read_text(), what="it is ready")
        yield path
    finally:
        sandbox.terminate()
        sandbox.wait(10)


def test_the_example_consumes_what_is_sent(example: Path, env_file: Path) -> None:
    values = dotenv_values(env_file, interpolate=False)
    output = example.with_suffix(".out")

    with output.open("w") as file:
        consumer = subprocess.Popen(
            [sys.executable, "-u", str(example)], stdout=file, cwd=example.parent
        )

    try:
        with EventHubProducerClient.from_connection_string(
            values["EVENTHUB_CONNECTION_STRING"] or "", eventhub_name=values["EVENTHUB_NAME"]
        ) as producer:
            producer.send_batch([EventData("회의록 ✅")], partition_id="2")

        wait_until(
            lambda: "2 회의록 ✅\n" in output.read_text(), timeout_s=30, what="it prints the event"
        )
    finally:
        consumer.kill()
        consumer.wait(10)
