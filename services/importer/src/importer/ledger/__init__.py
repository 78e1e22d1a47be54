"""Customer and supplier ledgers as of a date, from today's balances rolled back. No I/O in here."""
