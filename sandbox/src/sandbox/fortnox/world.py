"""The whole simulated Fortnox: companies, applications, grants, clock, switches, faults and the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from sandbox.fortnox.books.model import Voucher
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.company import Company, Profile
from sandbox.fortnox.faults import Faults
from sandbox.fortnox.journal import Journal
from sandbox.fortnox.ledger.model import Invoice, Kind, Ledger
from sandbox.fortnox.oauth.grants import Grants
from sandbox.fortnox.store import Memory, Store
from sandbox.fortnox.switches import Switches


class World:
    """Everything that the simulator knows. Who changes a record says so with `keep…`, which writes it through."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock or Clock()
        self.store = store or Memory()
        self.switches = Switches()
        self.faults = Faults()
        self.journal = Journal(monotonic)
        self.companies: dict[int, Company] = {}
        self.grants = Grants(self.clock, self.store, self.switches)
        self._restore()

    # What is kept. Faults, the journal and rates are of the moment and begin anew.

    def keep_settings(self) -> None:
        self.store.put("settings", (self.clock.offset, self.switches))

    def keep(self, company: Company) -> None:
        self.store.put(f"company/{company.tenant}", company.profile)

    def keep_voucher(self, company: Company, voucher: Voucher) -> None:
        """Puts a new or changed voucher into the books."""
        company.books.add(voucher)
        self.store.put(_voucher_key(company, voucher), voucher)

    def drop_voucher(self, company: Company, voucher: Voucher) -> None:
        company.books.remove(voucher, self.clock.now())
        self.store.delete(_voucher_key(company, voucher))

    def keep_invoices(self, company: Company, invoices: Iterable[Invoice]) -> None:
        """Puts new or changed invoices, with their payments and history, into their ledgers."""
        for invoice in invoices:
            company.ledgers[invoice.kind].put(invoice)
            self.store.put(f"invoice/{company.tenant}/{invoice.kind}/{invoice.number}", invoice)

    def add(self, company: Company) -> None:
        """Takes in a company with all that it has."""
        self.companies[company.tenant] = company
        self.keep(company)
        for voucher in company.books:
            self.store.put(_voucher_key(company, voucher), voucher)
        for ledger in company.ledgers.values():
            for invoice in ledger.invoices.values():
                self.store.put(f"invoice/{company.tenant}/{invoice.kind}/{invoice.number}", invoice)

    def _restore(self) -> None:
        for _, (offset, switches) in self.store.items("settings"):
            self.clock.offset = offset if isinstance(offset, timedelta) else timedelta()
            self.switches.__dict__.update(switches.__dict__)
        for _, profile in self.store.items("company/"):
            self.companies[profile.tenant] = company_of(profile)
        for key, voucher in self.store.items("voucher/"):
            self.companies[int(key.split("/")[1])].books.add(voucher)
        for key, invoice in self.store.items("invoice/"):
            self.companies[int(key.split("/")[1])].ledgers[invoice.kind].put(invoice)


def company_of(profile: Profile) -> Company:
    """A company without vouchers and invoices."""
    return Company(profile, {kind: Ledger(kind) for kind in Kind})


def _voucher_key(company: Company, voucher: Voucher) -> str:
    return f"voucher/{company.tenant}/{voucher.year}/{voucher.series}/{voucher.number}"
