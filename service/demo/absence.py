"""Why there is no broker."""

from service.errors import Refusal


class NoBroker(Refusal):
    """A way to a broker is not open; the text says why."""
