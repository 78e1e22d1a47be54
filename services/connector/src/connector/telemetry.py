"""The connector's own metrics. No label holds anything of a company."""

from prometheus_client import Counter, Histogram

LEASES = Counter("bokbrygga_leases_total", "Leases asked for, by purpose and outcome", ["purpose", "outcome"])
LEASE_SECONDS = Histogram(
    "bokbrygga_lease_seconds",
    "Seconds to answer a request for a lease, waiting for slots included",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3, 10),
)
TOO_MANY = Counter("bokbrygga_fortnox_too_many_total", "429 answers reported: somebody else uses a company's budget")
RENEWALS = Counter("bokbrygga_grant_renewals_total", "Renewals of grants, by kind and outcome", ["kind", "outcome"])
CONNECTS = Counter(
    "bokbrygga_connects_total", "Connect sessions ended, by outcome (a problem's code or connected)", ["outcome"]
)
