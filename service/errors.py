"""Errors with a text for people, for every part of the service to raise."""


class RefusalError(ValueError):
    """The service does not start, or a command does not run. The text is one line that says what to do."""


class UnavailableError(Exception):
    """Kafka has not acknowledged in time, or refuses. A later attempt may succeed. The text is one line."""
