"""The sandbox's server, which remembers little on purpose: whatever still grows in it is a leak."""

from __future__ import annotations

from ehtui.sandbox import server
from ehtui.sandbox.eventhubs import deliveries

deliveries.MOST_READINGS = 100  # of the 20,000 that tell what was delivered

if __name__ == "__main__":
    server.main()
