"""ehtui: a terminal monitor for Azure Event Hubs consumers."""

__version__ = "0.2.0"
