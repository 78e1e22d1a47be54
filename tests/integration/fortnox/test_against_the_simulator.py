"""The client against the simulator, which was built from the same facts by somebody else."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from fortnox import (
    ACCOUNTS,
    COST_CENTRES,
    PREDEFINED_ACCOUNTS,
    PREDEFINED_VOUCHER_SERIES,
    PROJECTS,
    VOUCHER_SERIES,
    VOUCHERS,
    Client,
    Declined,
    FortnoxError,
    InvalidClient,
    InvalidGrant,
    MissingLicence,
    MissingScope,
    NewVoucher,
    NewVoucherRow,
    NotFound,
    OutcomeUnknown,
    PeriodLocked,
    Refused,
    TokenRefused,
    TooManyRequests,
)
from fortnox.oauth import OAuth, Tokens, redirect_error, tenant_of
from fortnox.testing import FreePermits
from sandbox.fortnox.control import Simulator

BACK = "https://product.example/back"
Approve = Callable[..., Awaitable[Tokens]]


def a_voucher(day: date, amount: str = "1500.10", account: int = 1930) -> NewVoucher:
    rows = [
        NewVoucherRow(account=account, debit=Decimal(amount), transaction_information="radtext"),
        NewVoucherRow(account=1910, credit=Decimal(amount)),
    ]
    return NewVoucher(
        voucher_series="A", transaction_date=day, description="Bokslut", comments="märke 17", voucher_rows=rows
    )


async def test_a_refresh_token_can_be_spent_once(oauth: OAuth, approve: Approve, tenant: int) -> None:
    first = await approve(service=False)
    assert first.refresh_token
    assert tenant_of(first.access_token) == tenant
    assert "bookkeeping" in first.scopes

    second = await oauth.refresh(first.refresh_token)

    assert second.refresh_token not in {None, first.refresh_token}
    with pytest.raises(InvalidGrant):
        await oauth.refresh(first.refresh_token)


async def test_a_service_account_gets_tokens_by_its_tenant(oauth: OAuth, approve: Approve, tenant: int) -> None:
    with pytest.raises(Refused):
        await oauth.client_credentials(tenant)

    await approve()

    tokens = await oauth.client_credentials(tenant)
    assert tokens.refresh_token is None
    assert tenant_of(tokens.access_token) == tenant


async def test_consent_can_be_declined(oauth: OAuth, simulator: Simulator, tenant: int) -> None:
    back = await simulator.consent(oauth.authorise_url("s", ["bookkeeping"], BACK, service=True), "deny", tenant)

    assert isinstance(redirect_error(parse_qs(urlsplit(back).query)["error"][0]), Declined)


async def test_a_wrong_secret_is_our_own_fault(simulator_address: str) -> None:
    async with OAuth("sandbox-client", "wrong", base_url=simulator_address) as oauth:
        with pytest.raises(InvalidClient):
            await oauth.refresh("any")


async def test_the_company_and_its_registers_are_read(client: Client, simulator: Simulator, tenant: int) -> None:
    truth = (await simulator.vouchers(tenant))[0]

    async with client as fortnox:
        company = await fortnox.company_information()
        [year] = await fortnox.financial_years(containing=date.fromisoformat(truth["date"]))
        series = await fortnox.every(VOUCHER_SERIES, financialyear=year.id)
        one = await fortnox.voucher_series("A", year.id)
        accounts = await fortnox.every(ACCOUNTS, financialyear=year.id)
        vouchers = await fortnox.every(VOUCHERS, financialyear=year.id)
        voucher = await fortnox.voucher(truth["series"], truth["number"], truth["financial_year"])
        presets = await fortnox.every(PREDEFINED_VOUCHER_SERIES)
        preset_accounts = {preset.name: preset.account for preset in await fortnox.every(PREDEFINED_ACCOUNTS)}
        await fortnox.every(COST_CENTRES)
        await fortnox.every(PROJECTS)
        assert await fortnox.financial_years(containing=date(1950, 1, 1)) == []
        assert await fortnox.locked_period() is None

    assert company.database_number == tenant
    assert any(one.code == "A" and one.manual for one in series)
    assert one.next_voucher_number
    assert any(account.number == 1910 and account.active for account in accounts)
    assert (voucher.year, voucher.voucher_number) in {(item.year, item.voucher_number) for item in vouchers}
    assert voucher.voucher_rows
    assert len(presets) == 13
    assert 1510 in preset_accounts.values()


@pytest.mark.parametrize("encoding", ["cp437", "utf-8"])
async def test_sie_comes_as_bytes(client: Client, simulator: Simulator, tenant: int, encoding: str) -> None:
    await simulator.set_switch("sie_encoding", encoding)
    try:
        async with client as fortnox:
            [year, *_] = await fortnox.financial_years()
            data = await fortnox.sie(4, year.id)
    finally:
        await simulator.set_switch("sie_encoding", "cp437")

    assert f"#FNR {tenant}".encode() in data
    assert "ö" in data.decode(encoding)


async def test_a_voucher_is_booked_and_read_back(client: Client, simulator: Simulator, tenant: int) -> None:
    async with client as fortnox:
        [year, *_] = await fortnox.financial_years()
        booked = await fortnox.create_voucher(a_voucher(year.to_date), year.id)
        read = await fortnox.voucher(booked.voucher_series, booked.voucher_number, year.id)
        listed = await fortnox.every(VOUCHERS, financialyear=year.id, voucherseries="A", fromdate=year.to_date)

    assert read == booked
    assert [(row.account, row.debit, row.credit) for row in read.voucher_rows] == [
        (1930, Decimal("1500.10"), Decimal(0)),
        (1910, Decimal(0), Decimal("1500.10")),
    ]
    [mine] = [item for item in listed if item.voucher_number == booked.voucher_number]
    assert (mine.year, mine.comments, mine.reference_type) == (year.id, "märke 17", "MANUAL")


async def test_what_fortnox_refuses_is_refused(client: Client, simulator: Simulator, tenant: int) -> None:
    async with client as fortnox:
        [year, *_] = await fortnox.financial_years()
        with pytest.raises(Refused) as unknown_account:
            await fortnox.create_voucher(a_voucher(year.to_date, account=9876), year.id)
        await simulator.lock_period(tenant, year.to_date)
        with pytest.raises(PeriodLocked):
            await fortnox.create_voucher(a_voucher(year.to_date), year.id)
        with pytest.raises(NotFound):
            await fortnox.voucher("A", 99_999, year.id)
        assert await fortnox.locked_period() == year.to_date

    assert unknown_account.value.code == 2000423


@pytest.mark.parametrize("status", [403, 400])
async def test_a_missing_licence_or_scope_is_a_missing_right(
    client: Client, simulator: Simulator, tenant: int, oauth: OAuth, simulator_address: str, status: int
) -> None:
    narrow = oauth.authorise_url("s", ["companyinformation"], BACK, service=False)
    await simulator.set_switch("permission_status", status)
    try:
        await simulator.remove_licence(tenant, "bookkeeping")
        async with client as fortnox:
            with pytest.raises(MissingLicence):
                await fortnox.financial_years()
        code = parse_qs(urlsplit(await simulator.consent(narrow, tenant=tenant)).query)["code"][0]
        token = (await oauth.exchange_code(code, BACK)).access_token
        async with Client(FreePermits(token), base_url=simulator_address) as fortnox:
            with pytest.raises(MissingScope):
                await fortnox.page(COST_CENTRES)
    finally:
        await simulator.set_switch("permission_status", 403)


@pytest.mark.parametrize(
    "kind", ["status-500", "status-503", "html", "reset", "truncate", "truncate-json", "status-429"]
)
async def test_a_read_survives_passing_failures(
    client: Client, permits: FreePermits, simulator: Simulator, tenant: int, kind: str
) -> None:
    await simulator.fault("GET /3/companyinformation", kind, times=2, tenant=tenant)

    async with client as fortnox:
        assert (await fortnox.company_information()).database_number == tenant

    assert len(permits.given) == 3


@pytest.mark.parametrize(
    ("kind", "expected", "booked"),
    [
        ("status-500-before", OutcomeUnknown, 0),
        ("status-500-after", OutcomeUnknown, 1),
        ("timeout-before", OutcomeUnknown, 0),
        ("timeout-after", OutcomeUnknown, 1),
        ("reset-before", OutcomeUnknown, 0),
        ("reset-after", OutcomeUnknown, 1),
        ("html-after", OutcomeUnknown, 1),
        ("truncate", OutcomeUnknown, 1),
        ("truncate-json", OutcomeUnknown, 1),
        ("status-429", TooManyRequests, 0),
        ("status-401", TokenRefused, 0),
    ],
)
async def test_a_write_is_sent_once_and_tells_the_truth(
    permits: FreePermits,
    simulator_address: str,
    simulator: Simulator,
    tenant: int,
    kind: str,
    expected: type[FortnoxError],
    booked: int,
) -> None:
    async with Client(permits, base_url=simulator_address, timeout=1) as fortnox:
        [year, *_] = await fortnox.financial_years()
        before = len(await simulator.vouchers(tenant, year.id))
        await simulator.fault("POST /3/vouchers", kind, tenant=tenant)
        with pytest.raises(expected):
            await fortnox.create_voucher(a_voucher(year.to_date), year.id)

    assert len(await simulator.vouchers(tenant, year.id)) == before + booked


async def test_a_dead_token_is_replaced_by_the_next(
    permits: FreePermits, simulator: Simulator, oauth: OAuth, simulator_address: str, tenant: int
) -> None:
    old = (await oauth.client_credentials(tenant)).access_token
    await simulator.kill_access_tokens(tenant)
    renewed = FreePermits(old, (await oauth.client_credentials(tenant)).access_token, tenant=tenant)

    async with Client(renewed, base_url=simulator_address) as fortnox:
        assert (await fortnox.company_information()).database_number == tenant

    assert renewed.refusals == 1
