"""OAuth 2 as Fortnox does it: consent page, three grants, single-use refresh tokens, revocation (fact 1)."""
