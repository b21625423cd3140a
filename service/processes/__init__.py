"""The processes that run for good: the service and the board, put together."""
