"""`/3/settings/company` and `/3/settings/lockedperiod` (facts 4, 6.3)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import single


def company(call: Call) -> Response:
    """Unlike companyinformation it has `DatabaseNumber` as a string (fact 3)."""
    profile = call.company.profile
    record = {
        "Address": profile.address,
        "BG": None,
        "City": profile.city,
        "Country": "Sverige",
        "CountryCode": "SE",
        "DatabaseNumber": str(profile.tenant),
        "Domicile": profile.city,
        "Email": None,
        "Name": profile.name,
        "OrganizationNumber": profile.organisation_number,
        "TaxEnabled": True,
        "VATNumber": f"SE{profile.organisation_number.replace('-', '')}01",
        "ZipCode": profile.zip_code,
    }
    return single(call, "CompanySettings", record)


def locked_period(call: Call) -> Response:
    """No date: nothing is locked. A personal lock doesn't show here."""
    until = call.company.profile.locked_until if call.world.switches.lock_is_shown else None
    return single(call, "LockedPeriod", {"EndDate": until.isoformat() if until else None})


ENDPOINTS = [get("settings/company", "settings", company), get("settings/lockedperiod", "settings", locked_period)]
