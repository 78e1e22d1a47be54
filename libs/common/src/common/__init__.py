"""What the services share: event contract, messaging, jobs, database, logging."""
