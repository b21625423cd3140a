"""Garbage collector settings: collect seldom, as events make thousands of objects and no cycles."""

import gc

AFTER = 50_000, 20, 20  # objects allocated beyond those freed, and rounds; a round takes about 3 ms


def collect_seldom() -> None:
    """Collect garbage seldom from now on. Existing objects are never collected.

    With Python's defaults, an eighth of the CPU time goes into a search for cycles that do not exist.
    """
    gc.freeze()
    gc.set_threshold(*AFTER)
