"""How a file is laid out: the standard leaves it free, and programs differ."""

from collections.abc import Callable
from dataclasses import dataclass

from sie.values import shortest, two_decimals

BLANK_LINE = ""


@dataclass(frozen=True, slots=True)
class Style:
    header: tuple[str, ...]
    """The identification records in their order, with blank lines."""
    always: frozenset[str] = frozenset()
    """Header records that are written even when they have nothing to say."""
    amount: Callable[[int], str] = two_decimals
    """In rows."""
    balance_amount: Callable[[int], str] = two_decimals
    balance_as_read: frozenset[str] = frozenset()
    """Balances whose amounts keep the number of decimals with which they were read."""
    quantity: str = ""
    """What stands for an absent quantity; with it, rows have all fields up to it."""
    quoted_numbers: bool = False
    """Series, voucher number and the dimensions in rows' object lists in quotation marks."""
    closing_backslash: bool = False
    """Writes a text that ends in a backslash as it is. Readers may take the quotation mark after it for text (§5.7)."""
    after_row: str = ""
    after_address: str = ""
    account_details: bool = True
    """Writes #KTYP and #ENHET."""
    balances: tuple[str, ...] = ("IB", "UB", "OIB", "OUB", "PSALDO", "PBUDGET", "RES")
    """The kinds that are written."""
    by_account: bool = False
    """Balances in Fortnox's order: IB and UB account by account, then the periods, then the results."""
    before_accounts: int = 0
    before_dimensions: int = 0
    before_balances: int = 0
    before_vouchers: int = 0
    between_vouchers: int = 0
    """Blank lines."""
    last_line_ends: bool = True


PLAIN = Style(
    header=(
        "FLAGGA", "PROGRAM", "FORMAT", "GEN", "SIETYP", "PROSA", "FTYP", "FNR", "ORGNR", "BKOD", "ADRESS", "FNAMN",
        "RAR", "TAXAR", "OMFATTN", "KPTYP", "VALUTA",
    ),
)  # fmt: skip
"""Everything that the document has, in the order of the standard."""

FORTNOX = Style(
    header=(
        "FLAGGA", "FORMAT", "SIETYP", "PROGRAM", "GEN", "FNR", "FNAMN", "ADRESS", "RAR", "ORGNR", "OMFATTN", "KPTYP",
    ),
    always=frozenset({"FNR", "FNAMN", "ADRESS", "ORGNR", "KPTYP"}),
    amount=shortest,
    balance_amount=shortest,
    quantity="0",
    closing_backslash=True,
    after_address=" ",
    account_details=False,
    balances=("IB", "UB", "PSALDO", "RES"),
    by_account=True,
    before_accounts=1,
    before_dimensions=1,
    before_balances=1,
    last_line_ends=False,
)  # fmt: skip
"""Fortnox 3.6x as measured (facts 8). What Fortnox never writes (#KTYP, #VALUTA, #OIB …) is left out."""

FORTNOX_2011 = Style(
    header=(
        "FLAGGA", "FORMAT", "SIETYP", "PROGRAM", "GEN", BLANK_LINE,
        "FNR", "FNAMN", "ORGNR", "ADRESS", "RAR", "OMFATTN", "KPTYP",
    ),
    always=frozenset({"FNR", "FNAMN", "ADRESS", "ORGNR", "KPTYP"}),
    amount=two_decimals,
    balance_amount=shortest,
    balance_as_read=frozenset({"IB"}),
    quoted_numbers=True,
    after_row=" ",
    account_details=False,
    balances=("IB", "UB", "PSALDO", "RES"),
    before_accounts=1,
    before_dimensions=1,
    before_balances=1,
    before_vouchers=3,
    between_vouchers=1,
    last_line_ends=False,
)  # fmt: skip
"""Fortnox Bokföring 2.0.0, as the sample files of 2011 have it."""

STYLES = {"plain": PLAIN, "fortnox": FORTNOX, "fortnox-2011": FORTNOX_2011}
