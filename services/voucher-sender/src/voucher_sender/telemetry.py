"""What is counted of vouchers. No label holds anything of a company."""

from prometheus_client import Counter, Gauge

VOUCHERS = Counter("bokbrygga_vouchers_total", "Vouchers settled, by outcome", ["outcome"])
UNKNOWN_OUTCOMES = Counter("bokbrygga_vouchers_unknown_total", "POSTs whose outcome had to be found out")
DIFFERING = Counter("bokbrygga_vouchers_differing_total", "Vouchers that Fortnox has otherwise than approved")
DUPLICATED = Counter("bokbrygga_vouchers_duplicated_total", "Vouchers found in Fortnox more than once: look at once")
UNDECIDED = Gauge("bokbrygga_vouchers_undecided", "Vouchers that wait for a person, by their state", ["state"])
