"""The page that the popup ends on: reads well by itself, and tells its opener what happened."""

import base64
import hashlib
import json
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

PAGE = Template(files("connector").joinpath("page.html").read_text(encoding="utf-8"))
STYLE = files("connector").joinpath("page.css").read_text(encoding="utf-8")
SCRIPT = files("connector").joinpath("page.js").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class Page:
    """What a page says. `message` is told to the opener, if it is on that very origin."""

    title: str
    text: str
    next_step: str
    code: str = ""
    notes: tuple[str, ...] = ()
    message: dict[str, Any] | None = None
    origin: str = ""

    def html(self) -> str:
        return PAGE.substitute(
            title=escape(self.title),
            text=escape(self.text),
            next_step=escape(self.next_step),
            notes="".join(f"<p class=note>{escape(note)}</p>" for note in self.notes),
            code=f"<p class=code>Felkod: {escape(self.code)}</p>" if self.code else "",
            sign="problem" if self.code else "done",
            message=escape(json.dumps(self.message)) if self.message else "",
            origin=escape(self.origin),
            style=STYLE,
            script=SCRIPT,
        )
