"""What operators have: an import's story, and how many are under way."""
