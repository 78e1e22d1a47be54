"""`/3/suppliers`."""

from sandbox.fortnox.wire.call import Endpoint

ENDPOINTS: list[Endpoint] = []
