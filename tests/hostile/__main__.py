"""A fuzz run on a live port, as long as wanted: `python -m tests.hostile --minutes 10`.

Tells once a minute how large the server is. Ends with 1 where it died, wrote a traceback, no longer
serves the SDK, or has grown: EHTUI_FUZZ_SEED has the same run again.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.hostile.fuzzing import tell
from tests.hostile.live import fuzz, serving
from tests.hostile.measuring import MEGABYTE

MOST_GROWN_BYTES = (
    8 * MEGABYTE
)  # pools and arenas; a leak of 20 bytes a frame is more in ten minutes
TOLD_EVERY_S = 60.0


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    began = told_at = time.monotonic()

    def tell_size(rounds: int, resident_bytes: int) -> None:
        nonlocal told_at

        if (now := time.monotonic()) - told_at >= TOLD_EVERY_S:
            told_at = now
            tell(f"{now - began:.0f} s: {rounds} conversations, {resident_bytes / 2**20:.1f} MB")
            sys.stdout.flush()

    with serving() as server:
        fuzzed = fuzz(server, parser.parse_args().minutes * 60, tell=tell_size)

    tell(fuzzed.faults) if fuzzed.faults else None
    is_right = fuzzed.is_alive and "Traceback" not in fuzzed.faults
    is_flat = fuzzed.grown_bytes < MOST_GROWN_BYTES
    tell(f"{fuzzed}{'' if is_flat else ', which is not flat'}{'' if is_right else ', and a fault'}")
    return 0 if is_right and is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
