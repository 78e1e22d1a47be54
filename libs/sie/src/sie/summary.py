"""A document in words for a person: what it holds, and what is wrong with it and its books."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sie import encodings
from sie.checksum import ChecksumVerdict
from sie.document import Document
from sie.findings import CATALOGUE as FINDINGS
from sie.findings import Finding, Findings
from sie.ledger import Ledger
from sie.problems import CATALOGUE as PROBLEMS
from sie.problems import Problem, Severity
from sie.values import kronor
from sie.words import Words, group, line

Remark = Problem | Finding
_GRAVITY = list(Severity)


def of_document(name: str, document: Document, findings: Findings, words: Words) -> Iterator[str]:
    yield from _facts(name, document, words)
    counts: Counter[Severity] = Counter()
    for catalogue, found in ((PROBLEMS, document.problem_counts), (FINDINGS, findings.counts)):
        for code, count in found.items():
            counts[catalogue[code][0]] += count
    yield line(words("verdict"), _verdict(counts, words))
    yield from _listed(words("problems"), document.problems, document.problem_counts, words)
    yield from _listed(words("findings"), findings, findings.counts, words)


def of_failure(name: str, problems: Sequence[Problem], words: Words) -> Iterator[str]:
    yield line(words("file"), name)
    yield from _listed(words("problems"), problems, Counter(problem.code for problem in problems), words)


def _facts(name: str, document: Document, words: Words) -> Iterator[str]:
    header, year = document.header, document.years.get(0)
    company = f"{header.company_name} {header.organisation_number}".strip()
    program = f"{header.program} {header.program_version}".strip()
    kind = {True: "4I", False: "4E"}[document.is_import] if document.kind == 4 else document.kind
    encoding = encodings.KNOWN[document.encoding]
    yield line(words("file"), f"{name} ({words('type', kind=kind, program=program, encoding=encoding)})")
    yield line(words("company"), company)
    yield line(words("year"), f"{year.start} – {year.end}" if year else words("unknown"))
    yield line(words("accounts"), words.count(len(document.accounts)))
    if len(document.vouchers):
        yield line(words("vouchers"), _vouchers(document, words))
        debit = sum(amount for amount in document.rows.amount if amount > 0)
        credit = debit - sum(document.rows.amount)
        money = words("debit-credit", debit=words.money(kronor(debit)), credit=words.money(kronor(credit)))
        yield line(words("turnover"), f"{money} {document.currency}")
    yield from _balance(document, words)
    if document.checksum is not ChecksumVerdict.ABSENT:
        yield line(words("checksum"), words(document.checksum))


def _balance(document: Document, words: Words) -> Iterator[str]:
    """As stated at the year's end: a profit is positive, although its accounts are in credit."""
    ledger = Ledger(document)
    closed, results = ledger.balances("UB"), ledger.balances("RES")
    if not closed and not results:
        return
    assets = equity = 0
    for account, stated in closed.items():
        if _is_asset(account, document):
            assets += stated.amount
        else:
            equity += stated.amount
    result = -sum(stated.amount for stated in results.values())
    shown = words("assets-equity", assets=words.money(kronor(assets)), equity=words.money(kronor(equity)))
    yield line(words("balance"), f"{shown} {document.currency}")
    yield line(words("result"), f"{words.money(kronor(result))} {document.currency}")


def _is_asset(account: str, document: Document) -> bool:
    """By #KTYP, else by BAS, whose class 1 they are."""
    known = document.accounts.get(account)
    return known.type == "T" if known and known.type else account.startswith("1")


def _vouchers(document: Document, words: Words) -> str:
    counts = words.count(len(document.vouchers)), words.count(len(document.rows))
    text = words("rows", vouchers=counts[0], rows=counts[1])
    if len(document.struck) or len(document.added):
        text += words("beside", struck=words.count(len(document.struck)), added=words.count(len(document.added)))
    return text


def _verdict(counts: Counter[Severity], words: Words) -> str:
    found = [(f"{severity}s", counts[severity]) for severity in Severity if counts[severity]]
    shown = (words(f"1-{kind}" if count == 1 else kind, count=words.count(count)) for kind, count in found)
    return ", ".join(shown) or words("sound")


def _listed(title: str, remarks: Sequence[Remark], counts: Mapping[str, int], words: Words) -> Iterator[str]:
    """The gravest first, each with its line; what is said many times is said once, with how often there is such."""
    alike: defaultdict[tuple[str, str], list[Remark]] = defaultdict(list)
    for remark in sorted(remarks, key=lambda remark: _GRAVITY.index(remark.severity)):
        alike[remark.code, remark.swedish].append(remark)
    kept = Counter(remark.code for remark in remarks)
    latest = {code: same for (code, _), same in alike.items()}
    lines = []
    for (code, _), same in alike.items():
        unkept = counts[code] - kept[code] if same is latest[code] else 0
        lines.append(_remark(same[0], len(same) + unkept, words))
    yield from group(title, lines, words)


def _remark(remark: Remark, times: int, words: Words) -> str:
    sentence = remark.swedish if words.language == "sv" else remark.english
    where = f", {words('line', line=remark.line)}" if remark.line else ""
    again = f" {words('and-more', count=words.count(times - 1))}" if times > 1 else ""
    return f"{words(remark.severity)}{where}{again}: {sentence}"
