"""`/_sim/*`: what tests and demonstrations do to the simulated Fortnox from outside."""
