"""The popup's pages: they read well by themselves, load nothing from elsewhere, and tell the opener what happened."""

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import quote

PAGE = Template(files("connector").joinpath("page.html").read_text(encoding="utf-8"))
STYLE = files("connector").joinpath("page.css").read_text(encoding="utf-8")
SCRIPT = files("connector").joinpath("page.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Action:
    """A button that sends a form to one of our own addresses; a page's first is what most people want."""

    label: str
    address: str
    explained: str = ""

    def html(self) -> str:
        explained = _paragraphs(self.explained)
        return (
            f'<form method="post" action="{escape(self.address)}">{explained}'
            f"<button>{escape(self.label)}</button></form>"
        )


@dataclass(frozen=True)
class Page:
    """What a page says. `message` is told to the opener, if it is on that very origin."""

    title: str
    text: str
    next_step: str = ""
    code: str = ""
    reference: str = ""
    """Of a fault of ours, for the support."""
    details: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    link: str = ""
    """An address to be copied and sent to somebody else."""
    message: dict[str, Any] | None = None
    origin: str = ""
    goes_on_from: str = ""
    """The first action is taken at once when a page of this origin has opened this one."""

    def html(self) -> str:
        return PAGE.substitute(
            title=escape(self.title),
            text=_paragraphs(self.text),
            next_step=_paragraphs(self.next_step),
            details=_details(self.details),
            notes=_notes(self.notes),
            actions="".join(action.html() for action in self.actions),
            link=_link(self.link),
            code=_code(self.code, self.reference),
            sign="problem" if self.code else "calm",
            message=escape(json.dumps(self.message)) if self.message else "",
            origin=escape(self.origin),
            goes_on_from=escape(self.goes_on_from),
            style=STYLE,
            script=SCRIPT,
        )


def headers(form_targets: Collection[str] = ()) -> dict[str, str]:
    """Of every page. Forms may only be sent to us and, through our redirect, to `form_targets`."""
    targets = " ".join(["'self'", *form_targets])
    return {
        "content-security-policy": (
            f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; "
            f"form-action {targets}; frame-ancestors 'none'"
        ),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())


def _details(details: tuple[tuple[str, str], ...]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in details)
    return f"<dl>{rows}</dl>" if rows else ""


def _notes(notes: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<ul class=notes>{items}</ul>" if items else ""


def _code(code: str, reference: str) -> str:
    told = f"Felkod: {code}" + (f". Referens: {reference}" if reference else "")
    return f"<p class=code>{escape(told)}</p>" if code else ""


def _link(link: str) -> str:
    """Without script it can be marked and copied by hand."""
    if not link:
        return ""
    mail = f"mailto:?subject={quote('Anslut till Fortnox')}&body={quote(link)}"
    return (
        f'<label for="link">Länk att skicka</label><textarea id="link" rows="2" readonly>{escape(link)}</textarea>'
        '<p><button type="button" id="copy" hidden>Kopiera länken</button> '
        f'<a href="{escape(mail)}">Skicka med e-post</a> <span role="status" id="copied"></span></p>'
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
