"""What other teams rely on: events in, events out, topics. Imports nothing of the service."""
