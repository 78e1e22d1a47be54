"""`/3/supplierinvoices`."""

from sandbox.fortnox.wire.call import Endpoint

ENDPOINTS: list[Endpoint] = []
