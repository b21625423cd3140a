"""The long-running processes: composition of the service and of the board."""
