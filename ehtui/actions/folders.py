"""Where ehtui keeps what outlives it: the audit log and the output of consumers it started."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """`$XDG_STATE_HOME/ehtui`, by default under `~/.local/state`."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"

    return Path(state) / "ehtui"


def default_audit_path() -> Path:
    """The audit log of this user."""
    return state_folder() / "audit.jsonl"


def default_log_folder() -> Path:
    """Output of the consumers that this user started."""
    return state_folder() / "logs"


def default_records_folder() -> Path:
    """Records of restarts that have not come to their end."""
    return state_folder() / "restarts"
