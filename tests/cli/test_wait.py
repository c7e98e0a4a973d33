"""`ehtui wait` tells what was not reached from what could not be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from ehtui.cli import acting
from ehtui.cli.flags import ExitCode
from tests.cli.conftest import Ehtui
from tests.views import world

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


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ((), ExitCode.OK),
        (("--fail-on", "critical"), ExitCode.OK),
        (("--fail-on", "warning"), ExitCode.WARNING),
    ],
)
@pytest.mark.parametrize("output", [(), ("--json",)])
def test_what_was_reached_may_still_have_a_finding(
    ehtui: Ehtui,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    output: tuple[str, ...],
    code: ExitCode,
) -> None:
    held = world.partition("0", world.lease(), 20, 20)
    snapshot = world.snapshot(hub=world.hub("0"), groups=(world.group_state(held),))

    @contextmanager
    def looking(_: object) -> Iterator[object]:
        yield SimpleNamespace(snapshot=snapshot)

    monkeypatch.setattr(acting, "looking", looking)
    said = ehtui(
        *("wait", "--until", "drained", *flags, *output),
        EVENTHUB_CONNECTION_STRING=HUB,
        AZURE_STORAGE_CONNECTION_STRING=STORE,
        CHECKPOINT_CONTAINER="checkpoints",
    )

    assert said.code == code
    assert ("warning: P2: owner 51ab7c10" in said.err) is (code is ExitCode.WARNING)
    assert json.loads(said.out)["met"] if output else "is drained" in said.out
