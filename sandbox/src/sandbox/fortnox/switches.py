"""Switches for what is doubtful or not recorded about Fortnox. A default is the likeliest or the strictest reading."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    """All switches with their defaults; set one by name with `PUT /_sim/switches`."""

    # OAuth
    consent_outcome: str = ""  # "" asks the person; else approve, deny or a name of oauth/outcomes.py
    refresh_token_days: int = 31  # fact 1.3: 31 by Fortnox's dictionary, 45 by two SDKs (fact 14)
    refresh_reuse: str = "refuse"  # a spent refresh token: refuse | family (kills the newest too) | again (same answer)
    refresh_reuse_grace_seconds: int = 0  # a spent token still answers the newest pair for so long
    licences_checked_for_tokens: bool = False  # a lost licence for a scope also stops the token endpoint (fact 1.7)
    consent_replaces_tokens: bool = True  # a new consent kills refresh tokens of the one before
    revoke_withdraws_consent: bool = False  # fact 1.6: how to withdraw a consent by API is not known

    # Rate limit (fact 8)
    rate_limit: bool = True
    rate_limit_calls: int = 25
    rate_limit_seconds: float = 5.0
    retry_after: int = 0  # seconds in Retry-After of a 429; 0 leaves the header out
    too_many_body: str = ""

    # The way to Fortnox and back
    latency_seconds: float = 0.0  # each call and its answer take up to so long together, at random

    # Answers
    error_casing: str = "recorded"  # recorded (404 Pascal, 400 lower) | pascal | lower (fact 7)
    permission_status: int = 403  # 400 has been met too (fact 7)
    list_lag_seconds: float = 0.0  # a new voucher is missing in lists for so long, by the business clock
    list_shows_comments: bool = True  # the voucher list carries Comments (fact 6.2)
    todate_is_included: bool = True  # the voucher list's todate; else it shows what lies before that day
    payment_sort_honoured: bool = True  # sortby=paymentdate (fact 5.7: seen ignored)
    supplier_dates_honoured: bool = False  # fromdate/todate on supplier invoices (fact 3: sources disagree)
    filters_combined: bool = True  # several resource filters are ANDed (recorded), else only the first counts
    customer_balance_in: str = "currency"  # currency | sek (fact 5.7)
    supplier_balance_in: str = "sek"

    # SIE (fact 4)
    sie_encoding: str = "cp437"  # cp437 | utf-8
    sie_content_type: str = "application/octet-stream"
    sie_program_version: str = "3.61.17"
    sie_escapes_backslash: bool = True  # a client saw it; the format itself gives a backslash no such meaning
    unknown_year_status: int = 404
    unknown_year_code: int = 2000729

    # Vouchers (fact 6)
    voucher_year_default: str = "date"  # without financialyear: by the voucher's date (fact 14) | current
    unbalanced_vouchers: str = "refuse"  # refuse | accept
    odd_rows: str = "accept"  # negative amounts, both sides: accept (fact 6.4) | refuse
    closing_series: str = "I"  # the series exempt from the lock ("Bokslutsserie", fact 5.8); "" = none
    approval_state: int = 0  # of vouchers made through the API (fact 6.1)
    booked_otherwise: str = ""  # what Fortnox books otherwise than sent: objects | date | year | series | amount
    answer_lacks: str = ""  # what is missing in the answer to a new voucher: VoucherRows | VoucherNumber | Year | rows
    description_overwritten: bool = True  # a row's Description comes back as the account's name
    lock_is_shown: bool = True  # a personal lock refuses but is not told by settings/lockedperiod

    def set(self, name: str, value: Any) -> None:
        """Sets one switch; its type is kept, so that a typo fails here and not in somebody's test."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        if name not in known:
            raise KeyError(name)
        if known[name] is float and type(value) is int:
            value = float(value)
        if type(value) is not known[name]:
            raise TypeError(f"{name} is {known[name].__name__}")
        setattr(self, name, value)
