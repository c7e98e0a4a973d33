"""Polls, folds and publishes, on a thread and loop of its own."""

from ehtui.monitor.monitor import Monitor
from ehtui.monitor.poller import Scheduled
from ehtui.monitor.waiting import wait_for_first, watch

__all__ = ["Monitor", "Scheduled", "wait_for_first", "watch"]
