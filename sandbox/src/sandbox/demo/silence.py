"""An audience that isn't there, for tests and benches that tell stories."""

from typing import Any

from sandbox.product.commands import ClosingVoucher
from sandbox.product.records import Received


class Silence:
    """Hears everything and shows nothing."""

    def connected(self, connection: dict[str, Any]) -> None: ...

    def heard(self, event: Received) -> None: ...

    def imported(self, completed: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> None: ...

    def checked(self, vouchers: list[ClosingVoucher], events: list[dict[str, Any]]) -> None: ...

    def booked(self, vouchers: list[ClosingVoucher], receipts: dict[str, dict[str, Any]]) -> None: ...

    def corrected(self, receipt: dict[str, Any]) -> None: ...
