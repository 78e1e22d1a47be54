"""The customer and supplier ledgers: invoices, payments, what they do to 1510 and 2440, and the truth of any date."""
