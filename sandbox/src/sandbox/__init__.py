"""What stands in for the outside world: a Fortnox, a product, servers; and the demo that tells the story on them."""
