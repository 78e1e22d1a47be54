"""The books of a company: years, accounts, series, vouchers; loading, booking, exporting."""
