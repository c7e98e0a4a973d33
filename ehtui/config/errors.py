"""What is wrong with the settings: one sentence and the next step."""

from __future__ import annotations

from ehtui.domain.text import safe


class ConfigError(Exception):
    """A setting that cannot be used. `summary` names its key and masks its value; both are safe."""

    def __init__(self, summary: str, advice: str = "") -> None:
        self.summary = safe(summary)
        self.advice = safe(advice)
        super().__init__(self.summary)


class SeveralHubsError(ConfigError):
    """Several hubs are configured, and nothing says which is meant."""
