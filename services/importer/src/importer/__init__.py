"""Fetches a year's books and both ledgers from Fortnox, checks, reconciles and publishes them."""
