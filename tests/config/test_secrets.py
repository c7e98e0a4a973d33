"""What holds secrets on its way to the settings does not print them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ehtui.actions.launch import Launch
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.own_files import DotenvFile
from ehtui.config.process_places import Place, ProcessFacts, ProcessFiles
from ehtui.config.process_sight import ProcessSight
from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.config.yaml_file import YamlFile

SECRET = "hunter2"
HERE = Path("x")
VARIABLES = {"KEY": SECRET}


@pytest.mark.parametrize(
    "holder",
    [
        Secret(SECRET),
        EventHubSettings(connection_string=Secret(SECRET)),
        Value(SECRET, Origin(Layer.DOTENV, "KEY", ".env")),
        Place(".env", VARIABLES),
        ProcessFacts(1, "c.py", None, (Place(".env", VARIABLES),)),
        ProcessFiles(ProcessSight(os.getpid()), ["c.py", SECRET]),
        DotenvFile(HERE, ".env", VARIABLES),
        YamlFile(HERE, "x.yaml", {"eventhub": VARIABLES}, {}, {}),
        Launch(("c.py", SECRET), None, VARIABLES, HERE),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_holder_of_secrets_prints_none(holder: object) -> None:
    assert SECRET not in f"{holder!r} {holder}"
