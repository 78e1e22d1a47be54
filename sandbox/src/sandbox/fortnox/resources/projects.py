"""`/3/projects`."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books.model import PROJECT
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, matching, page, single


def index(call: Call) -> Response:
    """`description` narrows it, though no document says so (fact 14)."""
    names = call.company.profile.objects.get(PROJECT, {})
    codes = matching(call, sorted(names), {"description": lambda code: names[code]})
    return page(call, "Projects", codes, lambda code: _record(call, code))


def show(call: Call) -> Response:
    if call.path["number"] not in call.company.profile.objects.get(PROJECT, {}):
        raise errors.no_project()
    return single(call, "Project", _record(call, call.path["number"]))


def _record(call: Call, number: str) -> Record:
    profile = call.company.profile
    limits = profile.limits_of(PROJECT, number)
    return {
        "@url": call.url(f"projects/{number}"),
        "Description": profile.objects[PROJECT][number],
        "EndDate": limits.end.isoformat() if limits.end else "",
        "ProjectNumber": number,
        "StartDate": limits.start.isoformat() if limits.start else "",
        "Status": limits.status,
    }


ENDPOINTS = [get("projects", "project", index), get("projects/{number}", "project", show)]
