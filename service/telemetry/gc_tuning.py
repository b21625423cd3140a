"""How often Python looks for garbage cycles: seldom, for events make thousands of objects and no cycle."""

import gc

AFTER = 50_000, 20, 20  # objects more than were freed, and rounds; a round takes some 3 ms


def collect_seldom() -> None:
    """From now on; what is there by now stays.

    With Python's defaults an eighth of the CPU goes into looking for cycles that are not there.
    """
    gc.freeze()
    gc.set_threshold(*AFTER)
