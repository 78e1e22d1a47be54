"""A SIE file as it was read or is to be written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sie import values
from sie.assembly import AccountDraft, Assembly
from sie.checksum import ChecksumVerdict
from sie.columns import Balances, Rows, Vocabulary, VoucherColumns
from sie.encodings import Encoding
from sie.problems import Problem, Severity
from sie.records import Account, Balance, BalanceKind, Dimension, FinancialYear, Header, Other, Voucher


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from; all empty for one that was built and not read."""

    name: str = ""
    size: int = 0
    sha256: str = ""
    encoding: Encoding = field(default_factory=lambda: Encoding("cp437", "certain"))
    checksum: ChecksumVerdict = ChecksumVerdict.ABSENT
    declared_checksum: int | None = None
    """The number in the closing #KSUMMA; -1 if it is none."""
    is_cut_off: bool = False
    """The file ends inside a voucher or within a record."""


class Vouchers(Sequence[Voucher]):
    """The vouchers as objects, made when asked for; `columns` has them as columns."""

    def __init__(self, columns: VoucherColumns, rows: Rows, struck: Rows, added: Rows) -> None:
        self.columns = columns
        self._rows, self._struck, self._added = rows, struck, added

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, index: int) -> Voucher:  # type: ignore[override]  # no slices
        columns = self.columns
        at = index if index >= 0 else index + len(self)
        if not 0 <= at < len(self):
            raise IndexError(index)
        return Voucher(
            columns.series[at],
            columns.number[at],
            values.to_date(columns.date[at]),
            columns.text[at],
            tuple(self._rows[i] for i in range(columns.first_row[at], columns.first_row[at + 1])),
            values.to_date(columns.registered[at]),
            columns.signature[at],
            tuple(self._struck[i] for i in range(columns.first_struck[at], columns.first_struck[at + 1])),
            tuple(self._added[i] for i in range(columns.first_added[at], columns.first_added[at + 1])),
            columns.line[at],
        )


@dataclass(slots=True, eq=False, repr=False)
class Document:
    """Vouchers, rows and balances are columns; `vouchers[i]`, `rows[i]`, `balances[i]` and loops give objects."""

    header: Header
    years: Mapping[int, FinancialYear]
    accounts: Mapping[str, Account]
    dimensions: Mapping[str, Dimension]
    vouchers: Vouchers
    rows: Rows
    """#TRANS: what is booked."""
    struck: Rows
    """#BTRANS, kept beside: struck after registration."""
    added: Rows
    """#RTRANS, kept beside: added after registration; each is among `rows` too."""
    balances: Balances
    words: Vocabulary
    other: Sequence[Other] = ()
    counts: Counter[str] = field(default_factory=Counter)
    """How many records of each known label the file has."""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """First and last line of each label in `counts`."""
    problems: Sequence[Problem] = ()
    problem_counts: Counter[str] = field(default_factory=Counter)
    """How often each problem occurred; of each code the first hundred are in `problems`."""
    origin: Origin = field(default_factory=Origin)

    def __repr__(self) -> str:
        """Tells nothing of whose books these are."""
        return f"<Document type {self.kind}: {len(self.vouchers)} vouchers, {len(self.rows)} rows>"

    def __eq__(self, other: object) -> bool:
        """The same books: everything but where it stood in which file, how that was made, and `other`.

        So a document equals what is read of it when it has been written, which leaves `other` out (§7.2).
        """
        if not isinstance(other, Document):
            return NotImplemented
        return (
            (self.header, self.years, self.accounts, self.dimensions)
            == (other.header, other.years, other.accounts, other.dimensions)
            and list(self.balances) == list(other.balances)
            and list(self.vouchers) == list(other.vouchers)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and large

    @property
    def kind(self) -> int:
        """#SIETYP: 1 year balances, 2 with periods, 3 with objects, 4 with vouchers."""
        return self.header.kind

    @property
    def encoding(self) -> str:
        return self.origin.encoding.name

    @property
    def sha256(self) -> str:
        return self.origin.sha256

    @property
    def checksum(self) -> ChecksumVerdict:
        return self.origin.checksum

    @property
    def errors(self) -> list[Problem]:
        """The problems because of which something of the file is missing here."""
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def is_cut_off(self) -> bool:
        """The file ends inside a voucher, within a record, or without the checksum that it opens with.

        A file that is cut off between two records, or within the last figure, can't be told by its form; `check` finds
        that sums don't agree.
        """
        return self.origin.is_cut_off or self.checksum is ChecksumVerdict.TRUNCATED

    @property
    def is_import(self) -> bool:
        """A type 4I file, made to be read into a ledger: told by its name (§5.1), else by having no balances at all."""
        name = self.origin.name.lower()
        return self.kind == 4 and (name.endswith(".si") or not (name.endswith(".se") or len(self.balances)))

    @property
    def financial_year(self) -> FinancialYear:
        """The current year (#RAR 0); LookupError where the file doesn't say, as 4I files needn't."""
        year = self.years.get(0)
        if year is None:
            raise LookupError("The file doesn't state its financial year (#RAR 0).")
        return year

    @property
    def currency(self) -> str:
        return self.header.currency or "SEK"

    def account_name(self, number: str | int) -> str:
        """The account's name; empty if it isn't declared."""
        account = self.accounts.get(str(number))
        return account.name if account else ""

    def voucher(self, index: int) -> Voucher:
        return self.vouchers[index]

    def amount(self, kind: BalanceKind, account: str | int, year: int = 0) -> Decimal:
        """The account's IB, UB or RES; 0 where the file has none, since zero balances may be left out (§5.17)."""
        found = self._first(kind, str(account), year)
        return Decimal(0) if found is None else found.amount

    def balance(self, account: str | int, on: date) -> Decimal:
        """What the account stood at by the end of a day in the financial year: opening balance plus rows up to it.

        A row counts on its own date where it has one, else on its voucher's. Files without vouchers only know the
        year's last day. ValueError for a day that the file can't tell about.
        """
        year = self.financial_year
        if not year.start - timedelta(days=1) <= on <= year.end:
            raise ValueError("The day is outside the file's financial year.")
        if self.kind < 4:
            if on != year.end:
                raise ValueError("A file without vouchers only knows the balances of the year's last day.")
            return self.amount("UB", account) + self.amount("RES", account)
        return self.amount("IB", account) + values.kronor(self._moved(str(account), values.to_days(on)))

    def _first(self, kind: BalanceKind, account: str, year: int) -> Balance | None:
        code = self.words.accounts.codes.get(account, -1)
        balances = self.balances
        for i, found in enumerate(balances.account.codes):
            if found == code and balances.year[i] == year and balances.kind[i] == kind:
                return balances[i]
        return None

    def _moved(self, account: str, until: int) -> int:
        """Σ öre of the account's rows up to the day."""
        code = self.words.accounts.codes.get(account, -1)
        rows, voucher_date = self.rows, self.vouchers.columns.date
        total = 0
        for i, found in enumerate(rows.account.codes):
            if found == code:
                day = rows.date[i]
                if (day if day != values.NO_DATE else voucher_date[rows.voucher[i]]) <= until:
                    total += rows.amount[i]
        return total


def assembled(assembly: Assembly, origin: Origin, header: Header) -> Document:
    """The finished assembly as a document."""
    return Document(
        header=header,
        years=dict(sorted(assembly.years.items(), reverse=True)),
        accounts={number: _account(number, draft) for number, draft in assembly.accounts.items()},
        dimensions=assembly.dimensions,
        vouchers=Vouchers(assembly.vouchers, assembly.rows, assembly.struck, assembly.added),
        rows=assembly.rows,
        struck=assembly.struck,
        added=assembly.added,
        balances=assembly.balances,
        words=assembly.words,
        other=assembly.other,
        counts=assembly.counts,
        places=assembly.places,
        problems=sorted(assembly.problems.kept, key=lambda problem: (problem.line, problem.column)),
        problem_counts=assembly.problems.counts,
        origin=origin,
    )


def _account(number: str, draft: AccountDraft) -> Account:
    is_declared, sru = draft.name is not None, tuple(draft.sru)
    return Account(number, draft.name or "", draft.type, draft.unit, sru, declared=is_declared, line=draft.line)
