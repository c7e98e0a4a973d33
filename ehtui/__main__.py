"""`python -m ehtui`."""

import sys

from ehtui.cli import main

sys.exit(main())
