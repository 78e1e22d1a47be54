"""A company comes into being: books from a SIE file, ledgers that agree with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import sie
from sandbox.fortnox.books import load
from sandbox.fortnox.company import Company, Profile
from sandbox.fortnox.ledger import generate
from sandbox.fortnox.ledger.parties import with_check_digit
from sandbox.fortnox.world import World, company_of

FIRST_TENANT = 100_001


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; what isn't said is taken from the file."""

    tenant: int | None = None
    name: str | None = None
    organisation_number: str | None = None
    method: str = "ACCRUAL"
    seed: int = 1
    invoices: Mapping[str, int] = field(default_factory=dict)  # how many, by kind of ledger; default: as the rows say


def found(world: World, books: bytes, wanted: Wanted) -> Company:
    """Founds a company and takes it into the world."""
    document = sie.read(books)
    tenant = wanted.tenant or _tenant(world, document.header.company_id)
    if tenant in world.companies:
        raise ValueError(f"there is a company {tenant} already")
    company = company_of(_profile(document.header, tenant, wanted))
    year = load.load(document, company)
    generate.ledgers(company, year, wanted.seed, wanted.invoices, world.clock.now())
    world.add(company)
    return company


def _profile(header: sie.Header, tenant: int, wanted: Wanted) -> Profile:
    zip_code, _, city = header.postal_address.strip().rpartition(" ")
    profile = Profile(
        tenant,
        wanted.name or header.company_name.strip() or f"Företag {tenant}",
        wanted.organisation_number or header.organisation_number.strip() or organisation_number(tenant),
        wanted.method,
    )
    if header.street.strip():
        profile.address = header.street.strip()
    if city:
        profile.zip_code, profile.city = zip_code.strip(), city.strip()
    return profile


def _tenant(world: World, company_id: str) -> int:
    """The file's #FNR where it can be one and is free."""
    if re.fullmatch(r"[1-9]\d{2,8}", company_id) and int(company_id) not in world.companies:
        return int(company_id)
    return max([FIRST_TENANT - 1, *(t for t in world.companies if t >= FIRST_TENANT)]) + 1


def organisation_number(tenant: int) -> str:
    """A made-up limited company's number."""
    return with_check_digit(f"5569{tenant % 100_000:05d}")
