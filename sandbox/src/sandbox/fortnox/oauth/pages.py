"""The small pages that a person meets at Fortnox, in Swedish."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sandbox.fortnox.company import Company
from sandbox.fortnox.oauth.outcomes import LABELS

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; background: #f3f5f2; color: #1d2b22; margin: 0 }
main { max-width: 30rem; margin: 8vh auto; background: #fff; padding: 2rem; border-radius: 12px;
       box-shadow: 0 2px 12px #0002 }
h1 { font-size: 1.3rem; margin-top: 0 }
select, button { font: inherit; padding: .5rem .8rem; border-radius: 6px; border: 1px solid #9aa89e }
select { width: 100% } label { display: block; margin: 1rem 0 .3rem }
button { cursor: pointer; background: #fff } button.approve { background: #12633b; border-color: #12633b; color: #fff }
fieldset { border: 1px dashed #9aa89e; border-radius: 6px; margin: 1.5rem 0 }
footer { color: #66756b; font-size: .85rem; margin-top: 1.5rem }
"""

SCOPE_NAMES = {
    "bookkeeping": "Bokföring",
    "invoice": "Kundfakturor",
    "supplierinvoice": "Leverantörsfakturor",
    "payment": "Betalningar",
    "customer": "Kunder",
    "supplier": "Leverantörer",
    "companyinformation": "Företagsinformation",
    "settings": "Inställningar",
    "costcenter": "Kostnadsställen",
    "project": "Projekt",
    "profile": "Användarprofil",
}


def consent(asked: Mapping[str, str], application: str, companies: list[Company]) -> str:
    """Choose company, approve or decline; a test's wishes stand apart in a dashed box."""
    scopes = "".join(f"<li>{escape(SCOPE_NAMES.get(scope, scope))}</li>" for scope in asked["scope"].split())
    options = "".join(
        f'<option value="{c.tenant}">{escape(c.profile.name)} ({escape(c.profile.organisation_number)})</option>'
        for c in companies
    )
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    outcomes = "".join(f'<option value="{name}">{escape(label)}</option>' for name, label in LABELS.items())
    account = "ett servicekonto" if asked.get("account_type") == "service" else "ditt användarkonto"
    return _page(
        "Koppla integration",
        f"""<h1>{escape(application)} vill ansluta till Fortnox</h1>
<p>Integrationen ansluts med {account} och får tillgång till:</p><ul>{scopes}</ul>
<form method="post" action="/oauth-v1/auth">{hidden}
<label for="tenant">Företag</label><select id="tenant" name="tenant">{options}</select>
<fieldset><legend>Simulatorn: prova ett fel</legend>
<select name="outcome" aria-label="Fel att prova">{outcomes}</select></fieldset>
<button class="approve" name="decision" value="approve">Godkänn</button>
<button name="decision" value="deny">Avböj</button></form>""",
    )


def problem(text: str) -> str:
    """What Fortnox shows when it can't even ask: it doesn't redirect then (fact 1.7)."""
    return _page("Något gick fel", f"<h1>Något gick fel</h1><p>{escape(text)}</p>")


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main>{content}<footer>Det här är en simulator, inte Fortnox.</footer></main></body></html>"
    )
