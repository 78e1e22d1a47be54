"""The connector's HTTP interface, as the product's server uses it."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from sandbox.product.commands import DATASETS

PATIENCE = 30.0  # seconds for which a question is asked again
PAUSE = 0.2


class Connector:
    """Connects companies and answers what the product's dialogs need."""

    def __init__(self, base_url: str, key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"authorization": f"Bearer {key}"}, transport=transport, timeout=20
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def open_session(
        self,
        reference: str,
        *,
        origin: str,
        organisation_number: str | None = None,
        kind: str = "service_account",
        datasets: Sequence[str] = DATASETS,
        vouchers: bool = True,
        connection_id: UUID | None = None,
    ) -> dict[str, Any]:
        """Asks for a connect session: `url` is what the popup opens, once."""
        body: dict[str, Any] = {
            "reference": reference,
            "origin": origin,
            "expected_organisation_number": organisation_number,
            "kind": kind,
            "datasets": list(datasets),
            "vouchers": vouchers,
        }
        if connection_id:
            body["connection_id"] = str(connection_id)
        session: dict[str, Any] = await self._call("POST", "/v1/connect-sessions", json=body)
        return session

    async def session(self, session_id: str) -> Any:
        return await self._call("GET", f"/v1/connect-sessions/{session_id}")

    async def connection(self, connection_id: UUID) -> Any:
        return await self._call("GET", f"/v1/connections/{connection_id}")

    async def disconnect(self, connection_id: UUID) -> None:
        (await self._client.delete(f"/v1/connections/{connection_id}")).raise_for_status()

    async def look_up(self, connection_id: UUID, what: str, **query: Any) -> Any:
        """`company`, `financial-years`, `voucher-series` or `locked-period`."""
        return await self._call("GET", f"/v1/connections/{connection_id}/{what}", params=query)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        """Questions are asked again while the connector is away; what changes something is sent once."""
        give_up_at = time.monotonic() + (PATIENCE if method == "GET" else 0)
        while True:
            try:
                answer = await self._client.request(method, path, **options)
                if answer.status_code < 500 or time.monotonic() > give_up_at:
                    answer.raise_for_status()
                    return answer.json()
            except httpx.TransportError:
                if time.monotonic() > give_up_at:
                    raise
            await asyncio.sleep(PAUSE)
