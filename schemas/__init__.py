"""The contract with other teams: events in, events out, topics. Imports nothing of the service."""
