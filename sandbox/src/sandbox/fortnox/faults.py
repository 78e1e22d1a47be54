"""Planned faults: which calls they meet, how often, and what they do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

KINDS = re.compile(r"status-\d{3}(-before|-after)?|(timeout|reset|slow|html|truncate)(-before|-after)?|truncate-json")


@dataclass(slots=True)
class Fault:
    """One plan: `match` is "METHOD path" with * as wildcard; `skip` matching calls go free, then `times` meet it.

    `kind` is one of
    - `status-NNN[-before|-after]`: that status; "after" means that the call was carried out before its answer was lost
    - `timeout-…`: no answer for `seconds` (or until the caller gives up), `reset-…`: the connection is reset
    - `slow`: the answer comes `seconds` late (the call is carried out at its end; with `-after` at its beginning)
    - `html-…`: an outage page with `status` (default 503)
    - `truncate`: the body breaks off and the connection closes; `truncate-json`: a complete answer with half a body
    """

    id: int
    match: str
    kind: str
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 503
    tenant: int | None = None
    met: int = 0

    def __post_init__(self) -> None:
        if not KINDS.fullmatch(self.kind):
            raise ValueError(f"unknown kind of fault: {self.kind}")

    @property
    def after(self) -> bool:
        """Whether the call is carried out although its answer is lost."""
        return self.kind.endswith("-after")

    @property
    def base(self) -> str:
        return self.kind.removesuffix("-after").removesuffix("-before")

    def meets(self, call: str, tenant: int | None) -> bool:
        return fnmatchcase(call, self.match) and self.tenant in {None, tenant}


class Faults:
    """All plans, in the order in which they were made; the first that applies is taken."""

    def __init__(self) -> None:
        self.plans: list[Fault] = []
        self._made = 0

    def plan(self, **arguments: object) -> Fault:
        self._made += 1
        fault = Fault(id=self._made, **arguments)  # type: ignore[arg-type]  # checked by the control API's model
        self.plans.append(fault)
        return fault

    def take(self, method: str, path: str, tenant: int | None) -> Fault | None:
        """The fault that this call meets, if any; it is used up by that."""
        call = f"{method} {path}"
        for fault in self.plans:
            if fault.times and fault.meets(call, tenant):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                fault.met += 1
                return fault
        return None

    def clear(self) -> None:
        self.plans.clear()
