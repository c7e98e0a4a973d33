"""Real scenes, recorded: what the sources said while real consumers played on the sandbox.

Screenshots are made from these, so that every figure in them was true at one moment. They are
played again by `python -m tests.recordings`.
"""

from tests.recordings.recording import Recording, load

__all__ = ["Recording", "load"]
