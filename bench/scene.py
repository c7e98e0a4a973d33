"""The same pictures on ehtui's screen and on Textual's DataTable, fed by orders (see `played`).

`python -m bench.scene ehtui|datatable PARTITIONS DESCRIPTOR`.
"""

from __future__ import annotations

import sys

from bench.played import GROUP, Played
from bench.window import Window
from ehtui import lazy
from ehtui.cli.backend import MonitorBackend
from ehtui.cli.compose import make_executor
from ehtui.cli.reading import carried_reader
from ehtui.cli.works import Works
from ehtui.config.settings import Settings
from ehtui.tui import SWITCH_S, run
from ehtui.tui.options import UiOptions

# What ehtui sets for itself is set for its rival too.
QUICK = {"TEXTUAL_FPS": "250", "TEXTUAL_ANIMATIONS": "none"}
SHOWN = rb"870,020"  # the newest sequence number of the first picture


def open_scene(which: str, rows: int) -> Window:
    """A window with "ehtui" or "datatable"; tell it how many rows change, and leases renew."""
    return Window([sys.executable, "-m", "bench.scene", which, str(rows)], QUICK, has_pipe=True)


def main() -> None:
    """Play until the window is closed."""
    which, partitions, descriptor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    played = Played(partitions)
    played.monitor.start()
    lazy.settle_garbage()  # as ehtui does, for both
    sys.setswitchinterval(SWITCH_S)
    played.follow(descriptor)

    if which == "datatable":
        from bench.datatable import DataTableApp  # noqa: PLC0415 - ehtui starts without it

        DataTableApp(played.monitor, GROUP).run()
    else:
        reader = carried_reader(Settings(), played.monitor)
        works = Works(played.monitor, make_executor(Settings()), [], reader)
        backend = MonitorBackend(lambda: works, Settings(), played.monitor.snapshot)
        run(backend, UiOptions(group=GROUP))


if __name__ == "__main__":
    main()
