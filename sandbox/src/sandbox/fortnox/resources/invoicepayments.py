"""`/3/invoicepayments`."""

from sandbox.fortnox.wire.call import Endpoint

ENDPOINTS: list[Endpoint] = []
