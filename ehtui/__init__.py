"""ehtui: a terminal monitor for Azure Event Hubs consumers."""

__version__ = "0.1.0"
