"""A document, and a comparison of two, in words for a person, in Swedish or English."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from sie import encodings
from sie.checksum import ChecksumVerdict
from sie.comparing import ChangedAccount, ChangedVoucher, Comparison
from sie.document import Document
from sie.findings import Finding
from sie.findings import money as formatted
from sie.problems import Problem, Severity
from sie.records import Row
from sie.values import kronor

Language = Literal["sv", "en"]
Remark = Problem | Finding
SHOWN = 20
"""How many problems, findings or changes of a kind are listed."""
ROWS_SHOWN = 4
"""Of a changed voucher."""

_WORDS: dict[str, tuple[str, str]] = {
    "company": ("Företag", "Company"),
    "year": ("Räkenskapsår", "Financial year"),
    "unknown": ("okänt", "unknown"),
    "file": ("Fil", "File"),
    "type": ("SIE typ {kind}, {program}, {encoding}", "SIE type {kind}, {program}, {encoding}"),
    "accounts": ("Konton", "Accounts"),
    "vouchers": ("Verifikationer", "Vouchers"),
    "rows": ("{vouchers} med {rows} rader", "{vouchers} with {rows} rows"),
    "beside": (", därtill {struck} strukna och {added} tillagda", ", and {struck} struck and {added} added"),
    "turnover": ("Omslutning", "Turnover"),
    "debit-credit": ("debet {debit}, kredit {credit}", "debit {debit}, credit {credit}"),
    "checksum": ("Kontrollsumma", "Checksum"),
    "right": ("stämmer", "right"),
    "wrong": ("stämmer inte", "wrong"),
    "truncated": ("saknas i slutet: filen är ofullständig", "missing at the end: the file is cut off"),
    "unverified": ("kunde inte kontrolleras", "could not be verified"),
    "verdict": ("Kontroller", "Checks"),
    "sound": ("inga anmärkningar", "nothing to remark"),
    "errors": ("{count} fel", "{count} errors"), "1-errors": ("1 fel", "1 error"),
    "warnings": ("{count} varningar", "{count} warnings"), "1-warnings": ("1 varning", "1 warning"),
    "notes": ("{count} upplysningar", "{count} notes"), "1-notes": ("1 upplysning", "1 note"),
    "problems": ("Filen", "The file"),
    "findings": ("Bokföringen", "The books"),
    "line": ("rad {line}", "line {line}"),
    "more": ("… och {count} till", "… and {count} more"),
    "and-more": ("och {count} till", "and {count} more"),
    "error": ("fel", "error"),
    "warning": ("varning", "warning"),
    "note": ("upplysning", "note"),
    "alike": ("Filerna innehåller samma bokföring.", "The files hold the same books."),
    "other-company": ("Filerna gäller olika företag.", "The files are of different companies."),
    "other-year": ("Filerna gäller olika räkenskapsår.", "The files are of different financial years."),
    "rows-gone": ("borttagna", "gone"), "rows-new": ("nya", "new"),
    "new-vouchers": ("Nya verifikationer", "New vouchers"),
    "changed-vouchers": ("Ändrade verifikationer", "Changed vouchers"),
    "gone-vouchers": ("Verifikationer som har försvunnit", "Vouchers that are gone"),
    "new-accounts": ("Nya konton", "New accounts"),
    "changed-accounts": ("Ändrade konton", "Changed accounts"),
    "gone-accounts": ("Konton som har försvunnit", "Accounts that are gone"),
    "moved-balances": ("Ändrade saldon", "Balances that moved"),
    "date": ("datum", "date"), "text": ("text", "text"), "registered": ("registreringsdatum", "registration date"),
    "signature": ("signatur", "signature"), "struck": ("strukna rader", "struck rows"),
    "added": ("tillagda rader", "added rows"), "changed-rows": ("rader", "rows"), "name": ("namn", "name"),
    "account-type": ("kontotyp", "type"), "unit": ("enhet", "unit"), "sru": ("SRU-kod", "SRU code"),
}  # fmt: skip
_WHAT = {"rows": "changed-rows", "type": "account-type"}


class Words:
    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = 0 if language == "sv" else 1

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._at].format(**values)

    def money(self, amount: Decimal) -> str:
        return formatted(amount, self.language)

    def count(self, number: int) -> str:
        text = f"{number:,}"
        return text.replace(",", "\N{NO-BREAK SPACE}") if self.language == "sv" else text


def of_document(name: str, document: Document, findings: Sequence[Finding], words: Words) -> Iterator[str]:
    yield from _facts(name, document, words)
    both: list[Remark] = [*document.problems, *findings]
    yield _line(words("verdict"), _verdict(both, words))
    yield from _listed(words("problems"), document.problems, words)
    yield from _listed(words("findings"), findings, words)


def of_failure(name: str, problems: Sequence[Problem], words: Words) -> Iterator[str]:
    yield _line(words("file"), name)
    yield from _listed(words("problems"), problems, words)


def of_comparison(comparison: Comparison, words: Words) -> Iterator[str]:
    if not comparison.same_company:
        yield words("other-company")
    if not comparison.same_year:
        yield words("other-year")
    if not comparison:
        yield words("alike")
    yield from _group(words("new-vouchers"), [v.name for v in comparison.new_vouchers], words)
    yield from _group(words("changed-vouchers"), [_changed(c, words) for c in comparison.changed_vouchers], words)
    yield from _group(words("gone-vouchers"), [v.name for v in comparison.gone_vouchers], words)
    yield from _group(words("new-accounts"), [f"{a.number} {a.name}" for a in comparison.new_accounts], words)
    yield from _group(words("changed-accounts"), [_renamed(c, words) for c in comparison.changed_accounts], words)
    yield from _group(words("gone-accounts"), [f"{a.number} {a.name}" for a in comparison.gone_accounts], words)
    moved = [
        " ".join(
            (f"#{m.kind}", str(m.year), *([str(m.period)] if m.period else []), m.account,
             *(f"{dimension}:{number}" for dimension, number in m.objects),
             f"{words.money(m.old)} → {words.money(m.new)}")
        )
        for m in comparison.moved_balances
    ]  # fmt: skip
    yield from _group(words("moved-balances"), moved, words)


def _facts(name: str, document: Document, words: Words) -> Iterator[str]:
    header, year = document.header, document.years.get(0)
    company = f"{header.company_name} {header.organisation_number}".strip()
    program = f"{header.program} {header.program_version}".strip()
    kind = {True: "4I", False: "4E"}[document.is_import] if document.kind == 4 else document.kind
    encoding = encodings.KNOWN[document.encoding]
    yield _line(words("file"), f"{name} ({words('type', kind=kind, program=program, encoding=encoding)})")
    yield _line(words("company"), company)
    yield _line(words("year"), f"{year.start} – {year.end}" if year else words("unknown"))
    yield _line(words("accounts"), words.count(len(document.accounts)))
    if len(document.vouchers):
        yield _line(words("vouchers"), _vouchers(document, words))
        debit = sum(amount for amount in document.rows.amount if amount > 0)
        credit = debit - sum(document.rows.amount)
        money = words("debit-credit", debit=words.money(kronor(debit)), credit=words.money(kronor(credit)))
        yield _line(words("turnover"), f"{money} {document.currency}")
    if document.checksum is not ChecksumVerdict.ABSENT:
        yield _line(words("checksum"), words(document.checksum))


def _vouchers(document: Document, words: Words) -> str:
    counts = words.count(len(document.vouchers)), words.count(len(document.rows))
    text = words("rows", vouchers=counts[0], rows=counts[1])
    if len(document.struck) or len(document.added):
        text += words("beside", struck=words.count(len(document.struck)), added=words.count(len(document.added)))
    return text


def _verdict(remarks: Sequence[Remark], words: Words) -> str:
    if not remarks:
        return words("sound")
    counts = Counter(f"{remark.severity}s" for remark in remarks)
    plural = ((f"1-{kind}" if counts[kind] == 1 else kind) for kind in ("errors", "warnings", "notes") if counts[kind])
    return ", ".join(words(key, count=words.count(counts[key])) for key in plural)


def _listed(title: str, remarks: Sequence[Remark], words: Words) -> Iterator[str]:
    """The gravest first, each with its line; what is said many times is said once, with a count."""
    gravity = list(Severity)
    ordered = sorted(remarks, key=lambda remark: gravity.index(remark.severity))
    alike: dict[str, list[Remark]] = {}
    for remark in ordered:
        alike.setdefault(remark.swedish, []).append(remark)
    yield from _group(title, [_remark(same[0], len(same), words) for same in alike.values()], words)


def _remark(remark: Remark, times: int, words: Words) -> str:
    sentence = remark.swedish if words.language == "sv" else remark.english
    where = f", {words('line', line=remark.line)}" if remark.line else ""
    again = f" {words('and-more', count=words.count(times - 1))}" if times > 1 else ""
    return f"{words(remark.severity)}{where}{again}: {sentence}"


def _changed(change: ChangedVoucher, words: Words) -> str:
    """`A 1: datum (2025-01-05 → 2025-01-06), rader (borttagna: 1910 −137,00; nya: 1910 −138,00)`."""
    return f"{change.new.name}: " + ", ".join(_change(change, what, words) for what in change.what)


def _change(change: ChangedVoucher, what: str, words: Words) -> str:
    name = words(_WHAT.get(what, what))
    if what in {"struck", "added"}:
        return name
    if what != "rows":
        return f"{name} ({getattr(change.old, what) or '–'} → {getattr(change.new, what) or '–'})"
    both = (("rows-gone", change.rows_gone()), ("rows-new", change.rows_new()))
    shown = "; ".join(f"{words(key)}: {_rows(rows, words)}" for key, rows in both if rows)
    return f"{name} ({shown})"


def _rows(rows: Sequence[Row], words: Words) -> str:
    shown = [f"{row.account} {words.money(row.amount)}" for row in rows[:ROWS_SHOWN]]
    if len(rows) > ROWS_SHOWN:
        shown.append(words("more", count=words.count(len(rows) - ROWS_SHOWN)))
    return ", ".join(shown)


def _renamed(change: ChangedAccount, words: Words) -> str:
    what = ", ".join(words(_WHAT.get(what, what)) for what in change.what)
    names = f" ({change.old.name} → {change.new.name})" if "name" in change.what else ""
    return f"{change.new.number}: {what}{names}"


def _group(title: str, lines: Sequence[str], words: Words) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  {words('more', count=words.count(len(lines) - SHOWN))}"


def _line(label: str, value: str) -> str:
    return f"{label + ':':<16}{value}"
