"""A Blob service over loopback HTTP with what checkpoint stores use, held to Azurite by tests."""

from __future__ import annotations

from ehtui.sandbox.blobs.endpoint import BlobEndpoint, Faults, Statistics
from ehtui.sandbox.blobs.state import BlobAccount

__all__ = ["BlobAccount", "BlobEndpoint", "Faults", "Statistics"]
