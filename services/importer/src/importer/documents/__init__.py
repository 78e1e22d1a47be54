"""Underlag that an accountant opens and files: each ledger as a spreadsheet and as CSV, and all in one zip."""
