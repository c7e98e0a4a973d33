"""The names of ehtui's sections, without the cost of validating them."""

from __future__ import annotations

SECTIONS = (
    "eventhub",
    "checkpoint_store",
    "lease",
    "consumers",
    "test_events",
    "poll",
    "ui",
)
TOP_LEVEL = (*SECTIONS, "read_only", "env_file")
