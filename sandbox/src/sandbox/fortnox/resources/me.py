"""`/3/me`: the user behind the token (fact 4)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import single


def show(call: Call) -> Response:
    user = 1 + call.company.tenant % 97
    record = {
        "Id": str(user),
        "Name": "Servicekonto",
        "Email": f"user{user}@example.com",
        "Locale": "sv_SE",
        "SysAdmin": True,
    }
    return single(call, "MeInformation", record)


ENDPOINTS = [get("me", "profile", show)]
