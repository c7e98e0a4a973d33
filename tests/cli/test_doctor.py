"""`ehtui doctor` without a hub: what is wrong is told in order, and the exit code says so."""

from __future__ import annotations

import json

from ehtui.cli.flags import ExitCode
from tests.cli.conftest import HUB, SECRET, Ehtui


def test_no_configuration_is_a_failed_check_with_a_next_step(ehtui: Ehtui) -> None:
    said = ehtui("doctor")

    assert said.code == ExitCode.UNREADABLE
    assert "failed   hub.configuration" in said.out
    assert said.out.rstrip().endswith("1 check failed: hub.configuration.")


def test_a_key_that_cannot_be_read_is_named(ehtui: Ehtui) -> None:
    said = ehtui("doctor", EVENTHUB_CONNECTION_STRING=f"Endpoint=x;SharedAccessKey={SECRET}")

    assert said.code == ExitCode.UNREADABLE
    assert "failed   configuration" in said.out
    assert "EVENTHUB_CONNECTION_STRING" in said.out


def test_for_programs(ehtui: Ehtui) -> None:
    gone = HUB.replace("hgzero.servicebus.windows.net", "nobody.invalid")
    said = ehtui("doctor", "--json", EVENTHUB_CONNECTION_STRING=gone, EVENTHUB_NAME="hub")
    document = json.loads(said.out)

    assert document["schema"] == "ehtui.doctor/1"
    assert not document["healthy"]
    failed = [check["id"] for check in document["checks"] if check["verdict"] == "failed"]
    assert failed == ["hub.name"]
