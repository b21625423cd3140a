"""The error that says why there is no broker."""

from service.errors import RefusalError


class NoBroker(RefusalError):
    """A way to a broker is not available. The text says why."""
