"""The only strict comparison with a due instant.

It says when an instant lies strictly after it: then a promise is broken, a deadline due, a state to be
evaluated again.
"""


def has_lapsed(due_at: int, at: int) -> bool:
    """True at every instant `at` (ms) after `due_at` (ms).

    The promise is kept at the due instant itself; a millisecond later it is broken.
    """
    return at > due_at
