from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[BlockBuster]:
    """A call of ehtui that blocks the loop fails the test."""
    with blockbuster_ctx("ehtui") as detector:
        yield detector
