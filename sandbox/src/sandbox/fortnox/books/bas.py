"""What a Swedish company's books start with: usual series, usual accounts, and Fortnox's presets for both."""

from __future__ import annotations

from sandbox.fortnox.books.model import Account, Series

SERIES_NAMES = {  # fact 6.3
    "A": "Redovisning",
    "B": "Kundfakturor",
    "C": "Inbetalningar",
    "D": "Leverantörsfakturor",
    "E": "Utbetalningar",
    "F": "Kassa",
    "G": "Avskrivningar",
    "H": "Periodiseringar",
    "I": "Bokslut",
    "J": "Revisor",
    "K": "Löner",
    "L": "Kontantfakturor",
    "M": "Momsrapport",
}
FED_BY_A_LEDGER = frozenset("BCDEFGHKLM")  # not for manual vouchers unless somebody says so

PRESET_SERIES = {  # 13 entries, INVOICE is B (fact 14); the other names are our reading
    "ACCRUAL": "H",
    "ASSET": "G",
    "CASH": "F",
    "CASHINVOICE": "L",
    "INVOICE": "B",
    "INVOICEPAYMENT": "C",
    "MANUAL": "A",
    "PAYROLL": "K",
    "RECEIPT": "A",
    "REVISION": "J",
    "SUPPLIERINVOICE": "D",
    "SUPPLIERPAYMENT": "E",
    "VAT": "M",
}

CUSTOMERS_ACCOUNT, SUPPLIERS_ACCOUNT = 1510, 2440
PRESET_ACCOUNTS = {  # names met in clients: CURRENCY…, ROUNDOFF, INVAT, OUTVAT_MP1, SALES; the others are our reading
    "ACCRUEDEXPENSES": 2990,
    "CURRENCYLOSS": 7960,
    "CURRENCYWIN": 3960,
    "CUSTCLAIM": CUSTOMERS_ACCOUNT,
    "INVAT": 2641,
    "OUTVAT_MP1": 2611,
    "PREPAIDEXPENSES": 1790,
    "ROUNDOFF": 3740,
    "SALES": 3001,
    "SUPPDEBT": SUPPLIERS_ACCOUNT,
    "WRITEOFF": 6351,
}

ACCOUNT_NAMES = {
    1510: "Kundfordringar",
    1930: "Företagskonto",
    2440: "Leverantörsskulder",
    2611: "Utgående moms på försäljning inom Sverige, 25 %",
    2641: "Debiterad ingående moms",
    3001: "Försäljning inom Sverige, 25 % moms",
    3740: "Öres- och kronutjämning",
    3960: "Valutakursvinster på fordringar och skulder av rörelsekaraktär",
    4010: "Inköp material och varor",
    6351: "Konstaterade förluster på kundfordringar",
    7960: "Valutakursförluster på fordringar och skulder av rörelsekaraktär",
    8999: "Årets resultat",
}


def usual_series() -> dict[str, Series]:
    """The series of a new year. A, the closing series and the auditor's are for manual vouchers (facts 6.3, 5.8)."""
    return {code: Series(code, name, code not in FED_BY_A_LEDGER) for code, name in SERIES_NAMES.items()}


def usual_account(number: int) -> Account:
    return Account(number, ACCOUNT_NAMES.get(number, f"Konto {number}"))
