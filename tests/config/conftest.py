"""A folder, an environment and flags to resolve settings from."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags, Resolved
from ehtui.config.process_settings import ProcessFindings
from ehtui.config.resolve import resolve

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
OTHER = f"Endpoint=sb://other.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
STORE = f"AccountName=hgzero;AccountKey={KEY}"


class Setup:
    """A folder with files, an environment and flags; `resolve()` reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"HOME": str(folder / "home")}
        self.findings = ProcessFindings({}, ())

    def write(self, name: str, text: str) -> Setup:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

        return self

    def env(self, **variables: str) -> Setup:
        self.environment |= variables

        return self

    def resolve(
        self,
        config: str | None = None,
        env_file: str | None = None,
        pid: int | None = None,
        **values: str,
    ) -> Resolved:
        flagged = {key.replace("__", "."): value for key, value in values.items()}
        flags = Flags(config, env_file, pid, flagged, {key: f"--{key}" for key in flagged})

        return resolve(
            flags,
            environment=self.environment,
            folder=self.folder,
            look_into=lambda _: self.findings,
        )

    def fails(self, config: str | None = None, **values: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            self.resolve(config, None, None, **values)

        assert KEY not in caught.value.summary + caught.value.advice

        return caught.value


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)
