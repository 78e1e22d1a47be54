"""The importer's own metrics. No label holds anything of a company."""

from prometheus_client import Counter, Gauge, Histogram

CALLS_USED = Counter("bokbrygga_import_calls_total", "Calls to Fortnox whose answers completed imports used")
CALLS_PLANNED = Counter("bokbrygga_import_calls_planned_total", "The fewest calls that those imports needed")
UNDER_WAY = Gauge("bokbrygga_imports", "Imports that have not ended: queued, running or waiting", ["state"])
OLDEST = Gauge("bokbrygga_imports_oldest_seconds", "Age of the oldest of them, from its request on", ["state"])
STEP_SECONDS = Histogram(
    "bokbrygga_import_step_seconds",
    "Seconds that an import spent in a step, by step",
    ["step"],
    buckets=(0.1, 0.3, 1, 3, 6, 10, 15, 30, 60, 180, 600),
)
