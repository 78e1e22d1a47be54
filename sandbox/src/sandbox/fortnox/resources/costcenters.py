"""`/3/costcenters`."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books.model import COST_CENTRE
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, page, single


def index(call: Call) -> Response:
    codes = sorted(call.company.profile.objects.get(COST_CENTRE, {}))
    return page(call, "CostCenters", codes, lambda code: _record(call, code))


def show(call: Call) -> Response:
    if call.path["code"] not in call.company.profile.objects.get(COST_CENTRE, {}):
        raise errors.no_cost_centre()
    return single(call, "CostCenter", _record(call, call.path["code"]))


def _record(call: Call, code: str) -> Record:
    profile = call.company.profile
    return {
        "@url": call.url(f"costcenters/{code}"),
        "Active": profile.limits_of(COST_CENTRE, code).active,
        "Code": code,
        "Description": profile.objects[COST_CENTRE][code],
        "Note": "",
    }


ENDPOINTS = [get("costcenters", "costcenter", index), get("costcenters/{code}", "costcenter", show)]
