"""Other people's clients and servers."""

import os

# Set by `make interop`: what takes minutes is run too, and what cannot run is told, not failed.
WHOLE = "EHTUI_INTEROP"
is_whole = bool(os.environ.get(WHOLE))
