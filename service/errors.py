"""Errors that every part of the service may raise for a person to read."""


class RefusalError(ValueError):
    """The service does not start, or a command does not run. Its text is one line that says what to do."""
