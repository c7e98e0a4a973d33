"""What is wrong with the settings: one sentence and the next step."""

from __future__ import annotations


class ConfigError(Exception):
    """A setting that cannot be used. `summary` names its key and masks its value."""

    def __init__(self, summary: str, advice: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.advice = advice
