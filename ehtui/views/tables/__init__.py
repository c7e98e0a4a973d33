"""The panes of the first screen as tables."""

from ehtui.views.cells import RowMemo
from ehtui.views.tables.consumers import consumers_table
from ehtui.views.tables.findings import findings_table
from ehtui.views.tables.partitions import partitions_table
from ehtui.views.tables.timeline import timeline_table

__all__ = ["RowMemo", "consumers_table", "findings_table", "partitions_table", "timeline_table"]
