"""Why there is no broker."""

from service.errors import RefusalError


class NoBroker(RefusalError):
    """A way to a broker is not open; the text says why."""
