"""`make bench [NAME=…]`: a table for people, and as the last line one JSON object of figures.

Each bench is a module of this folder with `run() -> dict` of figures, among them a ratio against something that was
measured in the same run.
"""

import argparse
import importlib
import json

import structlog
from rich.console import Console
from rich.table import Table

BENCHES = ("booking", "import", "latency", "leases", "outbox", "sie")
MODULES = {"import": "importing"}
"""Where a bench's module can't have its name."""

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
parser = argparse.ArgumentParser(prog="python -m bench")
parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help=f"which: {', '.join(BENCHES)}; all by default")
figures: dict[str, float] = {}
for name in parser.parse_args().names or BENCHES:
    found: dict[str, float] = importlib.import_module(f"bench.{MODULES.get(name, name)}").run()
    table = Table("figure", "value", title=name, title_justify="left")
    for figure, value in found.items():
        table.add_row(figure, f"{value:,.3f}".rstrip("0").rstrip("."))
    Console().print(table)
    figures |= found
print(json.dumps(figures))
