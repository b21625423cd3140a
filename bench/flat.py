"""Whether a quantity stays what it was: its course over an hour, one value a minute."""

from collections.abc import Sequence
from statistics import median

MINUTES = 60
BEFORE = slice(5, 16)  # minutes 5 to 15: everything was there, and seen
AFTER = slice(51, 61)  # the last ten


def growth(course: Sequence[float]) -> float:
    """The median of the last ten minutes ÷ that of minutes 5 to 15. The first value is minute 0.

    Raises ValueError for a course that is no hour.
    """
    if len(course) != MINUTES + 1:
        raise ValueError(f"{len(course)} values are no hour")
    return median(course[AFTER]) / median(course[BEFORE])
