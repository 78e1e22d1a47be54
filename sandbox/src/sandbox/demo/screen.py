"""What the accountant would see, in the terminal: progress bars with time left, tables, in Swedish."""

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sandbox.product.commands import ClosingVoucher
from sandbox.product.records import Received

MARKS = {"passed": "[green]✓[/]", "warning": "[yellow]![/]", "failed": "[red]✗[/]"}
KINDS = {"service_account": "servicekonto", "refresh_token": "personlig inloggning"}
LEDGERS = {"customer_ledger": "Kundreskontra", "supplier_ledger": "Leverantörsreskontra"}
BUCKETS = {"not_due": "ej förfallen", "1-30": "1–30", "31-60": "31–60", "61-90": "61–90", "over_90": "över 90"}
SHOWN_ITEMS = 8
SHOWN_CHECKS = 14


def kronor(amount: str | Decimal) -> str:
    """An amount as Swedes write it: 1 234,50."""
    return (
        f"{Decimal(amount) + 0:,.2f}".replace(",", "\N{NO-BREAK SPACE}")
        .replace(".", ",")
        .replace("-", "\N{MINUS SIGN}")
    )


class Screen:
    """The audience at a terminal. Between `with` and its end a line of progress is shown."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, name: str, text: str, *, percent: int | None = None, left: str = "") -> None:
        """A step under way; without a percentage it only shows that it goes on."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(text, total=None if percent is None else 100, left=left)
        self._progress.update(self._tasks[name], description=text, completed=percent or 0, left=left)
        if percent is not None:
            self._progress.update(self._tasks[name], total=100)

    def done(self, name: str, text: str) -> None:
        self.step(name, text, percent=100)

    def connected(self, connection: dict[str, Any]) -> None:
        lines = (
            f"[bold]{connection['company_name']}[/]  {connection['organisation_number']}",
            f"Anslutning: {KINDS[connection['kind']]}, databas {connection['tenant']}",
        )
        self.console.print(Panel("\n".join(lines), title="Fortnox är anslutet", border_style="green", expand=False))

    def heard(self, event: Received) -> None:
        if event.type == "import.progressed":
            data = event.data
            seconds = data.get("seconds_left")
            left = "" if seconds is None else f"ca {seconds} s kvar"
            self.step("import", data["swedish"], percent=data["percent"], left=left if data["percent"] < 100 else "")
        elif event.type == "voucher.booked" and not event.data["corrects"]:
            self.step("vouchers", "Skickar verifikationer till Fortnox")

    def imported(self, completed: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> None:
        self.done("import", "Importen är klar")
        self.console.print(self._datasets(completed))
        self.console.print(self._checks(completed["checks"]))
        for name, title in LEDGERS.items():
            self.console.print(self._ledger(f"{title} per balansdagen {completed['closing_date']}", parts[name]))
        self.console.print(self._reconciliations(completed["datasets"]))

    def checked(self, vouchers: list[ClosingVoucher], events: list[dict[str, Any]]) -> None:
        table = Table(
            "Verifikation", "Text", "Belopp", "Kontroll", title="Bokslutsverifikationer", title_justify="left"
        )
        table.columns[2].justify = "right"
        findings = {event["voucher_id"]: event["findings"] for event in events if event["type"] == "voucher.checked"}
        for voucher in vouchers:
            notes = [finding["swedish"] for finding in findings.get(voucher.voucher_id, [])]
            verdict = "\n".join(notes) or f"{MARKS['passed']} godkänd"
            table.add_row(voucher.voucher_id, voucher.description, kronor(_total(voucher)), verdict)
        self.console.print(table)

    def booked(self, vouchers: list[ClosingVoucher], receipts: dict[str, dict[str, Any]]) -> None:
        self.done("vouchers", "Alla verifikationer är bokförda")
        table = Table("Verifikation", "Text", "Belopp", "Bokförd som", title="Överföringskvitto", title_justify="left")
        table.columns[2].justify = "right"
        for voucher in vouchers:
            receipt = receipts[voucher.voucher_id]
            place = f"[bold]{receipt['series']} {receipt['number']}[/]"
            table.add_row(voucher.voucher_id, voucher.description, kronor(receipt["total"]), place)
        self.console.print(table)

    def corrected(self, receipt: dict[str, Any]) -> None:
        corrects = receipt["corrects"]
        lines = (
            f"{corrects['voucher_id']}, bokförd som [bold]{corrects['series']} {corrects['number']}[/],",
            f"är ändrad genom [bold]{receipt['series']} {receipt['number']}[/] ({kronor(receipt['total'])} kr)",
        )
        self.console.print(Panel("\n".join(lines), title="Ändringsverifikation", expand=False))

    def _datasets(self, completed: dict[str, Any]) -> Table:
        table = Table("Hämtat", "Rader", "Konton", "Verifikationer", title="Import", title_justify="left")
        names = {"sie4": "Bokföring (SIE4)", "checks": "Kontroller", **LEDGERS}
        for dataset in completed["datasets"]:
            counts = [str(dataset[key]) if dataset.get(key) is not None else "" for key in ("accounts", "vouchers")]
            table.add_row(names[dataset["dataset"]], str(dataset["rows"]), *counts)
        for column in table.columns[1:]:
            column.justify = "right"
        return table

    def _checks(self, checks: Sequence[dict[str, Any]]) -> Table:
        table = Table("", "Kontroll", title="Kontroller", title_justify="left", show_header=False)
        grave_first = sorted(checks, key=lambda check: ("failed", "warning", "passed").index(check["verdict"]))
        for check in grave_first[:SHOWN_CHECKS]:
            steps = "" if check["verdict"] == "passed" else f" {check['next_step']}"
            table.add_row(MARKS[check["verdict"]], self._wrapped(check["swedish"] + steps))
        if len(checks) > SHOWN_CHECKS:
            table.add_row("", f"… och {len(checks) - SHOWN_CHECKS} till")
        return table

    def _wrapped(self, text: str) -> Text:
        """Broken between words only: rich would break an amount at its no-break space."""
        lines = textwrap.wrap(text, max(30, self.console.width - 10), break_long_words=False)
        return Text("\n".join(lines), no_wrap=True)

    def _ledger(self, title: str, items: Sequence[dict[str, Any]]) -> Table:
        table = Table(
            "Faktura",
            "Motpart",
            "Förfaller",
            "Dagar efter förfallodag",
            "Restbelopp",
            title=title,
            title_justify="left",
        )
        table.columns[3].justify = table.columns[4].justify = "right"
        for item in items[:SHOWN_ITEMS]:
            age = BUCKETS.get(item["bucket"], item["bucket"])
            rest = kronor(item["remaining_sek"])
            table.add_row(item["number"], Text(item["counterparty_name"]), item["due_date"] or "", age, rest)
        if len(items) > SHOWN_ITEMS:
            table.add_row(f"… {len(items) - SHOWN_ITEMS} till", "", "", "", "")
        table.add_section()
        total = sum((Decimal(item["remaining_sek"]) for item in items), Decimal(0))
        table.add_row("[bold]Summa[/]", "", "", "", f"[bold]{kronor(total)}[/]")
        return table

    def _reconciliations(self, datasets: Sequence[dict[str, Any]]) -> Table:
        table = Table("Avstämning", "Konto", "Reskontra", "Huvudbok", "Differens", title_justify="left")
        for column in table.columns[2:]:
            column.justify = "right"
        for dataset in datasets:
            if found := dataset.get("reconciliation"):
                amounts = [kronor(found[key]) for key in ("ledger_total", "account_balance", "difference")]
                accounts = ", ".join(map(str, found["accounts"]))
                table.add_row(LEDGERS[dataset["dataset"]], accounts, *amounts)
                for cause in found["explanations"]:
                    table.add_row(f"  {cause['swedish']}", "", "", "", kronor(cause["effect"]), style="dim")
        return table


def _total(voucher: ClosingVoucher) -> Decimal:
    return sum((row.debit for row in voucher.rows), Decimal(0))
