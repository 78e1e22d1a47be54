"""Owns every connection to Fortnox: consent, tokens, call budget. Begin with `connect.py`."""
