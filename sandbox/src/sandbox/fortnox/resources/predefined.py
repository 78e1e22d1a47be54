"""`/3/predefinedvoucherseries` and `/3/predefinedaccounts`: what Fortnox books with by itself."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books import bas
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, single, whole


def series_index(call: Call) -> Response:
    """13 entries, and no `limit` (fact 14)."""
    return whole(call, "PreDefinedVoucherSeriesCollection", sorted(bas.PRESET_SERIES), lambda n: _series(call, n))


def series(call: Call) -> Response:
    return single(call, "PreDefinedVoucherSeries", _series(call, _known(call, bas.PRESET_SERIES)))


def account_index(call: Call) -> Response:
    return whole(call, "PreDefinedAccounts", sorted(bas.PRESET_ACCOUNTS), lambda name: _account(call, name))


def account(call: Call) -> Response:
    return single(call, "PreDefinedAccount", _account(call, _known(call, bas.PRESET_ACCOUNTS)))


def _known(call: Call, presets: dict[str, str] | dict[str, int]) -> str:
    name = call.path["name"]
    if name not in presets:
        raise errors.Refusal(404, 2000729, "A valid identifier was not provided.")
    return name


def _series(call: Call, name: str) -> Record:
    url = call.url(f"predefinedvoucherseries/{name}")
    return {"@url": url, "Name": name, "VoucherSeries": bas.PRESET_SERIES[name]}


def _account(call: Call, name: str) -> Record:
    account = call.company.profile.presets.get(name, bas.PRESET_ACCOUNTS[name])
    return {"@url": call.url(f"predefinedaccounts/{name}"), "Name": name, "Account": account}


ENDPOINTS = [
    get("predefinedvoucherseries", "settings", series_index),
    get("predefinedvoucherseries/{name}", "settings", series),
    get("predefinedaccounts", "settings", account_index),
    get("predefinedaccounts/{name}", "settings", account),
]
