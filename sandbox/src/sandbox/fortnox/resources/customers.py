"""`/3/customers`."""

from sandbox.fortnox.wire.call import Endpoint

ENDPOINTS: list[Endpoint] = []
