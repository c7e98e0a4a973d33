"""`ehtui wait` tells what was not reached from what could not be seen."""

from __future__ import annotations

from tests.cli.conftest import Ehtui

HUB = (
    "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;SharedAccessKey=YQ==;"
    "UseDevelopmentEmulator=true;EntityPath=h"
)
STORE = "AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a"


def test_a_hub_that_does_not_answer_is_not_a_group_that_is_not_owned(ehtui: Ehtui) -> None:
    said = ehtui(
        "wait",
        "--timeout",
        "1ms",
        EVENTHUB_CONNECTION_STRING=HUB,
        AZURE_STORAGE_CONNECTION_STRING=STORE,
        CHECKPOINT_CONTAINER="checkpoints",
    )

    assert said.code == 3
    assert "the hub has not been read yet" in said.err


def test_without_a_store_there_is_nothing_to_wait_for(ehtui: Ehtui) -> None:
    said = ehtui("wait", EVENTHUB_CONNECTION_STRING=HUB)

    assert said.code == 64
    assert "Without a checkpoint store" in said.err
