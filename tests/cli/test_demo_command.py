"""`ehtui demo`: what it watches, and what a pipe sees of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from ehtui.cli.demo import (
    SANDBOX_PACKAGES,
    SECOND_GROUP,
    demo_sandbox,
    require_sandbox,
)
from ehtui.cli.scenes import demo_settings
from ehtui.config.errors import ConfigError
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


def test_its_settings_know_the_sandbox() -> None:
    with demo_sandbox() as sandbox:
        settings = demo_settings(sandbox)
        consumers = sandbox.consumers

        assert settings.eventhub.connection_string is not None
        assert (
            settings.eventhub.connection_string.reveal()
            == (sandbox.environment["EVENTHUB_CONNECTION_STRING"])
        )
        assert settings.checkpoint_store.is_configured
        assert list(settings.consumers) == [consumer.name for consumer in consumers]
        assert [c.group for c in consumers] == ["$Default"] * 3 + [SECOND_GROUP]

        def matching() -> list[str]:
            command = " ".join(psutil.Process(consumers[0].pid).cmdline())
            named = settings.consumers.items()
            return [name for name, known in named if re.search(known.match or "", command)]

        wait_until(lambda: matching() == ["alpha"])  # it may not have become its program yet


@pytest.mark.timeout(120)
def test_without_a_terminal_it_reports_and_leaves_nothing() -> None:
    code = (
        "import ehtui.cli.demo as d; d.REPORT_AFTER_S = 12; import ehtui.cli as c; exit(c.main())"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", code, "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "http_proxy": "http://127.0.0.1:9"},  # which nobody should ask
    )
    said, complaints = demo.communicate()

    assert (demo.returncode, complaints) == (0, "")
    assert "meetings ▸ $Default" in said
    assert SECOND_GROUP in said
    assert "ehtui.sandbox.consumer --name gamma" in said
    assert "owner" in said.splitlines()[1]  # the store was read


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    require_sandbox()
    found = metadata.distribution

    def lacking(name: str) -> metadata.Distribution:
        if name == "cryptography":
            raise metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(metadata, "distribution", lacking)
    with pytest.raises(ConfigError, match=r"not installed: cryptography\.") as caught:
        require_sandbox()
    assert "pip install 'ehtui[sandbox]'" in str(caught.value.advice)


def test_the_extra_holds_what_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["sandbox"]
    assert [re.split("[<>=]", each)[0] for each in extra] == list(SANDBOX_PACKAGES)
    assert not any(each.startswith(SANDBOX_PACKAGES) for each in project["dependencies"])
