"""Kafka in and out: inbox, outbox, dead letters."""
