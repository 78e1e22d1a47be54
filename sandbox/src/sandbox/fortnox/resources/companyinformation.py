"""`/3/companyinformation`: who the company is; `DatabaseNumber` is the tenant (facts 0.2, 4)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import single


def show(call: Call) -> Response:
    profile = call.company.profile
    record = {
        "Address": profile.address,
        "City": profile.city,
        "CountryCode": "SE",
        "DatabaseNumber": profile.tenant,
        "CompanyName": profile.name,
        "OrganizationNumber": profile.organisation_number,
        "VisitAddress": "",
        "VisitCity": "",
        "VisitCountryCode": "",
        "VisitZipCode": "",
        "ZipCode": profile.zip_code,
    }
    return single(call, "CompanyInformation", record)


ENDPOINTS = [get("companyinformation", "companyinformation", show)]
