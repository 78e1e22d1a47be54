"""The stand-in main product: sends commands, reads the event streams, and keeps an import only when it is proven whole.

Written as a customer would write it, with plain aiokafka, asyncpg and json, from `docs/events.md` alone: it imports
nothing of the services or of what they share.
"""

from sandbox.product.assembly import Incomplete, NotProven, Proof, prove
from sandbox.product.commands import (
    import_cancel_requested,
    import_requested,
    vouchers_approved,
    vouchers_correction_requested,
)
from sandbox.product.connections import Connector
from sandbox.product.product import Product, ProductSettings
from sandbox.product.records import CommandRecord, Received

__all__ = [
    "CommandRecord",
    "Connector",
    "Incomplete",
    "NotProven",
    "Product",
    "ProductSettings",
    "Proof",
    "Received",
    "import_cancel_requested",
    "import_requested",
    "prove",
    "vouchers_approved",
    "vouchers_correction_requested",
]
