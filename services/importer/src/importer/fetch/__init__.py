"""Getting from Fortnox what an import needs, with the fewest calls that give the answer."""
