"""Fortnox's records as this project reads them: only the fields that somebody uses, amounts exact."""
