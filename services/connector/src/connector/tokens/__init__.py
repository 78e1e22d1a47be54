"""Tokens: how they are encrypted (vault), got anew (mint), handed out (purse) and kept alive (upkeep)."""
