"""The person in the story: clicks through the popup, and writes closing vouchers."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import httpx

from sandbox.fortnox.control import Simulator
from sandbox.product.commands import ClosingRow, ClosingVoucher

PAIRS = (
    ("Avskrivning inventarier", (7832, 7830, 7810), (1229, 1220, 1219), Decimal("12500.00")),
    ("Upplupna räntekostnader", (8410, 8400, 8422), (2960, 2990, 2890), Decimal("843.75")),
    ("Förutbetald lokalhyra", (1710, 1790, 1700), (5010, 5000, 5011), Decimal("18000.00")),
    ("Avsättning till periodiseringsfond", (8811, 8819, 8810), (2129, 2120, 2110), Decimal("25000.00")),
)
"""Usual closing vouchers: text, debit account, credit account (the first that the chart has), SEK."""


async def approve(url: str, simulator: Simulator, tenant: int, decision: str = "approve") -> httpx.Response:
    """Goes through the popup as a browser does: our address, Fortnox's consent page, and back to our result page."""
    async with httpx.AsyncClient(follow_redirects=False, timeout=20) as browser:
        await browser.get(url)
        to_fortnox = await browser.post(url)
        callback = await simulator.consent(urljoin(url, to_fortnox.headers["location"]), decision, tenant)
        return await browser.get(callback)


def closing_vouchers(accounts: Iterable[dict[str, Any]], closing_date: date, prefix: str) -> list[ClosingVoucher]:
    """Closing vouchers in accounts that the books have; at least one where there are two accounts at all."""
    chart = {int(account["number"]) for account in accounts if account["number"].isdigit()}
    usable = [
        (text, debit, credit, amount)
        for text, debits, credits_, amount in PAIRS
        if (debit := _first(debits, chart)) and (credit := _first(credits_, chart))
    ]
    made = [_voucher(f"{prefix}-{number}", *pair, closing_date) for number, pair in enumerate(usable, start=1)]
    return made or [_fallback(sorted(chart), closing_date, prefix)]


def _first(wanted: Sequence[int], chart: set[int]) -> int | None:
    return next((account for account in wanted if account in chart), None)


def _fallback(chart: list[int], closing_date: date, prefix: str) -> ClosingVoucher:
    cost = next((account for account in chart if 5000 <= account < 8000), chart[-1])
    debt = next((account for account in chart if 2800 <= account < 3000), chart[0])
    return _voucher(f"{prefix}-1", "Upplupna kostnader", cost, debt, Decimal("4321.50"), closing_date)


def _voucher(
    voucher_id: str, text: str, debit: int, credit: int, amount: Decimal, closing_date: date
) -> ClosingVoucher:
    rows = (ClosingRow(account=debit, debit=amount, text=text), ClosingRow(account=credit, credit=amount, text=text))
    return ClosingVoucher(voucher_id, closing_date, text, rows)
