"""The sample `config.yaml`, as it stands and uncommented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import pytest
import yaml
from msgspec.structs import replace

from ehtui.config import settings as tree
from ehtui.config.found import Flags, Resolved
from ehtui.config.resolve import resolve
from ehtui.config.settings import TOP_LEVEL, Settings

SAMPLE = Path(__file__).parents[2] / "config.yaml"
# A key stands right behind the '#' or two spaces behind it, a remark one space.
KEY = re.compile(r"^#(?=\S|  )", re.MULTILINE)


def uncommented() -> str:
    return KEY.sub("", SAMPLE.read_text(encoding="utf-8"))


def settings_of(text: str, folder: Path, **values: str) -> Resolved:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    flagged = {f"eventhub.{name}": value for name, value in values.items()}
    flags = Flags(values=flagged, names=dict.fromkeys(flagged, "--hub"))

    return resolve(flags, environment={}, folder=folder, look_into=_nobody)


def _nobody(pid: int) -> NoReturn:
    raise AssertionError(pid)


def test_as_it_stands_it_says_nothing(tmp_path: Path) -> None:
    resolved = settings_of(SAMPLE.read_text(encoding="utf-8"), tmp_path)

    assert resolved.settings == Settings()


def test_uncommented_it_says_the_defaults(tmp_path: Path) -> None:
    settings = settings_of(uncommented(), tmp_path, name="payments").settings
    default = Settings()

    # Profiles are examples, too: this is what one of its hubs has.
    assert (settings.profile, settings.colour, settings.eventhub.name) == (
        "prod",
        "red",
        "payments",
    )
    eventhub = replace(settings.eventhub, name=None)
    settings = replace(settings, profile=None, colour=None, eventhub=eventhub)

    # Named consumers and groups are examples; everything else is as if nothing were said.
    assert set(settings.consumers) == {"rag"}
    assert set(settings.lease.groups) == {"analytics"}
    assert replace(settings, consumers={}, lease=replace(settings.lease, groups={})) == default


@pytest.mark.parametrize(
    ("path", "section"),
    [
        (("profiles", "prod"), tree.ProfileSettings),
        (("profiles", "prod", "hubs", 1), tree.HubEntry),
        (("eventhub",), tree.EventHubSettings),
        (("checkpoint_store",), tree.CheckpointStoreSettings),
        (("lease",), tree.LeaseSettings),
        (("lease", "groups", "analytics"), tree.LeaseTimes),
        (("consumers", "rag"), tree.ConsumerSettings),
        (("test_events", "MINUTES_FINALIZED"), tree.TestEventSettings),
        (("poll",), tree.PollSettings),
        (("ui",), tree.UiSettings),
    ],
)
def test_every_key_is_there(path: tuple[str | int, ...], section: type[tree.Section]) -> None:
    document = yaml.safe_load(uncommented())

    for name in path:
        document = document[name]

    assert set(document) == set(section.__struct_fields__)


def test_every_section_is_there() -> None:
    assert set(yaml.safe_load(uncommented())) == set(TOP_LEVEL)
