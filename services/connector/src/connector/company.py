"""Reads who a company is, with the token that it has just given."""

from dataclasses import dataclass

import httpx

import fortnox
from connector.leases import Leasing
from connector.tokens.sealed import Company


@dataclass(frozen=True)
class Reader:
    """Asks Fortnox, within the company's budget."""

    leasing: Leasing
    api_url: str
    transport: httpx.AsyncBaseTransport | None = None

    async def company(self, tenant: int, access_token: str) -> Company:
        """Raises FortnoxError; `WrongCompany` if the answer is about another one than the token."""
        async with (
            self.leasing.permits_to_connect(tenant, access_token) as permits,
            fortnox.Client(permits, base_url=self.api_url, transport=self.transport) as client,
        ):
            found = await client.company_information()
        return Company(name=found.company_name or "", organisation_number=found.organisation_number or "")
