"""`ehtui wait` tells what was not reached from what could not be seen."""

from __future__ import annotations

from tests.cli.conftest import Ehtui

NOBODY = "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;SharedAccessKey=YQ==;UseDevelopmentEmulator=true"


def test_a_hub_that_does_not_answer_is_not_a_group_that_is_not_owned(ehtui: Ehtui) -> None:
    said = ehtui("wait", "--timeout", "1ms", EVENTHUB_CONNECTION_STRING=NOBODY, EVENTHUB_NAME="h")

    assert said.code == 3
    assert "the hub has not been read" in said.err
