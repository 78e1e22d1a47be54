"""`/3/supplierinvoicepayments`."""

from sandbox.fortnox.wire.call import Endpoint

ENDPOINTS: list[Endpoint] = []
